using QuickReduce.Devices.Gpu.Code;

namespace QuickReduce.Cli.Cache;

/// <summary>The cache of kernels that were compiled at run time.</summary>
/// <param name="Folder">Where it is; <see langword="null"/> where there is none.</param>
/// <param name="Bytes">What its files have together.</param>
/// <param name="MaxBytes">What they may have.</param>
/// <param name="Entries">The code objects, the last used first.</param>
internal sealed record CacheReport(string? Folder, long Bytes, long MaxBytes, IReadOnlyList<CacheEntryReport> Entries)
{
    /// <summary>Reads the user's cache.</summary>
    /// <exception cref="IOException">It can't be read.</exception>
    public static CacheReport Of(CodeCache? cache)
    {
        if (cache is null)
        {
            return new CacheReport(null, 0, 0, []);
        }

        var entries = cache.List();
        return new CacheReport(cache.Folder, entries.Sum(static entry => entry.Bytes), cache.MaxBytes, [.. entries.Select(static entry => new CacheEntryReport(
            Path.GetFileName(entry.Path), entry.Description?.Unit, entry.Description?.Architecture, entry.Description?.Compiler, entry.Bytes, new DateTimeOffset(entry.LastUse)))]);
    }
}

/// <summary>A code object in the cache.</summary>
/// <param name="File">Its file.</param>
/// <param name="Unit">The translation unit; <see langword="null"/> where the file is damaged. It is then compiled again when it is needed.</param>
/// <param name="Architecture">What it was compiled for.</param>
/// <param name="Compiler">What compiled it.</param>
/// <param name="Bytes">Size of the file.</param>
/// <param name="LastUse">When it was last loaded or written.</param>
internal sealed record CacheEntryReport(string File, string? Unit, string? Architecture, string? Compiler, long Bytes, DateTimeOffset LastUse);

/// <summary>What <c>cache clear</c> did.</summary>
/// <param name="Folder">The folder; <see langword="null"/> where there is none.</param>
/// <param name="Removed">Code objects that were removed.</param>
/// <param name="Bytes">What they had.</param>
internal sealed record CacheClearReport(string? Folder, int Removed, long Bytes);

/// <summary>Where the cache is.</summary>
/// <param name="Folder">The folder, which need not be there yet; <see langword="null"/> where there is none.</param>
internal sealed record CachePathReport(string? Folder);
