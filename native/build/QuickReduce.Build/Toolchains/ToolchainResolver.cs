namespace QuickReduce.Build;

/// <summary>A target with its compiler, or with the reasons why there is none.</summary>
internal sealed record ResolvedTarget(OffloadTarget Target, ToolchainChoice? Toolchain, IReadOnlyList<string> Refusals);

/// <summary>Chooses the compiler for each target: the first candidate that makes code for it.</summary>
internal sealed class ToolchainResolver(CompilerCandidates candidates, CompilerProbe probe)
{
    /// <summary>
    /// A hipcc around an older clang may accept a target and then fail on the kernels, which use builtins of newer
    /// ones: Debian's (clang 15) does. Such a one is asked last.
    /// </summary>
    private const int OldestClangInHipcc = 18;

    public IReadOnlyList<ResolvedTarget> Resolve(IEnumerable<OffloadTarget> targets) => [.. targets.Select(Resolve)];

    private ResolvedTarget Resolve(OffloadTarget target)
    {
        var refusals = new List<string>();
        foreach (Compiler compiler in Ordered(target.Kind, refusals))
        {
            if (probe.Accepts(compiler, target, out string? reason) is { } choice)
            {
                return new ResolvedTarget(target, choice, refusals);
            }

            refusals.Add($"{compiler.Path} ({compiler.DisplayName}) does not compile for {target.Name}: {reason}");
        }

        return new ResolvedTarget(target, null, refusals);
    }

    private IEnumerable<Compiler> Ordered(TargetKind kind, List<string> refusals)
    {
        var last = new List<Compiler>();
        foreach (CompilerCandidate candidate in candidates.For(kind))
        {
            Compiler? compiler = probe.Identify(candidate);
            if (compiler is null)
            {
                refusals.Add($"{candidate.Path} does not answer to --version");
            }
            else if (candidates.IsPinned(kind) || compiler.ClangMajor == 0)
            {
                yield return compiler;
            }
            else if (compiler.Kind == CompilerKind.Clang && compiler.ClangMajor < CompilerCandidates.OldestClang)
            {
                refusals.Add($"{compiler.Path} is {compiler.DisplayName}, older than {CompilerCandidates.OldestClang}");
            }
            else if (compiler.Kind == CompilerKind.Hipcc && compiler.ClangMajor < OldestClangInHipcc)
            {
                last.Add(compiler);
            }
            else
            {
                yield return compiler;
            }
        }

        foreach (Compiler compiler in last)
        {
            yield return compiler;
        }
    }
}
