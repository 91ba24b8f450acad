using Xunit;

namespace QuickReduce.Tests.Collectives;

/// <summary>The sum that comes out, against the oracle, on the managed device.</summary>
public class AllReduceTests
{
    private static readonly int[] Sizes = [0, 1, 31, 32, 33, 2047, 2048, 2049, 16383, 16384, 16385, 40_001];

    [Theory]
    [MemberData(nameof(TestKernels.VariantData), MemberType = typeof(TestKernels))]
    public async Task EveryWayOfCallingGivesTheOraclesBits(DataType type, QuantRegime regime, int worldSize)
    {
        using var group = AllReduceGroup.Create(TestKernels.All, worldSize);
        foreach (var size in Sizes)
        {
            var inputs = Messages.Random(type, worldSize, size, seed: size + worldSize);
            var expected = Messages.Expected(type, regime, inputs);

            AssertAll(expected, await Messages.AllReducePerRank(group, type, regime, inputs));
            AssertAll(expected, await Messages.AllReducePerRank(group, type, regime, inputs, inPlace: true));
            AssertAll(expected, Messages.AllReduceAtOnce(group, type, regime, inputs));
            AssertAll(expected, Messages.AllReduceAtOnce(group, type, regime, inputs, inPlace: true));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(16)]
    public async Task BitsDoNotDependOnTheNumberOfThreads(int threads)
    {
        const int Size = 700_001;
        foreach (var regime in new[] { QuantRegime.FP, QuantRegime.Int4 })
        {
            var inputs = Messages.Random(DataType.BFloat16, 4, Size, seed: 7);
            using var group = AllReduceGroup.Create(TestKernels.All, 4, new GroupOptions { MaxThreads = threads });
            using var single = AllReduceGroup.Create(TestKernels.All, 4, new GroupOptions { MaxThreads = 1 });
            var expected = Messages.AllReduceAtOnce(single, DataType.BFloat16, regime, inputs)[0];

            for (var repetition = 0; repetition < 3; repetition++)
            {
                AssertAll(expected, await Messages.AllReducePerRank(group, DataType.BFloat16, regime, inputs));
                AssertAll(expected, Messages.AllReduceAtOnce(group, DataType.BFloat16, regime, inputs));
            }
        }
    }

    [Fact]
    public async Task AThousandCallsOfAnySizeAndRegimeOnOneGroup()
    {
        const int Calls = 1000;
        const int WorldSize = 4;
        var random = new Random(3);
        var calls = Enumerable.Range(0, Calls)
            .Select(call => (Regime: (QuantRegime)random.Next(4), Type: (DataType)random.Next(2), Size: call % 50 == 0 ? random.Next(100_000) : random.Next(3000), Start: random.Next(2)))
            .ToArray();
        var source = Messages.Random(DataType.BFloat16, WorldSize, 100_010, seed: 9)
            .Select(message => message.Select(bits => (ushort)(bits & 0xBFFF)).ToArray()).ToArray();
        using var group = AllReduceGroup.Create(TestKernels.All, WorldSize);
        using var reference = AllReduceGroup.Create(TestKernels.All, WorldSize, new GroupOptions { MaxThreads = 1 });
        var results = new ushort[WorldSize][][];

        await group.RunAsync(rank =>
        {
            var mine = results[rank.Index] = new ushort[Calls][];
            for (var call = 0; call < Calls; call++)
            {
                var (regime, type, size, start) = calls[call];
                mine[call] = source[rank.Index].AsSpan(start, size).ToArray();
                AllReduceInPlace(rank, regime, type, mine[call]);
            }
        });

        for (var call = 0; call < Calls; call++)
        {
            var (regime, type, size, start) = calls[call];
            var inputs = source.Select(message => message.AsSpan(start, size).ToArray()).ToArray();
            AssertAll(Messages.AllReduceAtOnce(reference, type, regime, inputs)[0], results.Select(rank => rank[call]).ToArray());
        }
    }

    [Fact]
    public void BuffersMayStartAtAnyElement()
    {
        var inputs = Messages.Random(DataType.Float16, 2, 5000, seed: 11);
        using var group = AllReduceGroup.Create(TestKernels.All, 2);
        foreach (var regime in Enum.GetValues<QuantRegime>())
        {
            var expected = Messages.AllReduceAtOnce(group, DataType.Float16, regime, inputs)[0];
            for (var shift = 1; shift < 40; shift += 7)
            {
                var buffers = inputs.Select((input, rank) =>
                {
                    var buffer = new Half[6000];
                    input.Select(BitConverter.UInt16BitsToHalf).ToArray().CopyTo(buffer, shift + rank);
                    return buffer.AsMemory(shift + rank, input.Length);
                }).ToArray();
                group.AllReduce<Half>(regime, buffers.Select(buffer => (ReadOnlyMemory<Half>)buffer).ToArray(), buffers);

                AssertAll(expected, buffers.Select(buffer => buffer.ToArray().Select(BitConverter.HalfToUInt16Bits).ToArray()).ToArray());
            }
        }
    }

    [Fact]
    public async Task RanksMayShareAnInput()
    {
        var input = Messages.Random(DataType.Float16, 1, 3000, seed: 1)[0];
        var inputs = new[] { input, input };
        using var group = AllReduceGroup.Create(TestKernels.All, 2);

        AssertAll(Messages.Expected(DataType.Float16, QuantRegime.Int8, inputs), await Messages.AllReducePerRank(group, DataType.Float16, QuantRegime.Int8, inputs));
    }

    [Fact]
    public async Task NaNAndInfinityAreSeenByEveryRank()
    {
        foreach (var regime in Enum.GetValues<QuantRegime>())
        {
            foreach (var poison in new[] { Half.NaN, Half.PositiveInfinity, Half.NegativeInfinity })
            {
                using var group = AllReduceGroup.Create(TestKernels.All, 8);
                var inputs = Enumerable.Range(0, 8).Select(_ => new ushort[64]).ToArray();
                inputs[5][40] = BitConverter.HalfToUInt16Bits(poison);
                foreach (var output in await Messages.AllReducePerRank(group, DataType.Float16, regime, inputs))
                {
                    Assert.False(Half.IsFinite(BitConverter.UInt16BitsToHalf(output[40])));
                    Assert.All(output[..32], bits => Assert.Equal(0, bits));
                }
            }
        }
    }

    private static void AllReduceInPlace(AllReduceRank rank, QuantRegime regime, DataType type, ushort[] buffer)
    {
        if (type == DataType.Float16)
        {
            var elements = System.Runtime.InteropServices.MemoryMarshal.Cast<ushort, Half>(buffer.AsSpan());
            rank.AllReduce<Half>(regime, elements, elements);
        }
        else
        {
            var elements = System.Runtime.InteropServices.MemoryMarshal.Cast<ushort, BFloat16>(buffer.AsSpan());
            rank.AllReduce<BFloat16>(regime, elements, elements);
        }
    }

    private static void AssertAll(ushort[] expected, ushort[][] outputs)
    {
        for (var rank = 0; rank < outputs.Length; rank++)
        {
            var difference = expected.AsSpan().CommonPrefixLength(outputs[rank]);
            Assert.True(difference == expected.Length && outputs[rank].Length == expected.Length, "Rank " + rank + " differs from element " + difference + " of " + expected.Length + " on.");
        }
    }
}
