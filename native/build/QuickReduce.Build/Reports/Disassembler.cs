using System.Text.RegularExpressions;

namespace QuickReduce.Build;

/// <summary>llvm-objdump, as it comes with a compiler.</summary>
internal sealed class Disassembler
{
    /// <summary>How to get one, for messages.</summary>
    public const string Remedy = "Debian and Ubuntu: apt-get install llvm-22; ROCm brings it as llvm/bin/llvm-objdump";

    private const string Program = "llvm-objdump";
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(60);
    private static readonly Regex VersionSuffix = new(@"-[0-9]+$", RegexOptions.CultureInvariant);
    private static readonly string[] FoldersOfRocm = [".", "../llvm/bin", "../lib/llvm/bin"];

    private Disassembler(string path) => Path = path;

    public string Path { get; }

    /// <summary>
    /// The one that belongs to a compiler: of the same version in its folder, or where the compiler really is, or where ROCm has
    /// its LLVM. Null if there is none.
    /// </summary>
    public static Disassembler? Beside(string compiler)
    {
        string folder = System.IO.Path.GetDirectoryName(compiler)!;
        string suffix = VersionSuffix.Match(System.IO.Path.GetFileNameWithoutExtension(compiler)).Value;
        string real = System.IO.Path.GetDirectoryName(CompilerFingerprint.Resolve(new FileInfo(compiler)).FullName)!;
        IEnumerable<string?> candidates =
        [
            suffix.Length > 0 ? SearchSpace.FindIn(folder, Program + suffix) : null,
            SearchSpace.FindIn(real, Program),
            .. FoldersOfRocm.Select(place => SearchSpace.FindIn(System.IO.Path.Combine(folder, place), Program)),
        ];
        return candidates.OfType<string>().FirstOrDefault() is { } path ? new Disassembler(System.IO.Path.GetFullPath(path)) : null;
    }

    /// <summary>One of the search path, the newest that the kernels are tested with first; null if there is none.</summary>
    public static Disassembler? OnPath(SearchSpace space) =>
        (space.FindOnPath($"{Program}-{CompilerCandidates.PreferredClang}")
            ?? space.ClangsOnPath(CompilerCandidates.PreferredClang, CompilerCandidates.OldestClang).Select(compiler => Beside(compiler)?.Path).FirstOrDefault(path => path is not null)
            ?? space.FindOnPath(Program)) is { } path ? new Disassembler(path) : null;

    /// <summary>Disassembles a code object. Null with the reason if the program fails.</summary>
    public string? Run(string codeObject, CancellationToken cancellation, out string? problem)
    {
        ChildResult result = ChildProcess.Run(Path, ["--disassemble", codeObject], new Dictionary<string, string>(), TimeLimit, cancellation);
        problem = result.Succeeded && result.OutputIsText ? null
            : result.End == ChildEnd.Exited && result.OutputIsText ? $"{Program} failed: {FirstError(result.Output)}"
            : $"{Program} did not finish";
        return problem is null ? result.Output : null;
    }

    // The file's path is where it was at the time; a report is the same everywhere.
    private static string FirstError(string output)
    {
        string line = output.Split('\n').FirstOrDefault(text => text.Contains("error:")) ?? "no reason given";
        return line.Substring(line.LastIndexOf(": ", StringComparison.Ordinal) + 2).Trim();
    }
}
