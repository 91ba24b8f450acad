using QuickReduce.Processes.Tests.Support;
using QuickReduce.Tests.Shared.Processes;
using Xunit;

namespace QuickReduce.Processes.Tests.Calls;

/// <summary>Ranks in processes of their own that make calls of all kinds.</summary>
[Collection(nameof(Processes))]
public class ProcessCallTests
{
    /// <summary>Ten thousand with <c>QUICKREDUCE_LONG_TESTS=1</c>.</summary>
    private static readonly bool Long = Environment.GetEnvironmentVariable("QUICKREDUCE_LONG_TESTS") == "1";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(Long ? 60 : 5);

    [Theory]
    [InlineData(2, 400)]
    [InlineData(3, 150)]
    [InlineData(4, 100)]
    [InlineData(8, 60)]
    public void RandomCallsGiveTheBitsOfAnInProcessGroup(int worldSize, int calls)
    {
        using var job = Jobs.Start(worldSize, "calls", "calls=" + (Long ? 10_000 : calls), "seed=" + worldSize, "limit=60000");
        job.WaitForAll(Limit);
        for (var rank = 0; rank < worldSize; rank++)
        {
            Assert.True(job[rank].ExitCode == 0, "Rank " + rank + ": " + job[rank].Text);
            Assert.NotNull(job[rank].Said("hash"));
            Assert.Equal(job[0].Said("hash"), job[rank].Said("hash"));
        }

        Assert.Empty(job.FilesLeft);
    }

    [Fact]
    public void ManyGroupsLeaveNothingBehind()
    {
        using var job = Jobs.Start(2, "groups", "groups=" + (Long ? 10_000 : 200));
        job.WaitForAll(Limit);
        for (var rank = 0; rank < 2; rank++)
        {
            AssertFlat(job[rank]);
        }

        Assert.Empty(job.FilesLeft);
    }

    [Fact]
    public void ManySharedBuffersLeaveNothingBehind()
    {
        using var job = Jobs.Start(2, "buffers", "buffers=" + (Long ? 10_000 : 1_000), "limit=60000");
        job.WaitForAll(Limit);
        for (var rank = 0; rank < 2; rank++)
        {
            AssertFlat(job[rank]);
            Assert.InRange(int.Parse(job[rank].Said("grown")!.Split(' ')[3]), -200, 100);
        }

        Assert.Empty(job.FilesLeft);
    }

    [Fact]
    public void ASoakLeavesNothingBehind()
    {
        using var job = Jobs.Start(3, "soak", "seconds=" + (Long ? 600 : 6), "limit=60000");
        job.WaitForAll(Limit + TimeSpan.FromMinutes(10));
        for (var rank = 0; rank < 3; rank++)
        {
            AssertFlat(job[rank]);
        }
    }

    private static void AssertFlat(WorkerProcess process)
    {
        Assert.True(process.ExitCode == 0, process.Text);
        var grown = process.Said("grown")!.Split(' ').Select(long.Parse).ToArray();

        // The thread pool and the run time open a file or start a thread when they like; a leak would be one per group.
        Assert.InRange(grown[0], -20, 10);
        Assert.InRange(grown[1], -4_000_000, 1_000_000);
        Assert.InRange(grown[2], -20, 10);
    }
}

/// <summary>Tests that start many processes, one after the other: together they would be slow enough to look like faults.</summary>
[CollectionDefinition(nameof(Processes), DisableParallelization = true)]
public class Processes;
