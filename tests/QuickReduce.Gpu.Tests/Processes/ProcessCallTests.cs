using QuickReduce.Tests.Shared;

namespace QuickReduce.Gpu.Tests.Processes;

/// <summary>Ranks in processes of their own, with the real kernels and protocol, over memory that they map from each other.</summary>
[Collection(nameof(Jobs))]
public sealed class ProcessCallTests
{
    private const string HostCompiler = "clang++-22";
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(2);

    [RequiresProgramsTheory(StandInDriver.Compiler, HostCompiler)]
    [InlineData(2, 30)]
    [InlineData(3, 15)]
    [InlineData(4, 10)]
    public void CallsAndReplaysGiveTheBitsOfTheManagedBackend(int worldSize, int calls)
    {
        using var objects = CodeObjects.OfHostLibraries(JobKernels.Kernels);
        using var job = GpuJobs.Start(worldSize, "calls", objects, "calls=" + calls, "multiprocessors=" + worldSize);
        job.WaitForAll(Hang);
        for (var rank = 0; rank < worldSize; rank++)
        {
            Assert.True(job[rank].ExitCode == 0 && job[rank].Said("right") is not null, "Rank " + rank + ": " + job[rank].Text);
            Assert.Equal("0", job[rank].Said("alive"));

            // Twice as many blocks as ranks fit on the device, and all ranks are on it.
            Assert.Equal(worldSize + " 2", job[rank].Said("formed"));
        }

        Assert.Empty(job.FilesLeft);
    }

    [RequiresProgramsFact(StandInDriver.Compiler, HostCompiler)]
    public void ManyGroupsLeaveNothingBehind()
    {
        using var objects = CodeObjects.OfHostLibraries(JobKernels.Kernels);
        using var job = GpuJobs.Start(2, "groups", objects, "groups=25", "multiprocessors=2");
        job.WaitForAll(Hang);
        for (var rank = 0; rank < 2; rank++)
        {
            Assert.True(job[rank].ExitCode == 0, job[rank].Text);
            var grown = job[rank].Said("grown")!.Split(' ').Select(int.Parse).ToArray();
            Assert.Equal(0, grown[0]);
            Assert.InRange(grown[1], -10, 5);
        }
    }
}

/// <summary>Tests that start many processes, one after the other: together they would be slow enough to look like faults.</summary>
[CollectionDefinition(nameof(Jobs), DisableParallelization = true)]
public class Jobs;
