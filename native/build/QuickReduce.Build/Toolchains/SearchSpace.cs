namespace QuickReduce.Build;

/// <summary>Where compilers may be: what the project says, the environment, the usual folders.</summary>
internal sealed class SearchSpace(Func<string, string?> variable, string optionalSoftwareFolder = "/opt", string distributionFolder = "/usr")
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

    /// <summary>
    /// ROCm installations in their usual places: the one that the machine's owner made the usual one (<c>/opt/rocm</c>), then
    /// all versions, the newest first (<c>/opt/rocm-6.3.1</c>; from 7.12 on <c>/opt/rocm/core-7.14</c>), then the distribution's own.
    /// </summary>
    public IEnumerable<string> RocmRootsOfSystem()
    {
        string usual = Path.Combine(optionalSoftwareFolder, "rocm");
        IEnumerable<string> versioned = Folders(optionalSoftwareFolder, "rocm-").Concat(Folders(usual, "core-"))
            .OrderByDescending(folder => VersionIn(Path.GetFileName(folder)));
        return [usual, Path.Combine(usual, "core"), .. versioned, distributionFolder];
    }

    /// <summary>The program of that name in the search path, or null.</summary>
    public string? FindOnPath(string name) =>
        PathFolders.Select(folder => FindIn(folder, name)).FirstOrDefault(path => path is not null);

    /// <summary>Versioned and plain <c>clang++</c> of the search path: 22 first (what kernels are tested with), then the newest.</summary>
    public IEnumerable<string> ClangsOnPath(int preferred, int oldest)
    {
        const string Prefix = "clang++-";
        // Usually the only question: folders of thousands of programs are listed only where it has no answer.
        if (FindOnPath(Prefix + preferred) is { } path)
        {
            yield return path;
        }

        IEnumerable<int> versions = PathFolders
            .Where(Directory.Exists)
            .SelectMany(folder => Directory.EnumerateFiles(folder, Prefix + "*"))
            .Select(file => int.TryParse(Path.GetFileNameWithoutExtension(file).Substring(Prefix.Length), out int version) ? version : 0)
            .Where(version => version >= oldest && version != preferred)
            .Distinct()
            .OrderByDescending(version => version);
        foreach (string other in versions.Select(version => FindOnPath(Prefix + version)).Append(FindOnPath("clang++")).OfType<string>())
        {
            yield return other;
        }
    }

    /// <summary>The program of that name in the folder, or null.</summary>
    public static string? FindIn(string folder, string name)
    {
        string[] endings = HostMachine.IsWindows ? [".exe", ".bat", ""] : [""];
        return endings.Select(ending => Path.Combine(folder, name + ending)).FirstOrDefault(File.Exists);
    }

    private static string[] Folders(string parent, string prefix) =>
        Directory.Exists(parent) ? Directory.GetDirectories(parent, prefix + "*") : [];

    private static Version VersionIn(string folderName)
    {
        string digits = new([.. folderName.SkipWhile(c => !char.IsDigit(c)).TakeWhile(c => char.IsDigit(c) || c == '.')]);
        return Version.TryParse(digits.Contains('.') ? digits : digits + ".0", out Version? version) ? version : new Version(0, 0);
    }
}
