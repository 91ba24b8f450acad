using System.Runtime.InteropServices;
using QuickReduce.Codecs;
using QuickReduce.Tests.Oracle;
using Xunit;

namespace QuickReduce.Tests.Codecs;

/// <summary>Every codec, at every vector width, gives the oracle's bytes and touches nothing else.</summary>
public sealed unsafe class RowCodecTests
{
    private static readonly SimdWidth[] SimdWidths = Enum.GetValues<SimdWidth>();

    // Ends of groups of every size, of batches of every vector width, and what is beside them.
    private static readonly int[] ElementCounts =
        [0, 1, 15, 16, 31, 32, 33, 64, 127, 128, 129, 255, 256, 500, 511, 512, 513, 1000, 1024, 1537, 2016, 2017, 2047, 2048];

    public static TheoryData<DataType, QuantRegime, int> Formats()
    {
        var data = new TheoryData<DataType, QuantRegime, int>();
        foreach (var type in new[] { DataType.Float16, DataType.BFloat16 })
        {
            foreach (var regime in SpecializationRules.Regimes.Where(regime => regime != QuantRegime.FP))
            {
                foreach (var groupSize in SpecializationRules.GroupSizes)
                {
                    data.Add(type, regime, groupSize);
                }
            }
        }

        return data;
    }

    [Theory, MemberData(nameof(Formats))]
    public void EncodesAsTheOracle(DataType type, QuantRegime regime, int groupSize)
    {
        var format = new WireFormat(type, new AllReduceMode(regime, groupSize));
        for (var seed = 0; seed < 2; seed++)
        {
            foreach (var count in ElementCounts)
            {
                var elements = BitPatterns.Elements(type, groupSize, count, seed * 5000 + count);
                var expected = WireOracle.Encode(type, format, elements);
                ForEveryCodec(type, format, codec => AssertGroupsEqual(format, count, expected, Encode(codec, elements)));
            }
        }
    }

    [Theory, MemberData(nameof(Formats))]
    public void EncodesOrdinaryNumbersAsTheOracle(DataType type, QuantRegime regime, int groupSize)
    {
        var format = new WireFormat(type, new AllReduceMode(regime, groupSize));
        foreach (var sigma in new[] { 1e-7, 1e-5, 3e-4, 2e-3, 0.02, 1, 30, 9000 })
        {
            var elements = BitPatterns.Normal(type, format.ElementsPerRow, sigma, 1);
            var expected = WireOracle.Encode(type, format, elements);
            ForEveryCodec(type, format, codec => AssertGroupsEqual(format, elements.Length, expected, Encode(codec, elements)));
        }
    }

    [Theory, MemberData(nameof(Formats))]
    public void DecodesAsTheOracle(DataType type, QuantRegime regime, int groupSize)
    {
        var format = new WireFormat(type, new AllReduceMode(regime, groupSize));
        for (var seed = 0; seed < 2; seed++)
        {
            foreach (var count in ElementCounts)
            {
                var row = seed % 2 == 0
                    ? WireOracle.Encode(type, format, BitPatterns.Elements(type, groupSize, count, seed * 5000 + count))
                    : BitPatterns.Row(format, seed * 5000 + count);
                var expected = WireOracle.Decode(type, format, row, count);
                ForEveryCodec(type, format, codec => Assert.Equal(expected, Decode(codec, row, count)));
            }
        }
    }

    /// <summary>All exponents, either sign: the short cut for scales in range must not show.</summary>
    [Theory, MemberData(nameof(Formats))]
    public void DecodesEveryScale(DataType type, QuantRegime regime, int groupSize)
    {
        // Every exponent and a sixteenth of the mantissas, among them those of whole powers of two.
        const int Step = 8;
        var format = new WireFormat(type, new AllReduceMode(regime, groupSize));
        var row = BitPatterns.Row(format, 7);
        for (var firstScale = 0; firstScale < 0x10000; firstScale += Step * format.GroupsPerRow)
        {
            for (var group = 0; group < format.GroupsPerRow; group++)
            {
                BitConverter.TryWriteBytes(row.AsSpan(format.ScaleOffset + 2 * group), (ushort)(firstScale + Step * group));
            }

            var expected = WireOracle.Decode(type, format, row, format.ElementsPerRow);
            ForEveryCodec(type, format, codec => Assert.Equal(expected, Decode(codec, row, format.ElementsPerRow)));
        }
    }

    [Theory, MemberData(nameof(Formats))]
    public void ReducesAndSumsAsTheOracle(DataType type, QuantRegime regime, int groupSize)
    {
        var format = new WireFormat(type, new AllReduceMode(regime, groupSize));
        for (var round = 0; round < ElementCounts.Length; round++)
        {
            var count = ElementCounts[round];
            var worldSize = 1 + round % KernelGeometry.MaxWorldSize;
            var rows = Enumerable.Range(0, worldSize)
                .Select(rank => rank % 3 == 1 && round % 4 == 0
                    ? BitPatterns.Row(format, round * 10 + rank)
                    : WireOracle.Encode(type, format, round % 3 == 0
                        ? BitPatterns.Elements(type, groupSize, count, round * 10 + rank)
                        : BitPatterns.Normal(type, count, Math.Pow(10, round % 9 - 5), round * 10 + rank)))
                .Select(row => WithFullGroups(type, format, row, count)).ToArray();
            var sums = WireOracle.SumRows(format, rows, count);
            var reduced = WireOracle.EncodeRow(format, sums);
            var narrowed = MemoryMarshal.Cast<byte, ushort>(WireOracle.NarrowAll(type, sums)).ToArray();
            ForEveryCodec(type, format, codec =>
            {
                AssertGroupsEqual(format, count, reduced, Reduce(codec, rows, count));
                Assert.Equal(narrowed, Sum(codec, rows, count));
            });
        }
    }

    [Theory, MemberData(nameof(Formats))]
    public void NaNAndInfinityMakeTheirGroupNaNAndZerosStayZero(DataType type, QuantRegime regime, int groupSize)
    {
        var infinity = (ushort)(type == DataType.Float16 ? 0x7C00 : 0x7F80);
        var elements = new ushort[RowCodec.ElementsPerRow];
        int[] special = [40, 200, 1030];
        elements[special[0]] = infinity;
        elements[special[1]] = (ushort)(infinity | 0x8000);
        elements[special[2]] = 0xFFFF;
        elements[1500] = 0x8000;
        var codec = RowCodec.For(type, new AllReduceMode(regime, groupSize));
        var decoded = Decode(codec, Encode(codec, elements), elements.Length);
        for (var i = 0; i < decoded.Length; i++)
        {
            Assert.Equal(special.Any(at => at / groupSize == i / groupSize) ? RowCodec.CanonicalNaN : (ushort)0, decoded[i]);
        }
    }

    /// <summary>What JIT constants say of rows is what the wire format says.</summary>
    [Theory, MemberData(nameof(Formats))]
    public void RowsAreAsLongAsTheWireFormatSays(DataType type, QuantRegime regime, int groupSize) =>
        ForEveryCodec(type, new WireFormat(type, new AllReduceMode(regime, groupSize)), codec => Assert.Equal(new WireFormat(type, new AllReduceMode(regime, groupSize)).RowBytes, codec.RowBytes));

    [Fact]
    public void CodecsAllocateNothing()
    {
        foreach (var groupSize in SpecializationRules.GroupSizes)
        {
            using var rows = new NativeMemoryBlock(2 * 4096);
            using var elements = new NativeMemoryBlock(4096);
            rows.Bytes.Clear();
            elements.Bytes.Clear();
            Run();
            var before = GC.GetAllocatedBytesForCurrentThread();
            Run();
            Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());

            void Run()
            {
                var codec = RowCodec.For(DataType.Float16, new AllReduceMode(QuantRegime.Int5, groupSize));
                codec.Encode((ushort*)elements.Pointer, 2047, rows.Pointer);
                codec.Reduce(rows.Pointer, 0, 2, 2047, rows.Pointer + 4096);
                codec.Sum(rows.Pointer, 0, 2, (ushort*)elements.Pointer, 2047);
                codec.Decode(rows.Pointer, (ushort*)elements.Pointer, 2047);
            }
        }
    }

    [Fact]
    public void RefusesWhatIsNotDefined()
    {
        Assert.Throws<ArgumentOutOfRangeException>("type", () => RowCodec.For(DataType.Float32, QuantRegime.Int4));
        Assert.Throws<ArgumentOutOfRangeException>("mode", () => RowCodec.For(DataType.Float16, (QuantRegime)1));
        Assert.Throws<ArgumentOutOfRangeException>("mode", () => RowCodec.For(DataType.Float16, QuantRegime.FP));
        Assert.Throws<ArgumentOutOfRangeException>("mode", () => RowCodec.For(DataType.Float16, new AllReduceMode(QuantRegime.Int4, 0)));
        Assert.Same(RowCodec.For(DataType.Float16, QuantRegime.Int4), RowCodec.For(DataType.Float16, QuantRegime.Int4));
    }

    private static void ForEveryCodec(DataType type, WireFormat format, Action<RowCodec> check)
    {
        foreach (var width in SimdWidths)
        {
            check(RowCodec.For(type, new AllReduceMode(format.Regime, format.GroupSize, format.ScaleFormat), width));
        }
    }

    private static byte[] Encode(RowCodec codec, ReadOnlySpan<ushort> elements)
    {
        using var source = new NativeMemoryBlock(elements.Length * 2 + 2);
        using var row = new NativeMemoryBlock(codec.RowBytes);
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

    private static byte[] Reduce(RowCodec codec, byte[][] rows, int count)
    {
        using var sources = new NativeMemoryBlock(Stride(codec) * rows.Length);
        using var result = new NativeMemoryBlock(codec.RowBytes);
        Place(codec, rows, sources);
        codec.Reduce(sources.Pointer, Stride(codec), rows.Length, count, result.Pointer);
        Assert.True(result.GuardsAreIntact);
        return result.Bytes.ToArray();
    }

    private static ushort[] Sum(RowCodec codec, byte[][] rows, int count)
    {
        using var sources = new NativeMemoryBlock(Stride(codec) * rows.Length);
        using var destination = new NativeMemoryBlock(count * 2);
        Place(codec, rows, sources);
        codec.Sum(sources.Pointer, Stride(codec), rows.Length, (ushort*)destination.Pointer, count);
        Assert.True(destination.GuardsAreIntact);
        return MemoryMarshal.Cast<byte, ushort>(destination.Bytes).ToArray();
    }

    private static int Stride(RowCodec codec) => codec.RowBytes + 64;

    private static void Place(RowCodec codec, byte[][] rows, NativeMemoryBlock sources)
    {
        for (var rank = 0; rank < rows.Length; rank++)
        {
            rows[rank].CopyTo(sources.Bytes[(rank * Stride(codec))..]);
        }
    }

    /// <summary>Where a message ends inside a group, the rest of the group encodes +0; random bytes would not.</summary>
    private static byte[] WithFullGroups(DataType type, WireFormat format, byte[] row, int count) =>
        count % format.GroupSize == 0 ? row : WireOracle.Encode(type, format, WireOracle.Decode(type, format, row, count));

    /// <summary>Compares the bytes of the groups that hold elements; the others keep what they had.</summary>
    private static void AssertGroupsEqual(WireFormat format, int count, byte[] expected, byte[] actual)
    {
        var groups = (count + format.GroupSize - 1) / format.GroupSize;
        for (var plane = 0; plane < format.PlaneWidths.Count; plane++)
        {
            var width = format.PlaneWidths[plane];
            Compare(format.PlaneOffset(plane), width * format.LanesPerRow, width * format.LanesPerGroup);
        }

        Compare(format.ScaleOffset, format.GroupsPerRow / format.GroupsPerScaleField * format.ScaleFieldBytes, format.ScaleFieldBytes);

        void Compare(int offset, int length, int bytesPerGroup)
        {
            var used = groups * bytesPerGroup;
            Assert.True(expected.AsSpan(offset, used).SequenceEqual(actual.AsSpan(offset, used)), $"{format.Regime} in groups of {format.GroupSize}: {count} elements differ in the bytes from {offset} on.");
            Assert.True(actual.AsSpan(offset + used, length - used).IndexOfAnyExcept((byte)0xA5) < 0, "Wrote past the last group.");
        }
    }
}
