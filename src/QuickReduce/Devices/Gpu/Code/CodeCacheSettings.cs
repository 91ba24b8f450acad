using System.Globalization;

namespace QuickReduce.Devices.Gpu.Code;

/// <summary>Where the cache of code objects is and how large it may become: the environment, else the system's habits.</summary>
internal static class CodeCacheSettings
{
    /// <summary>A folder, or <c>off</c>.</summary>
    public const string FolderVariable = "QUICKREDUCE_CACHE";

    /// <summary>Size in MiB.</summary>
    public const string SizeVariable = "QUICKREDUCE_CACHE_MAX_MB";

    public const int DefaultMaxMegabytes = 256;

    private const string Off = "off";
    private const int MaxMaxMegabytes = 1 << 20;

    /// <summary>The cache of this user.</summary>
    /// <param name="variable">Gives the value of an environment variable, or null.</param>
    /// <returns>The cache; null where it is turned off, or the user has no folder for it.</returns>
    /// <exception cref="EnvironmentSettingException">A variable's value is none of those possible.</exception>
    public static CodeCache? Open(Func<string, string?> variable)
    {
        var size = variable(SizeVariable) is { Length: > 0 } text
            ? int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var megabytes) && megabytes is >= 1 and <= MaxMaxMegabytes
                ? megabytes
                : throw new EnvironmentSettingException(SizeVariable, SizeVariable + " is '" + text + "'. It is the most MiB that the cache of compiled kernels may have: 1 to " + MaxMaxMegabytes + ".")
            : DefaultMaxMegabytes;
        var folder = variable(FolderVariable) is { Length: > 0 } chosen ? chosen : UsualFolder(variable);
        return folder is null || folder.Equals(Off, StringComparison.OrdinalIgnoreCase) ? null : new CodeCache(Path.GetFullPath(folder), (long)size << 20);
    }

    /// <summary>Whether the cache is turned off, and not only without a place.</summary>
    public static bool IsOff(Func<string, string?> variable) => string.Equals(variable(FolderVariable), Off, StringComparison.OrdinalIgnoreCase);

    private static string? UsualFolder(Func<string, string?> variable)
    {
        if (OperatingSystem.IsWindows())
        {
            return Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData) is { Length: > 0 } local ? Path.Combine(local, "QuickReduce", "cache") : null;
        }

        // Source: XDG Base Directory Specification; a relative path is to be ignored.
        var cache = variable("XDG_CACHE_HOME") is { Length: > 0 } xdg && Path.IsPathRooted(xdg) ? xdg
            : variable("HOME") is { Length: > 0 } home && Path.IsPathRooted(home) ? Path.Combine(home, ".cache")
            : null;
        return cache is null ? null : Path.Combine(cache, "quickreduce");
    }
}
