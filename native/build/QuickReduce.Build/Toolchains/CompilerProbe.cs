using System.Globalization;

namespace QuickReduce.Build;

/// <summary>Asks a compiler what it is and whether it makes code for a target, by letting it make some.</summary>
internal sealed class CompilerProbe(ProbeCache cache, IReadOnlyList<string> surroundings, string scratchFolder, CancellationToken cancellation)
{
    private const string Yes = "yes";
    private const string YesWithLld = "yes, with lld";
    /// <summary>Enough that compiler, assembler and linker all have to work.</summary>
    private const string ProbeSource =
        """
        #if defined(__AMDGCN__) || defined(__NVPTX__)
        extern "C" __attribute__((global)) void probe(int* out) { *out = 1; }
        #else
        extern "C" __attribute__((visibility("default"))) void probe(_Float16* out) { *out += (_Float16)1; }
        #endif

        """;

    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(60);

    /// <summary>
    /// A refusal may be the fault of a linker that is not installed: it is believed only while the search path is as it was.
    /// </summary>
    private readonly string _no = $"no in {FileText.Sha256OfText(CompilerFingerprint.OfSurroundings(surroundings)).Substring(0, 16)}: ";

    /// <summary>The compiler with its version, or null if the program does not answer as one.</summary>
    public Compiler? Identify(CompilerCandidate candidate)
    {
        string question = $"version {candidate.Kind} {CompilerFingerprint.Of(candidate.Kind, candidate.Path)}";
        string version = cache.GetOrAsk(question, () => AskVersion(candidate));
        if (version.Length == 0)
        {
            return null;
        }

        string clang = NumberAfter("clang version ", version);
        int major = int.TryParse(clang.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0;
        string display = clang.Length > 0 ? "clang " + clang : version;
        if (candidate.Kind == CompilerKind.Hipcc)
        {
            string hip = NumberAfter("HIP version:", version);
            display = $"hipcc {(hip.Length > 0 ? hip + " " : "")}({display})";
        }

        return new Compiler(candidate.Kind, candidate.Path, version, display, major);
    }

    /// <summary>How to use the compiler for the target, or null with the reason.</summary>
    public ToolchainChoice? Accepts(Compiler compiler, OffloadTarget target, out string? reason)
    {
        string fingerprint = CompilerFingerprint.Of(compiler.Kind, compiler.Path);
        string question = $"accepts {compiler.Version} {fingerprint} {target.Kind} {target.Name}";
        string answer = cache.GetOrAsk(
            question, () => AskAcceptance(compiler, target), known => known is Yes or YesWithLld || known.StartsWith(_no, StringComparison.Ordinal));
        reason = answer is Yes or YesWithLld ? null : answer.Substring(_no.Length);
        return reason is null ? new ToolchainChoice(compiler, UseLld: answer == YesWithLld) : null;
    }

    // By hand, since every build comes through here, and setting up a regular expression would be part of each.
    private static string NumberAfter(string label, string text)
    {
        int at = text.IndexOf(label, StringComparison.Ordinal);
        return at < 0 ? "" : new([.. text.Skip(at + label.Length).SkipWhile(char.IsWhiteSpace).TakeWhile(c => c == '.' || (c >= '0' && c <= '9'))]);
    }

    private string AskVersion(CompilerCandidate candidate)
    {
        ChildResult result = ChildProcess.Run(
            candidate.Path, ["--version"], CommandLine.Environment(candidate.Kind, candidate.Path), TimeLimit, cancellation);
        if (!result.Succeeded || !result.OutputIsText)
        {
            return "";
        }

        string[] lines = [.. result.Output.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0)];
        // Debian's hipcc adds a Python traceback on a machine without a GPU.
        string[] telling = [.. lines.Where(line => line.Contains("version"))];
        return string.Join(" | ", telling.Length > 0 ? telling : lines.Take(1));
    }

    private string AskAcceptance(Compiler compiler, OffloadTarget target)
    {
        if (target.Kind != TargetKind.Host)
        {
            return TryCompile(compiler, target, useLld: false) is { } refusal ? _no + refusal : Yes;
        }

        if (TryCompile(compiler, target, useLld: true) is null)
        {
            return YesWithLld;
        }

        return TryCompile(compiler, target, useLld: false) is { } problem ? _no + problem : Yes;
    }

    /// <summary>Null if it made code, else why not.</summary>
    private string? TryCompile(Compiler compiler, OffloadTarget target, bool useLld)
    {
        string folder = Path.Combine(scratchFolder, "probe-" + Guid.NewGuid().ToString("N").Substring(0, 12));
        string source = Path.Combine(folder, "probe.hip");
        string output = Path.Combine(folder, "probe" + target.Extension);
        try
        {
            FileText.WriteIfDifferent(source, ProbeSource);
            IReadOnlyList<string> flags = CommandLine.Flags(target, new ToolchainChoice(compiler, useLld), []);
            ChildResult result = ChildProcess.Run(
                compiler.Path,
                CommandLine.Arguments(flags, CommandLine.Language(target.Kind), source, output),
                CommandLine.Environment(compiler.Kind, compiler.Path),
                TimeLimit,
                cancellation);
            if (result.Succeeded)
            {
                return OutputValidator.Problem(output, target);
            }

            string? said = result.OutputIsText
                ? DiagnosticsParser.Parse(result.Output).FirstOrDefault(message => message.Severity == DiagnosticSeverity.Error)?.Text
                : null;
            return said ?? (result.End == ChildEnd.TimedOut ? "it did not finish a tiny kernel" : $"it ended with exit code {result.ExitCode}");
        }
        finally
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }
}
