using QuickReduce.Collectives.Processes;
using Xunit;

namespace QuickReduce.Processes.Tests.Model;

/// <summary>
/// Walks through every interleaving of the steps that <see cref="CallSchedule"/> gives the ranks, over several calls,
/// with epochs that wrap around, and with a rank that stops anywhere. Shared memory is a marker per region and rank: who
/// reads must find the very chunk that it is meant to read.
/// </summary>
public class ScheduleModelTests
{
    /// <summary>Epochs of the model count modulo this; as in 32 bits, half of it is far ahead of any lag.</summary>
    private const int Epochs = 16;

    /// <summary>
    /// Chunks and hops of calls that follow each other; S for shared buffers, U for those that lie elsewhere on every rank.
    /// </summary>
    public static TheoryData<int, string> Programs => new()
    {
        { 2, "1x1 1x1 1x1 1x1 1x1 1x1 1x1 1x1" },
        { 2, "3x1 1x1 2x1 1x1 3x1" },
        { 2, "1x2 1x2 1x2 1x2 1x2" },
        { 2, "6x2 1x1 1x1 3x2" },
        { 2, "1x1 5x2 4x1 2x2 1x1" },
        { 3, "1x1 1x1 1x1" },
        { 3, "2x1 1x2 1x1" },
        { 3, "3x2 1x1" },
        { 3, "1x2 1x2" },
        { 2, "1xS 1xS 1xS" },
        { 2, "1x1 3xS 1x2 1xS 2x1" },
        { 2, "1xU 2xU 1x1 1xS" },
        { 3, "1xS 1xS" },
        { 3, "2xS 1x1" },
        { 3, "1xU 1xS" },
    };

    [Theory]
    [MemberData(nameof(Programs))]
    public void EveryReaderFindsWhatWasMeantForIt(int worldSize, string program)
    {
        foreach (var firstEpoch in new uint[] { 0, Epochs - 3, uint.MaxValue - 2 })
        {
            var outcome = new ScheduleModel(worldSize, Calls(program), firstEpoch, SharedLayout.Regions, Epochs).Explore();
            Assert.Null(outcome.Violation);
            Assert.Null(outcome.Deadlock);
            Assert.True(outcome.Finished);
        }
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public void ARankThatStopsAnywhereMisleadsNobodyAndLeavesNobodyWaiting(int worldSize, string program)
    {
        for (var stopper = 0; stopper < worldSize; stopper++)
        {
            var outcome = new ScheduleModel(worldSize, Calls(program), 0, SharedLayout.Regions, Epochs) { Stopper = stopper }.Explore();
            Assert.Null(outcome.Violation);
            Assert.Null(outcome.Deadlock);
        }
    }

    [Fact]
    public void TheModelNoticesTooFewRegions()
    {
        var outcome = new ScheduleModel(2, Calls("8x2 8x1"), 0, regions: 2, Epochs).Explore();
        Assert.NotNull(outcome.Violation);
    }

    [Fact]
    public void TheModelNoticesAMissingWait()
    {
        var outcome = new ScheduleModel(2, Calls("3x2 3x2"), 0, SharedLayout.Regions, Epochs) { IgnoredWait = 2 }.Explore();
        Assert.NotNull(outcome.Violation);
    }

    [Fact]
    public void TheModelNoticesAMissingWaitForSharedBuffers()
    {
        // The waits of a call: that all have called, and that all are done.
        foreach (var wait in new[] { 0, 1 })
        {
            var outcome = new ScheduleModel(2, Calls("1xS 1xS"), 0, SharedLayout.Regions, Epochs) { IgnoredWait = wait }.Explore();
            Assert.NotNull(outcome.Violation);
        }
    }

    private static ModelCall[] Calls(string program) =>
    [
        .. program.Split(' ').Select(static call => call.Split('x')).Select(static fields => fields[1] switch
        {
            "S" => new ModelCall(int.Parse(fields[0]), 2, ModelBuffers.Shared),
            "U" => new ModelCall(int.Parse(fields[0]), 2, ModelBuffers.Unlike),
            var hops => new ModelCall(int.Parse(fields[0]), int.Parse(hops)),
        }),
    ];
}
