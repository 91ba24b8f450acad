using Xunit;

namespace QuickReduce.Tests.Collectives;

/// <summary>Tests that measure the whole process, and so run by themselves.</summary>
[CollectionDefinition(nameof(AloneInTheProcess), DisableParallelization = true)]
public class AloneInTheProcess;

[Collection(nameof(AloneInTheProcess))]
public class AllocationTests
{
    private const int Repetitions = 50;

    private static readonly AllReduceMode[] Modes =
        [QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int4, new(QuantRegime.Int3, 16), new(QuantRegime.Int7, 128)];

    /// <summary>Messages that go in one shot and on one thread, and such that go in two and are shared.</summary>
    [Theory]
    [InlineData(100)]
    [InlineData(300_000)]
    public void ACallForAllRanksAllocatesNothing(int count)
    {
        using var group = AllReduceGroup.Create(TestKernels.Everything, 4);
        var memories = Enumerable.Range(0, 4).Select(_ => new Memory<Half>(new Half[count])).ToArray();
        var inputs = memories.Select(memory => (ReadOnlyMemory<Half>)memory).ToArray();
        foreach (var mode in Modes)
        {
            Assert.Equal(0, BytesPerRepetition(CallsPerRepetition(count), () => group.AllReduce<Half>(mode, inputs, memories)));
        }
    }

    [Theory]
    [InlineData(100)]
    [InlineData(300_000)]
    public async Task ACallOfEveryRankAllocatesNothing(int count)
    {
        using var group = AllReduceGroup.Create(TestKernels.Everything, 4);
        var buffers = Enumerable.Range(0, 4).Select(_ => new Half[count]).ToArray();
        foreach (var mode in Modes)
        {
            var allocated = -1L;
            await group.RunAsync(rank =>
            {
                var buffer = buffers[rank.Index];
                var bytes = BytesPerRepetition(CallsPerRepetition(count), () => rank.AllReduce<Half>(mode, buffer, buffer), ofProcess: rank.Index == 0);
                if (rank.Index == 0)
                {
                    allocated = bytes;
                }
            });

            Assert.Equal(0, allocated);
        }
    }

    /// <summary>A policy's decisions are taken when the group is created; a call looks one up.</summary>
    [Theory]
    [InlineData(100)]
    [InlineData(300_000)]
    public void ACallByPolicyAllocatesNothing(int count)
    {
        var options = new GroupOptions { Policy = new AllReducePolicy { Regime = QuantRegime.Int4, MinBytes = 1000, MaxBytes = 200_000 } };
        using var group = AllReduceGroup.Create(TestKernels.Everything, 4, options);
        var memories = Enumerable.Range(0, 4).Select(_ => new Memory<Half>(new Half[count])).ToArray();
        var inputs = memories.Select(memory => (ReadOnlyMemory<Half>)memory).ToArray();
        Assert.Equal(0, BytesPerRepetition(CallsPerRepetition(count), () => group.AllReduce<Half>(inputs, memories)));
    }

    private static int CallsPerRepetition(int count) => count > 1000 ? 1 : 40;

    /// <summary>Least number of bytes that the process allocates over a few repetitions, after a first one.</summary>
    /// <param name="calls">Calls in a repetition.</param>
    /// <param name="call">What must not allocate, on its own thread in no repetition.</param>
    /// <param name="ofProcess">Whether to read what the process allocates, which itself may; 0 otherwise.</param>
    /// <remarks>
    /// The least, since others in the process allocate now and then: the run time, for instance when it compiles a method
    /// anew or makes the event of a lock that is contended for the first time, and timers of the test runner. So repetitions
    /// are short. A call that allocates does so in every one.
    /// </remarks>
    private static long BytesPerRepetition(int calls, Action call, bool ofProcess = true)
    {
        Repeat();
        var least = ofProcess ? long.MaxValue : 0;
        var leastOfThread = long.MaxValue;
        for (var repetition = 0; repetition < Repetitions; repetition++)
        {
            var before = ofProcess ? GC.GetTotalAllocatedBytes(precise: true) : 0;
            var beforeOfThread = GC.GetAllocatedBytesForCurrentThread();
            Repeat();
            leastOfThread = long.Min(leastOfThread, GC.GetAllocatedBytesForCurrentThread() - beforeOfThread);
            least = ofProcess ? long.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before) : 0;
        }

        // Assertions allocate, and ranks measure at the same time: so not before the end.
        Assert.Equal(0, leastOfThread);
        return least;

        void Repeat()
        {
            for (var i = 0; i < calls; i++)
            {
                call();
            }
        }
    }
}
