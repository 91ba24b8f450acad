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
            : (amd ? "hipcc (ROCM_PATH, ROCM_HOME, HIP_PATH, PATH, /opt/rocm*, /usr) and " : "")
                + $"clang++-{CompilerCandidates.PreferredClang} or another clang++ from {CompilerCandidates.OldestClang} on (PATH)";
        string[] refusals = [.. without.SelectMany(target => target.Refusals).Distinct()];
        string found = refusals.Length == 0 ? "" : " Found but of no use: " + string.Join("; ", refusals) + ".";
        return $"No compiler for {names}, so there are no kernels for it. Looked for {lookedFor}.{found}{Age(without, refusals)} "
            + $"Remedy: apt-get install clang-{CompilerCandidates.PreferredClang} lld-{CompilerCandidates.PreferredClang}, "
            + "or set QuickReduceClang" + (amd ? " or ROCM_PATH" : "") + "; QuickReduceSkipNative=true builds without kernels.";
    }

    /// <summary>Compilers refuse a name that they are too old for as they refuse one that there is not.</summary>
    private static string Age(IReadOnlyList<ResolvedTarget> without, string[] refusals)
    {
        if (without.Any(target => target.Target.Name.StartsWith("gfx950", StringComparison.Ordinal) || target.Target.Name.StartsWith("gfx9-4-generic", StringComparison.Ordinal)))
        {
            return " gfx950 and gfx9-4-generic need clang 20 or ROCm 7.0, or later.";
        }

        return refusals.Any(refusal => refusal.Contains("target ID") || refusal.Contains("unsupported") || refusal.Contains("unknown target"))
            ? " An architecture that a compiler does not know is newer than it, or misspelt."
            : "";
    }
}
