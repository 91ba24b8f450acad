using System.Text.RegularExpressions;

namespace QuickReduce.Build;

/// <summary>
/// Finds the architectures of this machine's GPUs, for <c>native</c> in the list of architectures, by asking the programs
/// that ROCm, LLVM and the NVIDIA driver bring for that.
/// </summary>
internal sealed class MachineGpus(SearchSpace space, ProbeCache cache, CancellationToken cancellation)
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(20);

    private static readonly IReadOnlyDictionary<string, string> NoEnvironment = new Dictionary<string, string>();

    /// <summary>Also finds features (<c>gfx90a:sramecc+:xnack-</c>), which are left out: code without them runs with any.</summary>
    private static readonly Regex AmdName = new(@"^gfx(?!000)[0-9][0-9a-f]{2,4}(?=$|:|\s)", RegexOptions.CultureInvariant | RegexOptions.Multiline);

    private static readonly Regex NvidiaName = new(@"^sm_[0-9]{2,3}(?=\s|$)", RegexOptions.CultureInvariant | RegexOptions.Multiline);

    /// <summary>The driver's own program says <c>9.0</c> where compilers say <c>sm_90</c>.</summary>
    private static readonly Regex ComputeCapability = new(@"^(?<major>[0-9]+)\.(?<minor>[0-9])\s*$", RegexOptions.CultureInvariant | RegexOptions.Multiline);

    /// <summary>Names of the programs that are asked, for messages.</summary>
    public const string AskedPrograms = "rocm_agent_enumerator, amdgpu-arch, nvptx-arch and nvidia-smi";

    /// <summary>Each architecture once, AMD's first; none where there is no GPU, or nothing that could tell.</summary>
    public IReadOnlyList<string> Architectures()
    {
        string question = "gpus " + HostMachine.DeviceFingerprint() + CompilerFingerprint.OfSurroundings(space.PathFolders);
        string answer = cache.GetOrAsk(question, Ask, _ => HostMachine.DeviceFingerprint().Length > 0);
        return answer.Split([' '], StringSplitOptions.RemoveEmptyEntries);
    }

    private string Ask() => string.Join(" ", FirstAnswer(AmdPrograms(), AmdNames).Concat(FirstAnswer(NvidiaPrograms(), NvidiaNames)));

    private IReadOnlyList<string> FirstAnswer(IEnumerable<string> programs, Func<string, IEnumerable<string>> read)
    {
        foreach (string program in programs.Distinct())
        {
            string[] arguments = Path.GetFileName(program).StartsWith("nvidia-smi", StringComparison.Ordinal)
                ? ["--query-gpu=compute_cap", "--format=csv,noheader"]
                : [];
            ChildResult result = ChildProcess.Run(program, arguments, NoEnvironment, TimeLimit, cancellation);
            if (result.Succeeded && result.OutputIsText && read(result.Output).Distinct().ToArray() is { Length: > 0 } names)
            {
                return names;
            }
        }

        return [];
    }

    private IEnumerable<string> AmdPrograms()
    {
        string[] roots = [.. space.RocmPath is { Length: > 0 } root ? [root] : space.RocmRootsOfEnvironment().Concat(space.RocmRootsOfSystem())];
        return roots.Select(folder => SearchSpace.FindIn(Path.Combine(folder, "bin"), "rocm_agent_enumerator"))
            .Append(space.FindOnPath("rocm_agent_enumerator"))
            .Concat(roots.Select(folder => SearchSpace.FindIn(Path.Combine(folder, "llvm", "bin"), "amdgpu-arch")))
            .Concat(OfLlvm("amdgpu-arch"))
            .OfType<string>();
    }

    private IEnumerable<string> NvidiaPrograms() => OfLlvm("nvptx-arch").Append(space.FindOnPath("nvidia-smi")).OfType<string>();

    private IEnumerable<string?> OfLlvm(string name) =>
        [space.FindOnPath($"{name}-{CompilerCandidates.PreferredClang}"), space.FindOnPath(name)];

    private static IEnumerable<string> AmdNames(string output) => AmdName.Matches(output).Cast<Match>().Select(match => match.Value);

    private static IEnumerable<string> NvidiaNames(string output) =>
        NvidiaName.Matches(output).Cast<Match>().Select(match => match.Value)
            .Concat(ComputeCapability.Matches(output).Cast<Match>().Select(match => $"sm_{match.Groups["major"].Value}{match.Groups["minor"].Value}"));
}
