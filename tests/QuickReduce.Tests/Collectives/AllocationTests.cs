using Xunit;

namespace QuickReduce.Tests.Collectives;

/// <summary>Tests that measure the whole process, and so run by themselves.</summary>
[CollectionDefinition(nameof(AloneInTheProcess), DisableParallelization = true)]
public class AloneInTheProcess;

[Collection(nameof(AloneInTheProcess))]
public class AllocationTests
{
    private const int Calls = 40;
    private const int Repetitions = 50;

    [Theory]
    [InlineData(100)]
    [InlineData(300_000)]
    public void ACallForAllRanksAllocatesNothing(int count)
    {
        using var group = AllReduceGroup.Create(TestKernels.Everything, 4);
        var memories = Enumerable.Range(0, 4).Select(_ => new Memory<Half>(new Half[count])).ToArray();
        var inputs = memories.Select(memory => (ReadOnlyMemory<Half>)memory).ToArray();
        var calls = count > 1000 ? 1 : Calls;

        Assert.Equal(0, BytesPerRepetition(() =>
        {
            foreach (var mode in Modes)
            {
                for (var call = 0; call < calls; call++)
                {
                    group.AllReduce<Half>(mode, inputs, memories);
                }
            }
        }));
    }

    [Theory]
    [InlineData(100)]
    [InlineData(300_000)]
    public async Task ACallOfEveryRankAllocatesNothing(int count)
    {
        using var group = AllReduceGroup.Create(TestKernels.Everything, 4);
        var buffers = Enumerable.Range(0, 4).Select(_ => new Half[count]).ToArray();
        var allocated = new long[4];
        var calls = count > 1000 ? 1 : Calls;
        await group.RunAsync(rank =>
        {
            var buffer = buffers[rank.Index];
            allocated[rank.Index] = BytesPerRepetition(() =>
            {
                foreach (var mode in Modes)
                {
                    for (var call = 0; call < calls; call++)
                    {
                        rank.AllReduce<Half>(mode, buffer, buffer);
                    }
                }
            }, ofProcess: rank.Index == 0);
        });

        Assert.Equal(0, allocated[0]);
    }

    private static readonly AllReduceMode[] Modes =
        [QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int4, new(QuantRegime.Int3, 16), new(QuantRegime.Int7, 128)];

    /// <summary>Least number of bytes that the process allocates over a few repetitions, after a first one.</summary>
    /// <param name="action">What must not allocate on its own thread in any repetition.</param>
    /// <param name="ofProcess">Whether to read what the process allocates, which itself may; 0 otherwise.</param>
    /// <remarks>
    /// The least, since others in the process allocate now and then: the run time, for instance when it compiles a method
    /// anew, and timers of the test runner. So repetitions are short. A call that allocates does so in every one.
    /// </remarks>
    private static long BytesPerRepetition(Action action, bool ofProcess = true)
    {
        action();
        var least = ofProcess ? long.MaxValue : 0;
        var mine = GC.GetAllocatedBytesForCurrentThread();
        for (var repetition = 0; repetition < Repetitions; repetition++)
        {
            var before = ofProcess ? GC.GetTotalAllocatedBytes(precise: true) : 0;
            action();
            least = ofProcess ? long.Min(least, GC.GetTotalAllocatedBytes(precise: true) - before) : 0;
        }

        // Assertions allocate, and ranks measure at the same time: so not before the end.
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - mine);
        return least;
    }
}
