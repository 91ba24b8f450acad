using QuickReduce.Tests.Shared;

namespace QuickReduce.Gpu.Tests;

/// <summary>
/// Ranks that fail: the kernels that wait for them are released by the host, every rank is told, and after a reset the
/// group works again.
/// </summary>
public sealed class FaultTests
{
    private const string HostCompiler = "clang++-22";
    private const int Length = 100_001;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(200);

    [RequiresProgramsTheory(StandInDriver.Compiler, HostCompiler)]
    [InlineData(AllReduceAlgorithm.TwoShot)]
    [InlineData(AllReduceAlgorithm.OneShot)]
    [InlineData(AllReduceAlgorithm.Direct)]
    public void ARankThatNeverCallsIsFoundOut(AllReduceAlgorithm algorithm)
    {
        using var ranks = new RealGroup(Length, algorithm, Patience);
        ranks.AllReduce(0, RegimeOf(algorithm));

        // Only the host's release lets the stream become idle.
        ranks.Streams[0].Synchronize();
        foreach (var rank in new[] { 0, 1 })
        {
            var exception = Assert.Throws<RankTimeoutException>(() => ranks.AllReduce(rank, RegimeOf(algorithm)));
            Assert.Equal([1], exception.MissingRanks);
            Assert.Contains("Rank " + rank + " cannot all-reduce", exception.Message, StringComparison.Ordinal);
        }

        ranks.Group.Reset();
        ranks.RequireRight(RegimeOf(algorithm), seed: 5, algorithm);
    }

    [RequiresProgramsTheory(StandInDriver.Compiler, HostCompiler)]
    [InlineData(AllReduceAlgorithm.TwoShot)]
    [InlineData(AllReduceAlgorithm.OneShot)]
    [InlineData(AllReduceAlgorithm.Direct)]
    public void CallsThatWereEnqueuedBehindTheOneThatHangsAreReleasedToo(AllReduceAlgorithm algorithm)
    {
        using var ranks = new RealGroup(Length, algorithm);
        ranks.AllReduce(0, QuantRegime.FP);
        ranks.AllReduce(1, QuantRegime.FP);
        for (var call = 0; call < 3; call++)
        {
            ranks.AllReduce(1, call == 1 ? RegimeOf(algorithm) : QuantRegime.FP);
        }

        Assert.Equal([0], Assert.Throws<RankTimeoutException>(() => ranks.Group.Synchronize(Patience)).MissingRanks);
        ranks.Group.Reset();
        ranks.RequireRight(QuantRegime.FP, seed: 6, algorithm);
        ranks.RequireRight(RegimeOf(algorithm), seed: 7, algorithm);
    }

    [RequiresProgramsTheory(StandInDriver.Compiler, HostCompiler)]
    [InlineData(AllReduceAlgorithm.TwoShot)]
    [InlineData(AllReduceAlgorithm.OneShot)]
    [InlineData(AllReduceAlgorithm.Direct)]
    public void DisposingReleasesWhatWaits(AllReduceAlgorithm algorithm)
    {
        using var ranks = new RealGroup(Length, algorithm);
        ranks.AllReduce(0, RegimeOf(algorithm));
        ranks.Group.Dispose();
        ranks.Streams[0].Synchronize();
    }

    private static QuantRegime RegimeOf(AllReduceAlgorithm algorithm) => algorithm == AllReduceAlgorithm.Direct ? QuantRegime.FP : QuantRegime.Int4;

    [RequiresProgramsFact(StandInDriver.Compiler, HostCompiler)]
    public void RanksThatCallDifferentThingsAreToldWhich()
    {
        using var ranks = new RealGroup(Length);
        ranks.AllReduce(0, QuantRegime.Int4);
        var late = Assert.Throws<RankMismatchException>(() => ranks.AllReduce(1, QuantRegime.FP));
        Assert.Contains("rank 0: 100001 elements of float16_int4 one_shot_world2; rank 1: 100001 elements of float16_fp one_shot_world2", late.Message, StringComparison.Ordinal);
        Assert.StartsWith("Rank 0 cannot all-reduce", Assert.Throws<RankMismatchException>(() => ranks.AllReduce(0, QuantRegime.Int4)).Message, StringComparison.Ordinal);
        ranks.Group.Reset();
        ranks.RequireRight(QuantRegime.FP, seed: 8);
    }

    [RequiresProgramsFact(StandInDriver.Compiler, HostCompiler)]
    public void ALaunchThatFailsIsToldToTheOthers()
    {
        using var ranks = new RealGroup(Length);
        ranks.AllReduce(0, QuantRegime.FP);
        ranks.Driver.Fail("cuLaunchKernel", 701);
        Assert.Equal(GpuProblem.DeviceLost, Assert.Throws<GpuException>(() => ranks.AllReduce(1, QuantRegime.FP)).Problem);
        var told = Assert.Throws<RankFailedException>(() => ranks.AllReduce(0, QuantRegime.FP));
        Assert.Equal(1, told.FailedRank);
        ranks.Group.Reset();
        ranks.RequireRight(QuantRegime.FP, seed: 9);
    }

    /// <summary>Ranks that only differ in pace are not taken for ones that hang.</summary>
    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void RanksThatAreIdleAreNotOverdue()
    {
        using var ranks = new SilentGroup(timeout: TimeSpan.FromMilliseconds(20));
        ranks.AllReduce(0);
        ranks.AllReduce(1);
        Thread.Sleep(200);
        ranks.AllReduce(0);
        ranks.AllReduce(1);
    }
}
