using System.Security.Cryptography;
using System.Text;

namespace QuickReduce.Devices.Gpu.Code;

/// <summary>A file of the cache.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Description">What it says of itself; null where it is damaged.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="LastUse">When it was last loaded or written.</param>
internal sealed record CacheEntry(string Path, CachedCode? Description, long Bytes, DateTime LastUse);

/// <summary>
/// Code objects that were compiled on this machine, a file each. Any number of processes and threads may use one folder at
/// once: a file appears whole or not at all, who wants what another is compiling waits for it, and what is damaged counts as
/// absent. A folder that cannot be written to costs time, never a failure.
/// </summary>
/// <param name="folder">The folder; made when something is kept.</param>
/// <param name="maxBytes">Most bytes of all files together; beyond it those go that were not used for longest.</param>
internal sealed class CodeCache(string folder, long maxBytes)
{
    private const string Extension = ".code";
    private const string TemporaryExtension = ".tmp";
    private const string LockExtension = ".lock";

    private static readonly TimeSpan LockTimeout = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LockPoll = TimeSpan.FromMilliseconds(20);

    /// <summary>After it, files of a process that was killed are removed.</summary>
    private static readonly TimeSpan LeftBehind = TimeSpan.FromHours(1);

    /// <summary>The folder.</summary>
    public string Folder { get; } = folder;

    /// <summary>Most bytes of all files together.</summary>
    public long MaxBytes { get; } = maxBytes;

    /// <summary>What identifies a code object: everything that it depends on.</summary>
    /// <param name="text">The unit's text.</param>
    /// <param name="options">The compiler's options, the architecture among them.</param>
    /// <param name="compiler">The compiler's identity.</param>
    public static string Key(string text, IEnumerable<string> options, string compiler)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in options.Prepend(compiler).Prepend(text))
        {
            // With a zero, which none of them has, no two lists read alike.
            hash.AppendData(Encoding.UTF8.GetBytes(part + '\0'));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Path of a code object's file.</summary>
    public string PathOf(string key) => Path.Combine(Folder, key + Extension);

    /// <summary>Gets a code object, from the cache or else made now and kept.</summary>
    /// <param name="description">Which.</param>
    /// <param name="make">Makes it; what it throws passes through, and nothing is kept.</param>
    /// <param name="wasCached">Whether it was there.</param>
    public byte[] GetOrAdd(CachedCode description, Func<byte[]> make, out bool wasCached)
    {
        wasCached = true;
        if (TryRead(description.Key) is { } known)
        {
            return known;
        }

        using var turn = AcquireTurn(description.Key);
        if (TryRead(description.Key) is { } made)
        {
            return made;
        }

        wasCached = false;
        var code = make();
        TryKeep(description, code);
        return code;
    }

    /// <summary>All files, the last used first.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public IReadOnlyList<CacheEntry> List() =>
        [.. Files(Extension).OrderByDescending(static file => file.LastWriteTimeUtc).ThenBy(static file => file.Name, StringComparer.Ordinal)
            .Select(static file => new CacheEntry(file.FullName, CachedCode.ReadHeader(file.FullName), file.Length, file.LastWriteTimeUtc))];

    /// <summary>Removes all of the cache's files, and the folder where nothing else is in it.</summary>
    /// <returns>How many code objects there were, and their bytes.</returns>
    /// <exception cref="IOException">A file cannot be removed.</exception>
    public (int Count, long Bytes) Clear()
    {
        FileInfo[] files = [.. Files(Extension)];
        var bytes = files.Sum(static file => file.Length);
        foreach (var file in files.Concat(Files(TemporaryExtension)).Concat(Files(LockExtension)))
        {
            file.Delete();
        }

        if (Directory.Exists(Folder) && !Directory.EnumerateFileSystemEntries(Folder).Any())
        {
            Directory.Delete(Folder);
        }

        return (files.Length, bytes);
    }

    private byte[]? TryRead(string key)
    {
        var path = PathOf(key);
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            if (CachedCode.Read(File.ReadAllBytes(path), out var code) is { } description && description.Key == key)
            {
                Touch(path);
                return code;
            }

            File.Delete(path);
        }
        catch (Exception exception) when (IsOfFiles(exception))
        {
            // Being removed, or not readable: as if it were not there.
        }

        return null;
    }

    private void TryKeep(CachedCode description, byte[] code)
    {
        var file = description.Write(code);
        if (file.Length > MaxBytes)
        {
            return;
        }

        var path = PathOf(description.Key);
        var temporary = path + "." + Guid.NewGuid().ToString("N") + TemporaryExtension;
        try
        {
            CreateFolder();
            File.WriteAllBytes(temporary, file);
            File.Move(temporary, path, overwrite: true);
            MakeRoom(path);
        }
        catch (Exception exception) when (IsOfFiles(exception))
        {
            // No room or no right to: the next process compiles again.
            TryDelete(temporary);
        }
    }

    private void MakeRoom(string newest)
    {
        foreach (var file in Files(TemporaryExtension).Concat(Files(LockExtension)).Where(static file => DateTime.UtcNow - file.LastWriteTimeUtc > LeftBehind))
        {
            TryDelete(file.FullName);
        }

        FileInfo[] files = [.. Files(Extension)];
        var excess = files.Sum(static file => file.Length) - MaxBytes;
        foreach (var file in files.Where(file => file.FullName != newest).OrderBy(static file => file.LastWriteTimeUtc).TakeWhile(_ => excess > 0))
        {
            excess -= file.Length;
            TryDelete(file.FullName);
        }
    }

    /// <summary>
    /// Waits while another process, or thread, makes the same code object. The lock is on a file that the system closes when its
    /// owner dies; where there can be none, or it takes too long, both compile, and the result is the same.
    /// </summary>
    private FileStream? AcquireTurn(string key)
    {
        var deadline = DateTime.UtcNow + LockTimeout;
        try
        {
            CreateFolder();
            while (DateTime.UtcNow < deadline)
            {
                try
                {
                    return new FileStream(PathOf(key) + LockExtension, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, 1, FileOptions.DeleteOnClose);
                }
                catch (IOException exception) when (IsHeldByAnother(exception))
                {
                    Thread.Sleep(LockPoll);
                }
            }
        }
        catch (Exception exception) when (IsOfFiles(exception))
        {
            // Then without.
        }

        return null;
    }

    private void CreateFolder()
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(Folder);
        }
        else
        {
            // Code that this user's processes run is no business of others.
            Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private IEnumerable<FileInfo> Files(string extension) =>
        Directory.Exists(Folder) ? new DirectoryInfo(Folder).EnumerateFiles("*" + extension) : [];

    private static void Touch(string path)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, DateTime.UtcNow);
        }
        catch (Exception exception) when (IsOfFiles(exception))
        {
            // It is evicted sooner.
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception exception) when (IsOfFiles(exception))
        {
            // In use on Windows, or gone already.
        }
    }

    // What the runtime makes of a lock that is taken: ERROR_SHARING_VIOLATION, EWOULDBLOCK of Linux and of macOS.
    private static bool IsHeldByAnother(IOException exception) => exception.HResult is unchecked((int)0x80070020) or 11 or 35;

    private static bool IsOfFiles(Exception exception) => exception is IOException or UnauthorizedAccessException;
}
