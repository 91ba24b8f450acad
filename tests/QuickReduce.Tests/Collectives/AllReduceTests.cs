using QuickReduce.Tests.Oracle;
using Xunit;

namespace QuickReduce.Tests.Collectives;

/// <summary>The sum that comes out, against the oracle, on the managed device.</summary>
public class AllReduceTests
{
    private static readonly QuantRegime[] Regimes = [QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4];

    private static readonly int[] Sizes = [0, 1, 31, 32, 33, 2047, 2048, 2049, 16383, 16384, 16385, 40_001];

    [Theory]
    [MemberData(nameof(TestKernels.DefaultVariantData), MemberType = typeof(TestKernels))]
    public async Task EveryWayOfCallingGivesTheOraclesBits(DataType type, QuantRegime regime, int worldSize)
    {
        using var group = AllReduceGroup.Create(TestKernels.Default, worldSize);
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

    /// <summary>The whole space: every type, regime, group size, scale format, algorithm and world size.</summary>
    [Theory]
    [MemberData(nameof(TestKernels.WorldSizesAndAlgorithms), MemberType = typeof(TestKernels))]
    public void EveryVariantGivesTheOraclesBits(int worldSize, AllReduceAlgorithm algorithm)
    {
        using var group = AllReduceGroup.Create(TestKernels.Everything, worldSize, new GroupOptions { Algorithm = algorithm });
        foreach (var variant in TestKernels.EveryVariant.Where(variant => variant.WorldSize == worldSize && variant.Algorithm == algorithm && variant.DataType != DataType.Float32))
        {
            foreach (var size in new[] { 1, 130, 2048, 3001 })
            {
                var inputs = Messages.Random(variant.DataType, worldSize, size, seed: size + worldSize);
                AssertAll(WireOracle.AllReduce(variant, inputs), Messages.AllReduceAtOnce(group, variant.DataType, variant.Mode, inputs, inPlace: size == 3001));
            }
        }
    }

    [Theory]
    [MemberData(nameof(TestKernels.WorldSizesAndAlgorithms), MemberType = typeof(TestKernels))]
    public async Task Float32GivesTheOraclesBits(int worldSize, AllReduceAlgorithm algorithm)
    {
        using var group = AllReduceGroup.Create(TestKernels.Everything, worldSize, new GroupOptions { Algorithm = algorithm });
        foreach (var size in Sizes)
        {
            var inputs = Messages.RandomFloat32(worldSize, size, seed: size + worldSize);
            var expected = WireOracle.AllReduce(new KernelVariant(DataType.Float32, QuantRegime.FP, worldSize, algorithm), inputs);

            AssertAll(expected, await Messages.AllReducePerRank(group, inputs));
            AssertAll(expected, await Messages.AllReducePerRank(group, inputs, inPlace: true));
            AssertAll(expected, Messages.AllReduceAtOnce(group, inputs));
            AssertAll(expected, Messages.AllReduceAtOnce(group, inputs, inPlace: true));
        }
    }

    /// <summary>Long enough to be shared among threads and, in full precision, written past the caches.</summary>
    [Theory]
    [MemberData(nameof(TestKernels.WorldSizesAndAlgorithms), MemberType = typeof(TestKernels))]
    public async Task LargeMessagesGiveTheOraclesBits(int worldSize, AllReduceAlgorithm algorithm)
    {
        const int Size = 1_000_003;
        using var group = AllReduceGroup.Create(TestKernels.Everything, worldSize, new GroupOptions { Algorithm = algorithm });
        var mode = algorithm == AllReduceAlgorithm.Direct ? new AllReduceMode(QuantRegime.FP) : (worldSize % 3) switch
        {
            0 => new(QuantRegime.Int5, 64),
            1 => new(QuantRegime.Int3, 16),
            _ => new(QuantRegime.Int4, 16, ScaleFormat.SharedExponent),
        };
        var inputs = Messages.Random(DataType.BFloat16, worldSize, Size, seed: 5);
        var variant = new KernelVariant(DataType.BFloat16, mode, worldSize, algorithm);
        AssertAll(WireOracle.AllReduce(variant, inputs), await Messages.AllReducePerRank(group, DataType.BFloat16, mode, inputs));

        var wide = Messages.RandomFloat32(worldSize, Size, seed: 5);
        AssertAll(WireOracle.AllReduce(new KernelVariant(DataType.Float32, QuantRegime.FP, worldSize, algorithm), wide), Messages.AllReduceAtOnce(group, wide));
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
            using var group = AllReduceGroup.Create(TestKernels.Default, 4, new GroupOptions { MaxThreads = threads });
            using var single = AllReduceGroup.Create(TestKernels.Default, 4, new GroupOptions { MaxThreads = 1 });
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
            .Select(call => (Regime: Regimes[random.Next(Regimes.Length)], Type: (DataType)random.Next(2), Size: call % 50 == 0 ? random.Next(100_000) : random.Next(3000), Start: random.Next(2)))
            .ToArray();
        var source = Messages.Random(DataType.BFloat16, WorldSize, 100_010, seed: 9)
            .Select(message => message.Select(bits => (ushort)(bits & 0xBFFF)).ToArray()).ToArray();
        using var group = AllReduceGroup.Create(TestKernels.Default, WorldSize);
        using var reference = AllReduceGroup.Create(TestKernels.Default, WorldSize, new GroupOptions { MaxThreads = 1 });
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
        using var group = AllReduceGroup.Create(TestKernels.Default, 2);
        foreach (var regime in Regimes)
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
        using var group = AllReduceGroup.Create(TestKernels.Default, 2);

        AssertAll(Messages.Expected(DataType.Float16, QuantRegime.Int8, inputs), await Messages.AllReducePerRank(group, DataType.Float16, QuantRegime.Int8, inputs));
    }

    [Fact]
    public async Task NaNAndInfinityAreSeenByEveryRank()
    {
        foreach (var regime in Regimes)
        {
            foreach (var poison in new[] { Half.NaN, Half.PositiveInfinity, Half.NegativeInfinity })
            {
                using var group = AllReduceGroup.Create(TestKernels.Default, 8);
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

    private static void AssertAll<TBits>(TBits[] expected, TBits[][] outputs)
        where TBits : unmanaged, IEquatable<TBits>
    {
        for (var rank = 0; rank < outputs.Length; rank++)
        {
            var difference = expected.AsSpan().CommonPrefixLength(outputs[rank]);
            Assert.True(difference == expected.Length && outputs[rank].Length == expected.Length, "Rank " + rank + " differs from element " + difference + " of " + expected.Length + " on.");
        }
    }
}
