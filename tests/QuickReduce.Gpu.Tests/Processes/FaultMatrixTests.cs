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
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(120);

    [RequiresProgramsTheory(StandInDriver.Compiler, HostCompiler)]
    [InlineData(Fault.Kill)]
    [InlineData(Fault.Exit)]
    [InlineData(Fault.Stop)]
    [InlineData(Fault.Never)]
    [InlineData(Fault.Exception)]
    [InlineData(Fault.Size)]
    [InlineData(Fault.Regime)]
    [InlineData(Fault.Order)]
    [InlineData(Fault.Late)]
    public void InCalls(Fault fault) => Run(culprit: 1, FaultCase.All.Where(what => what.Fault == fault && !what.IsAtRendezvous));

    [RequiresProgramsTheory(StandInDriver.Compiler, HostCompiler)]
    [InlineData(Fault.Kill, Fault.Exit, Fault.Exception)]
    [InlineData(Fault.Stop, Fault.Never)]
    [InlineData(Fault.Size, Fault.Regime, Fault.Order, Fault.Late)]
    public void AtTheRendezvous(params Fault[] faults) => Run(culprit: 1, FaultCase.All.Where(what => faults.Contains(what.Fault) && what.IsAtRendezvous));

    [RequiresProgramsFact(StandInDriver.Compiler, HostCompiler)]
    public void OfRankZero() => Run(culprit: 0, [.. new[] { "kill@loading", "stop@trading", "kill@phase1", "size@phase2" }.Select(FaultCase.Parse)]);

    private static void Run(int culprit, IEnumerable<FaultCase> cases)
    {
        using var objects = CodeObjects.OfHostLibraries(HeldKernels.Kernels);
        var settings = new FaultSettings { Cases = [.. cases], Culprit = culprit, CodeDirectory = objects.Directory };
        using var job = new FaultJob(GpuJobs.MatrixCommand(worldSize: 3), worldSize: 3, shared: true, Hang, settings);
        List<FaultOutcome> outcomes = [];
        var left = job.Run("stand-in", outcomes.Add);
        Assert.True(outcomes.TrueForAll(static outcome => outcome.IsRight), string.Join('\n', outcomes));
        Assert.True(outcomes.Count >= 2 * settings.Cases.Count);
        Assert.Empty(left);
        Assert.All(job.Said("alive"), static alive => Assert.Equal("0", alive));
    }
}
