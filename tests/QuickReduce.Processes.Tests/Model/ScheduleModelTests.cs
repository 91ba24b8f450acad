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

    /// <summary>Chunks and hops of calls that follow each other.</summary>
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

    private static (int Chunks, int Hops)[] Calls(string program) =>
        [.. program.Split(' ').Select(call => call.Split('x')).Select(fields => (int.Parse(fields[0]), int.Parse(fields[1])))];
}
