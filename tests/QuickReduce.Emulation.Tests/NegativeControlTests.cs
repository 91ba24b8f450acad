using QuickReduce.Emulation.Instructions;
using QuickReduce.Emulation.Trials;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Emulation.Tests;

/// <summary>
/// Kernels with one wait taken out: each must be found, or green means nothing. What is found on every seed is required of
/// the first; what is a race, of one among many, while the same seeds find nothing in the kernel as it is.
/// </summary>
public class NegativeControlTests
{
    private const int Seeds = 40;

    private static readonly KernelVariant TwoShot = new(DataType.Float16, QuantRegime.Int4, 4);
    private static readonly KernelVariant OneShot = new(DataType.BFloat16, QuantRegime.Int8, 4, AllReduceAlgorithm.OneShot);

    [RequiresProgramsFact("clang++-22")]
    public void AMissingWaitForALoadIsFoundAtOnce()
    {
        using var scalar = new MutatedKernel(TwoShot, static code => code.Where(static i => i.ToString() == "s_waitcnt lgkmcnt(0)").Take(1));
        Assert.Equal(EmulationProblem.MissingWait, Trial(TwoShot, scalar).Run(1).Problem);

        using var vector = new MutatedKernel(TwoShot, static code => code.Where(static i => i.ToString().StartsWith("s_waitcnt vmcnt(", StringComparison.Ordinal)));
        Assert.Equal(EmulationProblem.MissingWait, Trial(TwoShot, vector).Run(1).Problem);
    }

    [RequiresProgramsFact("clang++-22")]
    public void AFlagThatIsRaisedBeforeTheDataHasArrivedIsFound()
    {
        // The waits for stores: before each barrier that stands before a flag, and after the write-back.
        using var mutated = new MutatedKernel(TwoShot, static code => code.Where((i, at) =>
            IsWaitForStores(i) && (Follows(code, at, "s_barrier") || IsAfterWriteBack(code, at))));
        RequireFound(TwoShot, mutated);
    }

    [RequiresProgramsFact("clang++-22")]
    public void AFlagThatIsNotAwaitedIsFound()
    {
        using var mutated = new MutatedKernel(TwoShot, static code => PollingBranches(code, "s_sleep"));
        RequireFound(TwoShot, mutated);
    }

    [RequiresProgramsFact("clang++-22")]
    public void ABarrierThatIsLeftOutIsFound()
    {
        using var mutated = new MutatedKernel(TwoShot, static code => code.Where(static i => i.Operation.Mnemonic == "s_barrier"));
        RequireFound(TwoShot, mutated);
    }

    [RequiresProgramsFact("clang++-22")]
    public void APacketThatIsNotAwaitedIsFound()
    {
        using var mutated = new MutatedKernel(OneShot, static code => PollingExits(code, "global_load_dwordx2"), Mutation.TakeBranch);
        RequireFound(OneShot, mutated);
    }

    [RequiresProgramsFact("clang++-22")]
    public void AFlagThatIsNeverRaisedIsALivelock()
    {
        using var mutated = new MutatedKernel(TwoShot, static code => code.Where(static i => i is { Operation.Mnemonic: "global_store_dword", Scope0: true, Scope1: true }));
        var report = Trial(TwoShot, mutated).Run(1);
        Assert.Equal(EmulationProblem.Livelock, report.Problem);
        Assert.Contains("wait for each other in vain", report.Finding);
        Assert.Contains(TwoShot.KernelName, report.Finding);
    }

    [RequiresProgramsFact("clang++-22")]
    public void WithoutSkewAndWeakMemoryARaceGoesUnnoticed()
    {
        // Why trials have both: an orderly machine finds nothing in a kernel that does not wait for its stores.
        using var mutated = new MutatedKernel(TwoShot, static code => code.Where((i, at) =>
            IsWaitForStores(i) && (Follows(code, at, "s_barrier") || IsAfterWriteBack(code, at))));
        Assert.InRange(mutated.Changed, 2, 64);
        var orderly = Trial(TwoShot, mutated, new EmulationOptions());
        Assert.All(Enumerable.Range(1, 5), seed => Assert.Equal(TrialOutcome.Identical, orderly.Run((ulong)seed).Outcome));
    }

    /// <summary>Backward branches within a few instructions after one of a kind: the loops that wait for other ranks.</summary>
    private static IEnumerable<Instruction> PollingBranches(IReadOnlyList<Instruction> code, string polled)
    {
        const int MostWords = 40;
        foreach (var branch in code.Where(static i => i.Operation.Mnemonic.StartsWith("s_cbranch", StringComparison.Ordinal) && (short)i.Immediate is < 0 and >= -MostWords))
        {
            var start = branch.Address + 4 + 4 * (short)branch.Immediate;
            if (code.Any(i => i.Address >= start && i.Address < branch.Address && i.Operation.Mnemonic == polled))
            {
                yield return branch;
            }
        }
    }

    /// <summary>
    /// The branches by which the last lanes leave a loop at its top, where the loop reads what other ranks write: taken at
    /// once, the loop is left after one pass, with all lanes.
    /// </summary>
    private static IEnumerable<Instruction> PollingExits(IReadOnlyList<Instruction> code, string polled) =>
        code.Where((exit, at) => exit.Operation.Mnemonic == "s_cbranch_execz" && (short)exit.Immediate > 0
            && at > 0 && code[at - 1].ToString().StartsWith("s_andn2_b64 exec, exec", StringComparison.Ordinal)
            && code.Any(i => i.Address > exit.Address && i.Address < exit.Address + 4 + 4 * exit.Immediate
                && i is { Scope0: true, Scope1: true } && i.Operation.Mnemonic == polled));

    private static bool IsWaitForStores(Instruction instruction) => instruction.ToString().Contains("vmcnt(0)", StringComparison.Ordinal);

    /// <summary>Whether an instruction is the first wait after a write-back; the compiler puts arithmetic in between.</summary>
    private static bool IsAfterWriteBack(IReadOnlyList<Instruction> code, int at) =>
        code.Take(at).Reverse().FirstOrDefault(static i => i.Operation.Mnemonic is "buffer_wbl2" or "s_waitcnt")?.Operation.Mnemonic == "buffer_wbl2";

    private static bool Follows(IReadOnlyList<Instruction> code, int at, string mnemonic) =>
        code.Skip(at + 1).SkipWhile(static i => i.Operation.Mnemonic is "s_nop" or "s_or_b64").FirstOrDefault()?.Operation.Mnemonic == mnemonic;

    private static void RequireFound(KernelVariant variant, MutatedKernel mutated)
    {
        Assert.InRange(mutated.Changed, 1, 64);
        var trial = Trial(variant, mutated);
        var found = Enumerable.Range(1, Seeds).Select(seed => trial.Run((ulong)seed)).FirstOrDefault(static report => report.Outcome != TrialOutcome.Identical);
        Assert.NotNull(found);
        Assert.True(found.Outcome == TrialOutcome.Different || found.Problem == EmulationProblem.UndefinedValue, found.ToString());
        var unchanged = new AllReduceTrial(EmulatedKernels.Kernels, variant, AppContext.BaseDirectory) { Sizes = trial.Sizes, MaxBlocks = trial.MaxBlocks };
        EqualityTests.RequireIdentical(unchanged, found.Seed);
    }

    private static AllReduceTrial Trial(KernelVariant variant, MutatedKernel mutated, EmulationOptions? options = null) =>
        new(EmulatedKernels.Kernels, variant, mutated.Directory)
        {
            Sizes = [new KernelGeometry(variant).ElementsPerTile, 100, 5000],
            Data = [TrialData.Finite],
            MaxBlocks = 2,
            Machine = (options ?? new EmulationOptions { Skew = true, WeakMemory = true }) with { LivelockInstructions = 500_000, LivelockGrace = TimeSpan.Zero },
        };
}
