using Xunit;

namespace QuickReduce.Tests.Collectives;

/// <summary>Tests that measure the whole process, and so run by themselves.</summary>
[CollectionDefinition(nameof(AloneInTheProcess), DisableParallelization = true)]
public class AloneInTheProcess;

[Collection(nameof(AloneInTheProcess))]
public class AllocationTests
{
    private const int Calls = 200;

    [Theory]
    [InlineData(100)]
    [InlineData(300_000)]
    public void ACallForAllRanksAllocatesNothing(int count)
    {
        using var group = AllReduceGroup.Create(TestKernels.Everything, 4);
        var memories = Enumerable.Range(0, 4).Select(_ => new Memory<Half>(new Half[count])).ToArray();
        var inputs = memories.Select(memory => (ReadOnlyMemory<Half>)memory).ToArray();
        var calls = count > 1000 ? 10 : Calls;

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
        var calls = count > 1000 ? 10 : Calls;
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
            });
        });

        Assert.Equal(0, allocated[0]);
    }

    private static readonly AllReduceMode[] Modes =
        [QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int4, new(QuantRegime.Int3, 16), new(QuantRegime.Int7, 128)];

    /// <summary>Least number of bytes that the process allocates over a few repetitions, after a first one.</summary>
    /// <remarks>The least, since the run time itself allocates now and then, for instance when it compiles a method anew.</remarks>
    private static long BytesPerRepetition(Action action)
    {
        action();
        var least = long.MaxValue;
        for (var repetition = 0; repetition < 5; repetition++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: false);
            var mine = GC.GetAllocatedBytesForCurrentThread();
            action();
            Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - mine);
            least = long.Min(least, GC.GetTotalAllocatedBytes(precise: false) - before);
        }

        return least;
    }
}
