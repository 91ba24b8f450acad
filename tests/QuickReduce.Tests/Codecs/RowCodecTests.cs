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

    public static TheoryData<DataType, QuantRegime, int, ScaleFormat> Formats()
    {
        var data = new TheoryData<DataType, QuantRegime, int, ScaleFormat>();
        foreach (var type in new[] { DataType.Float16, DataType.BFloat16 })
        {
            foreach (var mode in SpecializationRules.Modes.Where(mode => mode.Regime != QuantRegime.FP))
            {
                data.Add(type, mode.Regime, mode.GroupSize, mode.ScaleFormat);
            }
        }

        return data;
    }

    [Theory, MemberData(nameof(Formats))]
    public void EncodesAsTheOracle(DataType type, QuantRegime regime, int groupSize, ScaleFormat scaleFormat)
    {
        var format = new WireFormat(type, new AllReduceMode(regime, groupSize, scaleFormat));
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
    public void EncodesOrdinaryNumbersAsTheOracle(DataType type, QuantRegime regime, int groupSize, ScaleFormat scaleFormat)
    {
        var format = new WireFormat(type, new AllReduceMode(regime, groupSize, scaleFormat));
        foreach (var sigma in new[] { 1e-7, 1e-5, 3e-4, 2e-3, 0.02, 1, 30, 9000 })
        {
            var elements = BitPatterns.Normal(type, format.ElementsPerRow, sigma, 1);
            var expected = WireOracle.Encode(type, format, elements);
            ForEveryCodec(type, format, codec => AssertGroupsEqual(format, elements.Length, expected, Encode(codec, elements)));
        }
    }

    [Theory, MemberData(nameof(Formats))]
    public void DecodesAsTheOracle(DataType type, QuantRegime regime, int groupSize, ScaleFormat scaleFormat)
    {
        var format = new WireFormat(type, new AllReduceMode(regime, groupSize, scaleFormat));
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
    public void DecodesEveryScale(DataType type, QuantRegime regime, int groupSize, ScaleFormat scaleFormat)
    {
        var format = new WireFormat(type, new AllReduceMode(regime, groupSize, scaleFormat));
        var row = BitPatterns.Row(format, 7);
        var fields = ScaleFields(scaleFormat).ToArray();
        foreach (var part in fields.Chunk(format.GroupsPerRow / format.GroupsPerScaleField))
        {
            for (var field = 0; field < part.Length; field++)
            {
                BitConverter.GetBytes(part[field]).AsSpan(0, format.ScaleFieldBytes).CopyTo(row.AsSpan(format.ScaleOffset + field * format.ScaleFieldBytes));
            }

            var expected = WireOracle.Decode(type, format, row, format.ElementsPerRow);
            ForEveryCodec(type, format, codec => Assert.Equal(expected, Decode(codec, row, format.ElementsPerRow)));
        }
    }

    [Theory, MemberData(nameof(Formats))]
    public void ReducesAndSumsAsTheOracle(DataType type, QuantRegime regime, int groupSize, ScaleFormat scaleFormat)
    {
        var format = new WireFormat(type, new AllReduceMode(regime, groupSize, scaleFormat));
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
    public void NaNAndInfinityMakeTheirGroupsNaNAndZerosStayZero(DataType type, QuantRegime regime, int groupSize, ScaleFormat scaleFormat)
    {
        var infinity = (ushort)(type == DataType.Float16 ? 0x7C00 : 0x7F80);
        var elements = new ushort[RowCodec.ElementsPerRow];
        var fieldElements = groupSize * new WireFormat(type, new AllReduceMode(regime, groupSize, scaleFormat)).GroupsPerScaleField;
        int[] special = [40, 200, 1030];
        elements[special[0]] = infinity;
        elements[special[1]] = (ushort)(infinity | 0x8000);
        elements[special[2]] = 0xFFFF;
        elements[1500] = 0x8000;
        var codec = RowCodec.For(type, new AllReduceMode(regime, groupSize, scaleFormat));
        var decoded = Decode(codec, Encode(codec, elements), elements.Length);
        for (var i = 0; i < decoded.Length; i++)
        {
            Assert.Equal(special.Any(at => at / fieldElements == i / fieldElements) ? RowCodec.CanonicalNaN : (ushort)0, decoded[i]);
        }
    }

    /// <summary>What JIT constants say of rows is what the wire format says.</summary>
    [Theory, MemberData(nameof(Formats))]
    public void RowsAreAsLongAsTheWireFormatSays(DataType type, QuantRegime regime, int groupSize, ScaleFormat scaleFormat) =>
        ForEveryCodec(type, new WireFormat(type, new AllReduceMode(regime, groupSize, scaleFormat)), codec => Assert.Equal(new WireFormat(type, new AllReduceMode(regime, groupSize, scaleFormat)).RowBytes, codec.RowBytes));

    [Fact]
    public void CodecsAllocateNothing()
    {
        foreach (var mode in SpecializationRules.Modes.Where(mode => mode.Regime == QuantRegime.Int5))
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
                var codec = RowCodec.For(DataType.Float16, mode);
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
        Assert.Throws<ArgumentOutOfRangeException>("mode", () => RowCodec.For(DataType.Float16, new AllReduceMode(QuantRegime.Int4, 64, ScaleFormat.SharedExponent)));
        Assert.Throws<ArgumentOutOfRangeException>("mode", () => RowCodec.For(DataType.Float16, new AllReduceMode(QuantRegime.Int4, 16, (ScaleFormat)2)));
        Assert.Throws<ArgumentOutOfRangeException>("mode", () => RowCodec.For(DataType.Float16, new AllReduceMode(QuantRegime.FP, 16, ScaleFormat.SharedExponent)));
        Assert.Same(RowCodec.For(DataType.Float16, QuantRegime.Int4), RowCodec.For(DataType.Float16, QuantRegime.Int4));
    }

    /// <summary>
    /// Of numbers, every exponent and a sixteenth of the mantissas, among them those of whole powers of two; of shared exponents,
    /// every exponent with every sign and every step of one group, the others' at random.
    /// </summary>
    private static IEnumerable<uint> ScaleFields(ScaleFormat scaleFormat)
    {
        if (scaleFormat == ScaleFormat.BFloat16)
        {
            return Enumerable.Range(0, 0x10000 / 8).Select(static scale => 8 * (uint)scale);
        }

        var random = new Random(3);
        return from exponent in Enumerable.Range(0, 256)
               from field in Enumerable.Range(0, 64)
               let shift = 26 - 6 * ((exponent + field) % 4)
               let others = (uint)random.NextInt64(1L << 32) & 0xFFFFFF00 & ~(0x3Fu << shift)
               select (uint)exponent | (uint)field << shift | others;
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

    /// <summary>
    /// Where a message ends inside groups that are encoded together, the rest of them encodes +0; random bytes would not.
    /// </summary>
    private static byte[] WithFullGroups(DataType type, WireFormat format, byte[] row, int count) =>
        count % (format.GroupSize * format.GroupsPerScaleField) == 0 ? row : WireOracle.Encode(type, format, WireOracle.Decode(type, format, row, count));

    /// <summary>Compares the bytes of the groups that hold elements and of those encoded with them; the others keep what they had.</summary>
    private static void AssertGroupsEqual(WireFormat format, int count, byte[] expected, byte[] actual)
    {
        var fieldElements = format.GroupSize * format.GroupsPerScaleField;
        var fields = (count + fieldElements - 1) / fieldElements;
        for (var plane = 0; plane < format.PlaneWidths.Count; plane++)
        {
            var width = format.PlaneWidths[plane];
            Compare(format.PlaneOffset(plane), width * format.LanesPerRow, width * format.LanesPerGroup * format.GroupsPerScaleField);
        }

        Compare(format.ScaleOffset, format.GroupsPerRow / format.GroupsPerScaleField * format.ScaleFieldBytes, format.ScaleFieldBytes);

        void Compare(int offset, int length, int bytesPerField)
        {
            var used = fields * bytesPerField;
            Assert.True(expected.AsSpan(offset, used).SequenceEqual(actual.AsSpan(offset, used)), $"{new AllReduceMode(format.Regime, format.GroupSize, format.ScaleFormat)}: {count} elements differ in the bytes from {offset} on.");
            Assert.True(actual.AsSpan(offset + used, length - used).IndexOfAnyExcept((byte)0xA5) < 0, "Wrote past the last group.");
        }
    }
}
