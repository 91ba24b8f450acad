using System.Diagnostics;
using QuickReduce.Gpu.FaultMatrix;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Gpu.Tests.Processes;

/// <summary>
/// Every fault at every moment of a rank's life, with the real kernels: at the rendezvous, between calls, and while the kernel
/// of the rank that it happens to is held at a phase. The others get the exception for it, in time, and go on; nothing is left.
/// </summary>
[Collection(nameof(Jobs))]
public sealed class FaultMatrixTests
{
    private const string HostCompiler = "clang++-22";
    private static readonly TimeSpan ShortestLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(120);

    /// <summary>Each time the rank's process is gone, and another one takes its place.</summary>
    [RequiresProgramsFact(StandInDriver.Compiler, HostCompiler)]
    public void ARankThatEndsIsNoticedAtOnce() => Run(All(Fault.Kill, Fault.Exit));

    /// <summary>Most of the time everything waits for a time limit, so that they go on side by side.</summary>
    [RequiresProgramsFact(StandInDriver.Compiler, HostCompiler)]
    public void ARankThatHangsIsNoticedWhenTheTimeIsUp() => Run(All(Fault.Stop), All(Fault.Never));

    [RequiresProgramsFact(StandInDriver.Compiler, HostCompiler)]
    public void ARankThatFailsOrDiffersIsNoticedAtOnceAndALateOneIsWaitedFor() =>
        Run(All(Fault.Exception, Fault.Size, Fault.Regime, Fault.Order, Fault.Late));

    [RequiresProgramsFact(StandInDriver.Compiler, HostCompiler)]
    public void RankZeroIsLikeAnyOther() => Run(Of(culprit: 0, new[] { "kill@loading", "stop@trading", "kill@phase1", "size@phase2" }.Select(FaultCase.Parse)));

    private static FaultSettings All(params Fault[] faults) => Of(culprit: 1, FaultCase.All.Where(what => faults.Contains(what.Fault)));

    private static FaultSettings Of(int culprit, IEnumerable<FaultCase> cases) => new() { Cases = [.. cases], Culprit = culprit };

    private static void Run(params FaultSettings[] jobs)
    {
        using var objects = CodeObjects.OfHostLibraries(HeldKernels.Kernels);
        var start = StartOfProcesses(objects);
        Task.WaitAll([.. jobs.Select(settings => Task.Factory.StartNew(() => RunJob(settings with { CodeDirectory = objects.Directory, Limit = AtLeast(ShortestLimit, start), JoinLimit = AtLeast(ShortestLimit, start), Slack = AtLeast(settings.Slack, 2 * start) }), TaskCreationOptions.LongRunning))]);
    }

    /// <summary>A second is enough of slack, unless the machine is so busy that everything takes seconds.</summary>
    private static TimeSpan AtLeast(TimeSpan least, TimeSpan time) => time > least ? time : least;

    /// <summary>The time in which processes start and do nothing.</summary>
    private static TimeSpan StartOfProcesses(CodeObjects objects)
    {
        var start = Stopwatch.GetTimestamp();
        using var job = GpuJobs.Start(2, "nothing", objects);
        job.WaitForAll(Hang);
        return Stopwatch.GetElapsedTime(start);
    }

    private static void RunJob(FaultSettings settings)
    {
        using var job = new FaultJob(GpuJobs.MatrixCommand(worldSize: 3), worldSize: 3, shared: true, Hang, settings);
        List<FaultOutcome> outcomes = [];
        var left = job.Run("stand-in", outcomes.Add);
        Assert.True(outcomes.TrueForAll(static outcome => outcome.IsRight), string.Join('\n', outcomes));
        Assert.True(outcomes.Count >= 2 * settings.Cases.Count);
        Assert.Empty(left);
        Assert.All(job.Said("alive"), static alive => Assert.Equal("0", alive));
    }
}
