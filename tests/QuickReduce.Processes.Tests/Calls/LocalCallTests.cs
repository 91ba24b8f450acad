using System.Runtime.InteropServices;
using QuickReduce.Processes.Tests.Support;
using QuickReduce.Processes.Worker;
using Xunit;

namespace QuickReduce.Processes.Tests.Calls;

public class LocalCallTests
{
    public static TheoryData<DataType, QuantRegime, int> Variants
    {
        get
        {
            var data = new TheoryData<DataType, QuantRegime, int>();
            foreach (var variant in WorkerKernels.All.Variants)
            {
                data.Add(variant.DataType, variant.Regime, variant.WorldSize);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void EveryVariantGivesTheBitsOfAnInProcessGroup(DataType type, QuantRegime regime, int worldSize)
    {
        using var group = AllReduceGroup.Create(WorkerKernels.All, worldSize);
        using var ranks = new LocalRanks(worldSize);
        foreach (var count in new[] { 0, 1, 33, 2048, 20_001, 150_000, 1_200_000 / worldSize })
        {
            var inputs = Enumerable.Range(0, worldSize).Select(rank => Elements(type, count, rank)).ToArray();
            var outputs = inputs.Select(input => new ushort[input.Length]).ToArray();
            var inPlace = inputs.Select(input => (ushort[])input.Clone()).ToArray();
            var exceptions = ranks.Run(rank =>
            {
                AllReduce(rank, type, regime, inputs[rank.Rank], outputs[rank.Rank]);
                AllReduce(rank, type, regime, inPlace[rank.Rank], inPlace[rank.Rank]);
            });

            Assert.All(exceptions, Assert.Null);
            var expected = Expected(group, type, regime, inputs);
            Assert.All(outputs, output => Assert.Equal(expected, output));
            Assert.All(inPlace, output => Assert.Equal(expected, output));
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void EpochsWrapAround(int worldSize)
    {
        using var group = AllReduceGroup.Create(WorkerKernels.All, worldSize);
        using var ranks = new LocalRanks(worldSize, epoch: uint.MaxValue - 20);
        var messages = new Messages(WorkerKernels.All, worldSize, seed: 5);
        var outputs = new ushort[worldSize][];
        for (var call = 0; call < 40; call++)
        {
            Assert.All(ranks.Run(rank => outputs[rank.Rank] = messages.Make(rank, call)), Assert.Null);
            var expected = messages.Expected(group, call);
            Assert.All(outputs, output => Assert.Equal(expected, output));
        }
    }

    [Fact]
    public void UnalignedBuffersAreSummedToo()
    {
        const int Count = 1_500_001;
        using var ranks = new LocalRanks(2);
        var outputs = new Half[2][];
        Assert.All(ranks.Run(rank =>
        {
            var input = new Half[Count + 3];
            input.AsSpan().Fill((Half)(rank.Rank + 1));
            outputs[rank.Rank] = new Half[Count + 1];
            rank.AllReduce<Half>(QuantRegime.FP, input.AsSpan(3), outputs[rank.Rank].AsSpan(1));
        }), Assert.Null);
        Assert.All(outputs, output => Assert.True(output.AsSpan(1).IndexOfAnyExcept((Half)3) < 0 && output[0] == (Half)0));
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(300_000)]
    public void ACallAllocatesNothing(int count)
    {
        using var ranks = new LocalRanks(2);
        var allocated = new long[2];
        Assert.All(ranks.Run(rank =>
        {
            var buffer = new Half[count];
            for (var round = 0; round < 2; round++)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                for (var call = 0; call < 50; call++)
                {
                    rank.AllReduce<Half>(QuantRegime.FP, buffer);
                    rank.AllReduce<Half>(QuantRegime.Int4, buffer);
                }

                allocated[rank.Rank] = GC.GetAllocatedBytesForCurrentThread() - before;
            }
        }), Assert.Null);
        Assert.All(allocated, bytes => Assert.Equal(0, bytes));
    }

    private static void AllReduce(Communicator rank, DataType type, QuantRegime regime, ushort[] input, ushort[] output)
    {
        if (type == DataType.Float16)
        {
            rank.AllReduce(regime, MemoryMarshal.Cast<ushort, Half>(input), MemoryMarshal.Cast<ushort, Half>(output.AsSpan()));
        }
        else
        {
            rank.AllReduce(regime, MemoryMarshal.Cast<ushort, BFloat16>(input), MemoryMarshal.Cast<ushort, BFloat16>(output.AsSpan()));
        }
    }

    private static ushort[] Elements(DataType type, int count, int rank) =>
        new Messages(WorkerKernels.All, 2, seed: 3).Elements(call: count % 2 == 0 ? 1 : 8, rank, type, count);

    private static ushort[] Expected(AllReduceGroup group, DataType type, QuantRegime regime, ushort[][] inputs) =>
        type == DataType.Float16 ? Expected<Half>(group, regime, inputs) : Expected<BFloat16>(group, regime, inputs);

    private static ushort[] Expected<T>(AllReduceGroup group, QuantRegime regime, ushort[][] inputs)
        where T : unmanaged
    {
        var targets = inputs.Select(input => new Memory<T>(new T[input.Length])).ToArray();
        group.AllReduce<T>(regime, inputs.Select(input => (ReadOnlyMemory<T>)MemoryMarshal.Cast<ushort, T>(input).ToArray()).ToArray(), targets);
        return MemoryMarshal.Cast<T, ushort>(targets[0].Span).ToArray();
    }
}
