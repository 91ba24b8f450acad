namespace QuickReduce.Build;

/// <summary>Where compilers may be: what the project says, the environment, the usual folders.</summary>
internal sealed class SearchSpace(Func<string, string?> variable, string optionalSoftwareFolder = "/opt")
{
    /// <summary>Path or name of the hipcc the user points at.</summary>
    public string? Hipcc { get; init; }

    /// <summary>Path or name of the clang++ the user points at.</summary>
    public string? Clang { get; init; }

    /// <summary>The ROCm installation the user points at.</summary>
    public string? RocmPath { get; init; }

    public IReadOnlyList<string> PathFolders { get; } =
        (variable("PATH") ?? "").Split([Path.PathSeparator], StringSplitOptions.RemoveEmptyEntries).Select(folder => folder.Trim('"')).Distinct().ToList();

    /// <summary>ROCm installations that the environment names. They are hints: what is not there is passed over.</summary>
    public IEnumerable<string> RocmRootsOfEnvironment() =>
        new[] { "ROCM_PATH", "ROCM_HOME", "HIP_PATH" }.Select(variable).OfType<string>().Where(root => root.Length > 0);

    /// <summary>ROCm installations in their usual places, the newest first.</summary>
    public IEnumerable<string> RocmRootsOfSystem()
    {
        IEnumerable<string> versioned = Directory.Exists(optionalSoftwareFolder)
            ? Directory.GetDirectories(optionalSoftwareFolder, "rocm-*").OrderByDescending(folder => VersionIn(Path.GetFileName(folder)))
            : [];
        return versioned.Prepend(Path.Combine(optionalSoftwareFolder, "rocm"));
    }

    /// <summary>The program of that name in the search path, or null.</summary>
    public string? FindOnPath(string name) =>
        PathFolders.Select(folder => FindIn(folder, name)).FirstOrDefault(path => path is not null);

    /// <summary>Versioned and plain <c>clang++</c> of the search path: 22 first (what kernels are tested with), then the newest.</summary>
    public IEnumerable<string> ClangsOnPath(int preferred, int oldest)
    {
        const string Prefix = "clang++-";
        IEnumerable<int> versions = PathFolders
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, Prefix + "*"))
            .Select(path => int.TryParse(Path.GetFileNameWithoutExtension(path).Substring(Prefix.Length), out int version) ? version : 0)
            .Where(version => version >= oldest)
            .Distinct()
            .OrderByDescending(version => version == preferred)
            .ThenByDescending(version => version);
        return versions.Select(version => FindOnPath(Prefix + version)).Concat([FindOnPath("clang++")]).OfType<string>();
    }

    /// <summary>The program of that name in the folder, or null.</summary>
    public static string? FindIn(string folder, string name)
    {
        string[] endings = HostMachine.IsWindows ? [".exe", ".bat", ""] : [""];
        return endings.Select(ending => Path.Combine(folder, name + ending)).FirstOrDefault(File.Exists);
    }

    private static Version VersionIn(string folderName)
    {
        string digits = new([.. folderName.SkipWhile(c => !char.IsDigit(c)).TakeWhile(c => char.IsDigit(c) || c == '.')]);
        return Version.TryParse(digits.Contains('.') ? digits : digits + ".0", out Version? version) ? version : new Version(0, 0);
    }
}
