using System.Runtime.InteropServices;
using QuickReduce.Codecs;
using QuickReduce.Tests.Oracle;
using Xunit;

namespace QuickReduce.Tests.Codecs;

/// <summary>Every codec, at every vector width, gives the oracle's bytes and touches nothing else.</summary>
public sealed unsafe class RowCodecTests
{
    private static readonly int[] ElementCounts =
        [0, 1, 31, 32, 33, 64, 127, 128, 129, 255, 256, 500, 511, 512, 513, 1000, 1024, 1537, 2016, 2017, 2047, 2048];

    public static TheoryData<DataType, QuantRegime, int> Codecs()
    {
        var data = new TheoryData<DataType, QuantRegime, int>();
        foreach (var type in Enum.GetValues<DataType>())
        {
            foreach (var regime in Enum.GetValues<QuantRegime>())
            {
                foreach (var width in Enum.GetValues<SimdWidth>())
                {
                    data.Add(type, regime, (int)width);
                }
            }
        }

        return data;
    }

    [Theory, MemberData(nameof(Codecs))]
    public void EncodesAsTheOracle(DataType type, QuantRegime regime, int width)
    {
        var codec = RowCodec.For(type, regime, (SimdWidth)width);
        for (var seed = 0; seed < 6; seed++)
        {
            foreach (var count in ElementCounts)
            {
                var elements = BitPatterns.Elements(type, count, seed * 5000 + count);
                AssertGroupsEqual(regime, count, WireOracle.Encode(type, regime, elements), Encode(codec, regime, elements));
            }
        }
    }

    [Theory, MemberData(nameof(Codecs))]
    public void EncodesOrdinaryNumbersAsTheOracle(DataType type, QuantRegime regime, int width)
    {
        var codec = RowCodec.For(type, regime, (SimdWidth)width);
        foreach (var sigma in new[] { 1e-7, 1e-5, 3e-4, 2e-3, 0.02, 1, 30, 9000 })
        {
            var elements = BitPatterns.Normal(type, RowShape.ElementsPerRow, sigma, 1);
            AssertGroupsEqual(regime, elements.Length, WireOracle.Encode(type, regime, elements), Encode(codec, regime, elements));
        }
    }

    [Theory, MemberData(nameof(Codecs))]
    public void DecodesAsTheOracle(DataType type, QuantRegime regime, int width)
    {
        var codec = RowCodec.For(type, regime, (SimdWidth)width);
        for (var seed = 0; seed < 6; seed++)
        {
            foreach (var count in ElementCounts)
            {
                var row = seed % 2 == 0
                    ? WireOracle.Encode(type, regime, BitPatterns.Elements(type, count, seed * 5000 + count))
                    : BitPatterns.Row(regime, seed * 5000 + count);
                Assert.Equal(WireOracle.Decode(type, regime, row, count), Decode(codec, row, count));
            }
        }
    }

    /// <summary>All exponents, either sign: the short cut for scales in range must not show.</summary>
    [Theory, MemberData(nameof(Codecs))]
    public void DecodesEveryScale(DataType type, QuantRegime regime, int width)
    {
        if (regime == QuantRegime.FP)
        {
            return;
        }

        var format = WireFormat.Of(regime);
        var codec = RowCodec.For(type, regime, (SimdWidth)width);
        var row = BitPatterns.Row(regime, 7);
        for (var firstScale = 0; firstScale < 0x10000; firstScale += 4 * RowShape.GroupsPerRow)
        {
            // Steps of four: every exponent and a quarter of the mantissas, among them those of whole powers of two.
            for (var group = 0; group < RowShape.GroupsPerRow; group++)
            {
                BitConverter.TryWriteBytes(row.AsSpan(format.ScaleOffset + 2 * group), (ushort)(firstScale + 4 * group));
            }

            Assert.Equal(
                WireOracle.Decode(type, regime, row, RowShape.ElementsPerRow),
                Decode(codec, row, RowShape.ElementsPerRow));
        }
    }

    [Theory, MemberData(nameof(Codecs))]
    public void ReducesAsTheOracle(DataType type, QuantRegime regime, int width)
    {
        var codec = RowCodec.For(type, regime, (SimdWidth)width);
        var worldSizes = new[] { 1, 2, 3, 4, 8 };
        for (var round = 0; round < ElementCounts.Length; round++)
        {
            var count = ElementCounts[round];
            var worldSize = worldSizes[round % worldSizes.Length];
            var rows = Enumerable.Range(0, worldSize)
                .Select(rank => rank % 3 == 1 && round % 4 == 0
                    ? BitPatterns.Row(regime, round * 10 + rank)
                    : WireOracle.Encode(type, regime, round % 3 == 0
                        ? BitPatterns.Elements(type, count, round * 10 + rank)
                        : BitPatterns.Normal(type, count, Math.Pow(10, round % 9 - 5), round * 10 + rank)))
                .ToArray();
            var padded = rows.Select(row => WithFullGroups(type, regime, row, count)).ToArray();
            AssertGroupsEqual(regime, count, WireOracle.Reduce(type, regime, padded, count), Reduce(codec, regime, padded, count));
        }
    }

    [Fact]
    public void NaNAndInfinityMakeTheirGroupNaNAndZerosStayZero()
    {
        foreach (var type in Enum.GetValues<DataType>())
        {
            var infinity = (ushort)(type == DataType.Float16 ? 0x7C00 : 0x7F80);
            foreach (var regime in new[] { QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4 })
            {
                var elements = new ushort[RowShape.ElementsPerRow];
                elements[40] = infinity;
                elements[100] = (ushort)(infinity | 0x8000);
                elements[130] = 0xFFFF;
                elements[200] = 0x8000;
                var codec = RowCodec.For(type, regime);
                var decoded = Decode(codec, Encode(codec, regime, elements), elements.Length);
                for (var i = 0; i < decoded.Length; i++)
                {
                    Assert.Equal(i / 32 is 1 or 3 or 4 ? RowCodec.CanonicalNaN : (ushort)0, decoded[i]);
                }
            }
        }
    }

    [Fact]
    public void PlanesAreWhereTheWireFormatSaysTheyAre()
    {
        Check<EightBits>(QuantRegime.Int8);
        Check<SixBits>(QuantRegime.Int6);
        Check<FourBits>(QuantRegime.Int4);

        static void Check<TWidth>(QuantRegime regime)
            where TWidth : struct, ICodeWidth
        {
            var format = WireFormat.Of(regime);
            Assert.Equal(format.BitsPerCode, TWidth.Bits);
            Assert.Equal(format.RowBytes, RowLayout<TWidth>.RowBytes);
            Assert.Equal(format.ScaleOffset, RowLayout<TWidth>.Scales);
            Assert.Equal(format.PlaneWidths[0], RowLayout<TWidth>.AtomBytes0);
            Assert.Equal(format.PlaneWidths.Skip(1).SingleOrDefault(), RowLayout<TWidth>.AtomBytes1);
            Assert.Equal(format.PlaneOffset(1), RowLayout<TWidth>.Plane1);
        }
    }

    [Fact]
    public void CodecsAllocateNothing()
    {
        foreach (var type in Enum.GetValues<DataType>())
        {
            foreach (var regime in Enum.GetValues<QuantRegime>())
            {
                using var row = new NativeMemoryBlock(2 * 4096);
                using var elements = new NativeMemoryBlock(4096);
                row.Bytes.Clear();
                elements.Bytes.Clear();
                Run();
                var before = GC.GetAllocatedBytesForCurrentThread();
                Run();
                Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

                void Run()
                {
                    var codec = RowCodec.For(type, regime);
                    codec.Encode((ushort*)elements.Pointer, 2047, row.Pointer);
                    codec.Reduce(row.Pointer, 0, 2, 2047, row.Pointer + 4096);
                    codec.Decode(row.Pointer, (ushort*)elements.Pointer, 2047);
                }
            }
        }
    }

    [Fact]
    public void RefusesWhatIsNotDefined()
    {
        Assert.Throws<ArgumentOutOfRangeException>("type", () => RowCodec.For((DataType)2, QuantRegime.Int4));
        Assert.Throws<ArgumentOutOfRangeException>("regime", () => RowCodec.For(DataType.Float16, (QuantRegime)4));
        Assert.Same(RowCodec.For(DataType.Float16, QuantRegime.Int4), RowCodec.For(DataType.Float16, QuantRegime.Int4));
    }

    private static byte[] Encode(RowCodec codec, QuantRegime regime, ReadOnlySpan<ushort> elements)
    {
        using var source = new NativeMemoryBlock(elements.Length * 2 + 2);
        using var row = new NativeMemoryBlock(WireFormat.Of(regime).RowBytes);
        var unaligned = (ushort*)source.Pointer + 1;
        elements.CopyTo(new Span<ushort>(unaligned, elements.Length));
        codec.Encode(unaligned, elements.Length, row.Pointer);
        Assert.True(row.GuardsAreIntact);
        return row.Bytes.ToArray();
    }

    private static ushort[] Decode(RowCodec codec, ReadOnlySpan<byte> bytes, int count)
    {
        using var row = new NativeMemoryBlock(bytes.Length);
        using var destination = new NativeMemoryBlock(count * 2);
        bytes.CopyTo(row.Bytes);
        codec.Decode(row.Pointer, (ushort*)destination.Pointer, count);
        Assert.True(destination.GuardsAreIntact);
        return MemoryMarshal.Cast<byte, ushort>(destination.Bytes).ToArray();
    }

    private static byte[] Reduce(RowCodec codec, QuantRegime regime, IReadOnlyList<byte[]> rows, int count)
    {
        var stride = WireFormat.Of(regime).RowBytes + 64;
        using var sources = new NativeMemoryBlock(stride * rows.Count);
        using var result = new NativeMemoryBlock(WireFormat.Of(regime).RowBytes);
        for (var rank = 0; rank < rows.Count; rank++)
        {
            rows[rank].CopyTo(sources.Bytes[(rank * stride)..]);
        }

        codec.Reduce(sources.Pointer, stride, rows.Count, count, result.Pointer);
        Assert.True(result.GuardsAreIntact);
        return result.Bytes.ToArray();
    }

    /// <summary>Where a message ends inside a group, the rest of the group encodes +0; random bytes would not.</summary>
    private static byte[] WithFullGroups(DataType type, QuantRegime regime, byte[] row, int count)
    {
        var rest = count % RowShape.GroupSize;
        if (rest == 0 || regime == QuantRegime.FP)
        {
            return row;
        }

        var decoded = WireOracle.Decode(type, regime, row, count);
        return WireOracle.Encode(type, regime, decoded);
    }

    /// <summary>Compares the bytes of the groups that hold elements; the others keep what they had.</summary>
    private static void AssertGroupsEqual(QuantRegime regime, int count, byte[] expected, byte[] actual)
    {
        var format = WireFormat.Of(regime);
        var groups = (count + RowShape.GroupSize - 1) / RowShape.GroupSize;
        for (var plane = 0; plane < format.PlaneWidths.Count; plane++)
        {
            Compare(format.PlaneOffset(plane), format.PlaneWidths[plane] * RowShape.LanesPerRow, format.PlaneWidths[plane] * 4);
        }

        if (format.IsQuantized)
        {
            Compare(format.ScaleOffset, RowShape.GroupsPerRow * 2, 2);
        }

        void Compare(int offset, int length, int bytesPerGroup)
        {
            var used = groups * bytesPerGroup;
            Assert.Equal(expected.AsSpan(offset, used), actual.AsSpan(offset, used));
            Assert.True(actual.AsSpan(offset + used, length - used).IndexOfAnyExcept((byte)0xA5) < 0, "Wrote past the last group.");
        }
    }
}
