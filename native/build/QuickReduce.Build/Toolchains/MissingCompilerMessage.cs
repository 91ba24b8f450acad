namespace QuickReduce.Build;

/// <summary>Says what was looked for, what was found instead and what to do: the whole text of QR2001.</summary>
internal static class MissingCompilerMessage
{
    public static string Compose(IReadOnlyList<ResolvedTarget> without, CompilerCandidates candidates)
    {
        bool amd = without.Any(target => target.Target.Kind == TargetKind.Amd);
        string names = string.Join(", ", without.Select(target => target.Target.RequestedAs).Distinct());
        string lookedFor = without.All(target => candidates.IsPinned(target.Target.Kind))
            ? "what the project points at"
            : (amd ? "hipcc (ROCM_PATH, ROCM_HOME, HIP_PATH, PATH, /opt/rocm) and " : "")
                + $"clang++-{CompilerCandidates.PreferredClang} or another clang++ from {CompilerCandidates.OldestClang} on (PATH)";
        string[] refusals = [.. without.SelectMany(target => target.Refusals).Distinct()];
        string found = refusals.Length == 0 ? "" : " Found but of no use: " + string.Join("; ", refusals) + ".";
        return $"No compiler for {names}, so there are no kernels for it. Looked for {lookedFor}.{found} "
            + $"Remedy: apt-get install clang-{CompilerCandidates.PreferredClang} lld-{CompilerCandidates.PreferredClang}, "
            + "or set QuickReduceClang" + (amd ? " or ROCM_PATH" : "") + "; QuickReduceSkipNative=true builds without kernels.";
    }
}
