using System.Globalization;

namespace QuickReduce.Devices.Gpu.Hip;

/// <summary>Where ROCm's libraries may be: what the environment says, where the system's loader looks, the usual folders.</summary>
internal static class RocmLibraries
{
    // Of the libraries' names; what they offer is looked up function by function.
    private const int OldestMajor = 6;
    private const int NewestMajor = 12;

    /// <summary>Names and paths of a library, best first.</summary>
    /// <param name="name">Its name without prefix and ending: <c>amdhip64</c>.</param>
    public static IReadOnlyList<string> Candidates(string name) => Candidates(name, Environment.GetEnvironmentVariable, "/opt");

    /// <summary>The same, for an environment and a folder of optional software.</summary>
    public static IReadOnlyList<string> Candidates(string name, Func<string, string?> variable, string optionalSoftwareFolder)
    {
        var named = Enumerable.Range(OldestMajor, NewestMajor - OldestMajor + 1).Reverse().Select(major => major.ToString(CultureInfo.InvariantCulture));
        if (OperatingSystem.IsWindows())
        {
            return [.. named.Select(major => name + "_" + major + ".dll"), name + ".dll"];
        }

        var file = "lib" + name + ".so";
        var chosen = new[] { "ROCM_PATH", "ROCM_HOME", "HIP_PATH" }.Select(variable).OfType<string>().Where(static root => root.Length > 0);
        return
        [
            .. chosen.SelectMany(root => In(Path.Combine(root, "lib"), file)),
            .. named.Select(major => file + "." + major), file,
            .. Installations(optionalSoftwareFolder).SelectMany(root => In(Path.Combine(root, "lib"), file)),
        ];
    }

    /// <summary>Files of a library in a folder, the newest first; several where links lead to one.</summary>
    public static IEnumerable<string> In(string folder, string file) => Directory.Exists(folder)
        ? Directory.EnumerateFiles(folder, file + "*")
            .Select(path => (Path: path, Version: Path.GetFileName(path)[file.Length..].TrimStart('.')))
            .Where(static found => found.Version.Length == 0 || (VersionOf(found.Version) is { } version && version.Major >= OldestMajor))
            .OrderByDescending(static found => VersionOf(found.Version))
            .Select(static found => found.Path)
        : [];

    /// <summary>Installations in their usual places: <c>/opt/rocm</c>, then by version, <c>/opt/rocm/core-X.Y</c> and <c>/opt/rocm-X.Y.Z</c>.</summary>
    public static IEnumerable<string> Installations(string optionalSoftwareFolder)
    {
        var rocm = Path.Combine(optionalSoftwareFolder, "rocm");
        var versioned = Folders(rocm, "core-").Concat(Folders(optionalSoftwareFolder, "rocm-"));
        return versioned.OrderByDescending(static found => found.Version).Select(static found => found.Path).Prepend(Path.Combine(rocm, "core")).Prepend(rocm);

        static IEnumerable<(string Path, Version Version)> Folders(string parent, string prefix) => Directory.Exists(parent)
            ? Directory.EnumerateDirectories(parent, prefix + "*").Select(path => (path, VersionOf(Path.GetFileName(path)[prefix.Length..]) ?? new Version(0, 0)))
            : [];
    }

    private static Version? VersionOf(string text)
    {
        var digits = new string([.. text.TakeWhile(static c => char.IsAsciiDigit(c) || c == '.')]).TrimEnd('.');
        return Version.TryParse(digits.Contains('.', StringComparison.Ordinal) ? digits : digits + ".0", out var version) ? version : null;
    }
}
