using QuickReduce.Codecs;
using QuickReduce.Tests.Oracle;
using Xunit;

namespace QuickReduce.Tests.Codecs;

/// <summary>The direct sum is the oracle's all-reduce, wherever messages lie.</summary>
public sealed unsafe class FullPrecisionTests
{
    public static TheoryData<DataType, int> TypesAndWidths()
    {
        var data = new TheoryData<DataType, int>();
        foreach (var type in Enum.GetValues<DataType>())
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
        foreach (var count in new[] { 0, 1, 7, 33, 100, 2047, 2048, 2049, 5000 })
        {
            foreach (var worldSize in new[] { 1, 2, 3, 4, 8 })
            {
                round++;
                var ordinary = round % 3 == 0;
                var messages = Enumerable.Range(0, worldSize)
                    .Select(rank => ordinary
                        ? BitPatterns.Normal(type, count, Math.Pow(10, round % 8 - 5), 100 * round + rank)
                        : BitPatterns.Elements(type, count, 100 * round + rank))
                    .ToArray();
                Check(type, (SimdWidth)width, messages, nonTemporal: round % 2 == 0, inPlace: round % 4 < 2);
            }
        }
    }

    /// <summary>Each pattern, alone and beside an ordinary number, and with every rank count's kernel.</summary>
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
        Assert.False(FullPrecision.IsStreaming(8, 4096));
        Assert.True(FullPrecision.IsStreaming(2, 64 << 20));
    }

    [Fact]
    public void AllocatesNothing()
    {
        using var memory = new NativeMemoryBlock(4096);
        memory.Bytes.Clear();
        Run();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Run();
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

        void Run()
        {
            var messages = stackalloc ushort*[2] { (ushort*)memory.Pointer, (ushort*)memory.Pointer + 1024 };
            FullPrecision.Sum(DataType.Float16, messages, messages, 2, 1000);
            FullPrecision.Sum(DataType.BFloat16, messages, messages, 2, 1000, nonTemporal: true);
        }
    }

    private static void Check(DataType type, SimdWidth width, ushort[][] messages, bool nonTemporal, bool inPlace)
    {
        var expected = WireOracle.AllReduce(type, QuantRegime.FP, messages);
        var count = expected.Length;
        var inputs = new NativeMemoryBlock[messages.Length];
        var outputs = new NativeMemoryBlock[messages.Length];
        var inputPointers = stackalloc ushort*[messages.Length];
        var outputPointers = stackalloc ushort*[messages.Length];
        for (var rank = 0; rank < messages.Length; rank++)
        {
            // Every rank at a place of its own within a cache line; guards right before and after.
            inputs[rank] = new NativeMemoryBlock(2 * (count + rank));
            inputPointers[rank] = (ushort*)inputs[rank].Pointer + rank;
            messages[rank].CopyTo(new Span<ushort>(inputPointers[rank], count));
            outputs[rank] = inPlace ? inputs[rank] : new NativeMemoryBlock(2 * (count + 11 * rank));
            outputPointers[rank] = inPlace ? inputPointers[rank] : (ushort*)outputs[rank].Pointer + 11 * rank;
        }

        FullPrecision.Sum(type, inputPointers, outputPointers, messages.Length, count, nonTemporal, width);
        for (var rank = 0; rank < messages.Length; rank++)
        {
            Assert.Equal(expected, new Span<ushort>(outputPointers[rank], count).ToArray());
            Assert.True(outputs[rank].GuardsAreIntact);
            Assert.True(new Span<byte>(outputs[rank].Pointer, (int)((byte*)outputPointers[rank] - outputs[rank].Pointer)).IndexOfAnyExcept((byte)0xA5) < 0);
            inputs[rank].Dispose();
            if (!inPlace)
            {
                outputs[rank].Dispose();
            }
        }
    }
}
