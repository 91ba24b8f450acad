using System.Runtime.InteropServices;
using QuickReduce.Codecs;
using QuickReduce.Tests.Collectives;
using QuickReduce.Tests.Oracle;
using Xunit;

namespace QuickReduce.Tests.Codecs;

/// <summary>The direct sum is the oracle's all-reduce, wherever messages lie.</summary>
public sealed unsafe class FullPrecisionTests
{
    private static readonly int[] ElementCounts = [0, 1, 7, 33, 100, 127, 128, 129, 2047, 2048, 2049, 5000, 20_001];

    public static TheoryData<DataType, int> TypesAndWidths()
    {
        var data = new TheoryData<DataType, int>();
        foreach (var type in new[] { DataType.Float16, DataType.BFloat16 })
        {
            foreach (var width in Enum.GetValues<SimdWidth>())
            {
                data.Add(type, (int)width);
            }
        }

        return data;
    }

    [Theory, MemberData(nameof(TypesAndWidths))]
    public void SumsAsTheOracle(DataType type, int width)
    {
        var round = 0;
        foreach (var count in ElementCounts)
        {
            foreach (var worldSize in new[] { 1, 2, 3, 4, 5, 6, 7, 8 })
            {
                round++;
                var ordinary = round % 3 == 0;
                var messages = Enumerable.Range(0, worldSize)
                    .Select(rank => ordinary
                        ? BitPatterns.Normal(type, count, Math.Pow(10, round % 8 - 5), 100 * round + rank)
                        : BitPatterns.Elements(type, 32, count, 100 * round + rank))
                    .ToArray();
                Check(type, (SimdWidth)width, messages, nonTemporal: round % 2 == 0, inPlace: round % 4 < 2);
            }
        }
    }

    [Fact]
    public void SumsFloat32AsTheOracle()
    {
        var round = 0;
        foreach (var count in ElementCounts)
        {
            foreach (var worldSize in new[] { 1, 2, 3, 4, 5, 6, 7, 8 })
            {
                round++;
                var messages = Messages.RandomFloat32(worldSize, count, round);
                foreach (var width in Enum.GetValues<SimdWidth>())
                {
                    Check(DataType.Float32, width, messages, nonTemporal: round % 2 == 0, inPlace: round % 4 < 2);
                }
            }
        }
    }

    /// <summary>Every way to a NaN leads to the same one; zeros of any sign sum to +0.</summary>
    [Fact]
    public void Float32HasOneNaNAndOneZero()
    {
        uint[][] messages =
        [
            [0xFFC00001, 0x7F800001, 0x7F800000, 0x80000000, 0x7F7FFFFF, 0x00000001, 0xFF800000],
            [0x00000000, 0x3F800000, 0xFF800000, 0x80000000, 0x7F7FFFFF, 0x00000001, 0x42280000],
        ];
        var sums = WireOracle.AllReduce(new KernelVariant(DataType.Float32, QuantRegime.FP, 2), messages);
        Assert.Equal([0x7FFFFFFF, 0x7FFFFFFF, 0x7FFFFFFF, 0x00000000, 0x7F800000, 0x00000002, 0xFF800000], sums);
        foreach (var width in Enum.GetValues<SimdWidth>())
        {
            // Alone in scalar code, and repeated to fill vectors.
            Check(DataType.Float32, width, messages, nonTemporal: false, inPlace: false);
            Check(DataType.Float32, width, [.. messages.Select(message => Enumerable.Repeat(message, 40).SelectMany(bits => bits).ToArray())], nonTemporal: false, inPlace: false);
        }
    }

    /// <summary>Each pattern, alone and beside an ordinary number, and with many numbers of ranks.</summary>
    [Theory, MemberData(nameof(TypesAndWidths))]
    public void SumsEveryPattern(DataType type, int width)
    {
        var all = Enumerable.Range(0, 0x10000).Select(bits => (ushort)bits).ToArray();
        var finite = all.Select(bits => (bits & 0x7FFF) < (type == DataType.Float16 ? 0x7C00 : 0x7F80) ? bits : (ushort)0).ToArray();
        var zeros = new ushort[all.Length];
        var shuffled = (ushort[])finite.Clone();
        new Random(3).Shuffle(shuffled);
        Check(type, (SimdWidth)width, [all, zeros], nonTemporal: false, inPlace: false);
        Check(type, (SimdWidth)width, [finite, zeros], nonTemporal: false, inPlace: false);
        Check(type, (SimdWidth)width, [finite, shuffled, zeros, finite], nonTemporal: false, inPlace: false);
        Check(type, (SimdWidth)width, [all, shuffled, finite, all, zeros, shuffled, all, finite], nonTemporal: false, inPlace: false);
    }

    [Fact]
    public void LargeMessagesAreStreamed()
    {
        Assert.False(FullPrecision.IsStreaming(8, 8192));
        Assert.True(FullPrecision.IsStreaming(2, 128 << 20));
        Assert.True(FullPrecision.IsStreaming(8, 64L << 30));
    }

    [Fact]
    public void AllocatesNothing()
    {
        using var memory = new NativeMemoryBlock(8192);
        memory.Bytes.Clear();
        Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Run()
        {
            var messages = stackalloc byte*[2] { memory.Pointer, memory.Pointer + 4096 };
            FullPrecision.Sum(DataType.Float16, messages, messages, 2, 1000, nonTemporal: false);
            FullPrecision.Sum(DataType.BFloat16, messages, messages, 2, 1000, nonTemporal: true);
            FullPrecision.Sum(DataType.Float32, messages, messages, 2, 1000, nonTemporal: true);
        }
    }

    private static void Check<TBits>(DataType type, SimdWidth width, TBits[][] messages, bool nonTemporal, bool inPlace)
        where TBits : unmanaged
    {
        var expected = WireOracle.AllReduce(new KernelVariant(type, QuantRegime.FP, messages.Length), messages);
        var bytes = expected.Length * sizeof(TBits);
        var inputs = new NativeMemoryBlock[messages.Length];
        var outputs = new NativeMemoryBlock[messages.Length];
        var inputPointers = stackalloc byte*[messages.Length];
        var outputPointers = stackalloc byte*[messages.Length];
        for (var rank = 0; rank < messages.Length; rank++)
        {
            // Every rank at a place of its own within a cache line; guards right before and after.
            inputs[rank] = new NativeMemoryBlock(bytes + rank * sizeof(TBits));
            inputPointers[rank] = inputs[rank].Pointer + rank * sizeof(TBits);
            MemoryMarshal.AsBytes<TBits>(messages[rank]).CopyTo(new Span<byte>(inputPointers[rank], bytes));
            outputs[rank] = inPlace ? inputs[rank] : new NativeMemoryBlock(bytes + 11 * rank * sizeof(TBits));
            outputPointers[rank] = inPlace ? inputPointers[rank] : outputs[rank].Pointer + 11 * rank * sizeof(TBits);
        }

        FullPrecision.Sum(type, inputPointers, outputPointers, messages.Length, expected.Length, nonTemporal, width);
        for (var rank = 0; rank < messages.Length; rank++)
        {
            Assert.Equal(expected, new Span<TBits>(outputPointers[rank], expected.Length).ToArray());
            Assert.True(outputs[rank].GuardsAreIntact);
            Assert.True(new Span<byte>(outputs[rank].Pointer, (int)(outputPointers[rank] - outputs[rank].Pointer)).IndexOfAnyExcept((byte)0xA5) < 0);
            inputs[rank].Dispose();
            if (!inPlace)
            {
                outputs[rank].Dispose();
            }
        }
    }
}
