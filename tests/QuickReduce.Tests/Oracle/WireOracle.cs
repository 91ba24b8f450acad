namespace QuickReduce.Tests.Oracle;

/// <summary>
/// <c>docs/numerics.md</c> word for word, one group at a time and without a thought for speed. Shares nothing with the
/// codecs but the enumerations and <see cref="WireFormat"/>, so that it can judge them, and native kernels as well.
/// </summary>
public static class WireOracle
{
    private const ushort CanonicalNaN = 0x7FFF;
    private const uint NaNScale = 0x7FFF0000;

    /// <summary>16 bits to f32, exactly.</summary>
    public static float Widen(DataType type, ushort bits) => type == DataType.Float16
        ? (float)BitConverter.UInt16BitsToHalf(bits)
        : BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>f32 to 16 bits: nearest even, overflow to infinity, one canonical NaN.</summary>
    public static ushort Narrow(DataType type, float value)
    {
        if (float.IsNaN(value))
        {
            return CanonicalNaN;
        }

        if (type == DataType.Float16)
        {
            return BitConverter.HalfToUInt16Bits((Half)value);
        }

        var bits = BitConverter.SingleToUInt32Bits(value);
        var below = (ushort)(bits >> 16);
        var rest = bits & 0xFFFF;
        var up = rest > 0x8000 || (rest == 0x8000 && (below & 1) == 1);
        return up ? (ushort)(below + 1) : below;
    }

    /// <summary>The bits of the element that a group's scale is made from.</summary>
    public static uint PeakBits(ReadOnlySpan<float> group)
    {
        var peak = BitConverter.SingleToUInt32Bits(group[0]);
        foreach (var element in group)
        {
            var bits = BitConverter.SingleToUInt32Bits(element);
            var larger = (bits & 0x7FFFFFFF) > (peak & 0x7FFFFFFF);
            var negativeTie = (bits & 0x7FFFFFFF) == (peak & 0x7FFFFFFF) && bits >> 31 == 1;
            if (larger || negativeTie)
            {
                peak = bits;
            }
        }

        return peak;
    }

    /// <summary>The scale of a group whose peak is given, as f32.</summary>
    public static float ScaleOf(uint peakBits, int width)
    {
        var magnitude = peakBits & 0x7FFFFFFF;
        if (magnitude >= 0x7F800000)
        {
            return BitConverter.UInt32BitsToSingle(NaNScale);
        }

        magnitude = Math.Max(magnitude, (uint)(127 - 126 + width - 1) << 23);
        magnitude -= (uint)(width - 1) << 23;
        magnitude = (magnitude + 0xFFFF) & 0xFFFF0000;
        return BitConverter.UInt32BitsToSingle(magnitude | (~peakBits & 0x80000000));
    }

    /// <summary>Encodes 32 elements; gives the scale's upper half.</summary>
    public static ushort EncodeGroup(ReadOnlySpan<float> group, int width, Span<byte> codes)
    {
        var scale = ScaleOf(PeakBits(group), width);
        var inverse = 1f / scale;
        var top = 8388608f + (1 << width) - 1;
        for (var i = 0; i < RowShape.GroupSize; i++)
        {
            var t = MathF.FusedMultiplyAdd(group[i], inverse, 8388608f + (1 << (width - 1)));
            t = t < top ? t : top;
            codes[i] = (byte)(BitConverter.SingleToUInt32Bits(t) & ((1u << width) - 1));
        }

        return (ushort)(BitConverter.SingleToUInt32Bits(scale) >> 16);
    }

    /// <summary>Adds what 32 codes stand for to a sum.</summary>
    public static void DecodeGroup(ushort scale, ReadOnlySpan<byte> codes, int width, Span<float> sum)
    {
        var factor = BitConverter.UInt32BitsToSingle((uint)scale << 16);
        for (var i = 0; i < RowShape.GroupSize; i++)
        {
            sum[i] = MathF.FusedMultiplyAdd(codes[i] - (1 << (width - 1)), factor, sum[i]);
        }
    }

    /// <summary>Encodes up to a row of f32 values. Bytes of groups past the end are zero.</summary>
    public static byte[] EncodeRow(QuantRegime regime, ReadOnlySpan<float> elements)
    {
        var format = WireFormat.Of(regime);
        var row = new byte[format.RowBytes];
        var codes = new byte[RowShape.GroupSize];
        for (var start = 0; start < elements.Length; start += RowShape.GroupSize)
        {
            var group = new float[RowShape.GroupSize];
            elements[start..Math.Min(start + RowShape.GroupSize, elements.Length)].CopyTo(group);
            var scale = EncodeGroup(group, format.BitsPerCode, codes);
            for (var i = 0; i < RowShape.GroupSize; i++)
            {
                for (var bit = 0; bit < format.BitsPerCode; bit++)
                {
                    var (offset, shift) = PlaceOf(format, start + i, bit);
                    row[offset] |= (byte)(((codes[i] >> bit) & 1) << shift);
                }
            }

            BitConverter.TryWriteBytes(row.AsSpan(format.ScaleOffset + start / RowShape.GroupSize * 2), scale);
        }

        return row;
    }

    /// <summary>Encodes up to a row of 16-bit elements (phase 1).</summary>
    public static byte[] Encode(DataType type, QuantRegime regime, ReadOnlySpan<ushort> elements)
    {
        if (regime == QuantRegime.FP)
        {
            return FullPrecisionRow(elements);
        }

        return EncodeRow(regime, WidenAll(type, elements));
    }

    /// <summary>Decodes a row and adds it to a sum.</summary>
    public static void DecodeOnto(DataType type, QuantRegime regime, ReadOnlySpan<byte> row, Span<float> sum)
    {
        var format = WireFormat.Of(regime);
        for (var start = 0; start < sum.Length; start += RowShape.GroupSize)
        {
            var count = Math.Min(RowShape.GroupSize, sum.Length - start);
            if (regime == QuantRegime.FP)
            {
                for (var i = start; i < start + count; i++)
                {
                    sum[i] += Widen(type, BitConverter.ToUInt16(row[(2 * i)..]));
                }

                continue;
            }

            var codes = new byte[RowShape.GroupSize];
            for (var i = 0; i < RowShape.GroupSize; i++)
            {
                for (var bit = 0; bit < format.BitsPerCode; bit++)
                {
                    var (offset, shift) = PlaceOf(format, start + i, bit);
                    codes[i] |= (byte)(((row[offset] >> shift) & 1) << bit);
                }
            }

            var group = new float[RowShape.GroupSize];
            sum.Slice(start, count).CopyTo(group);
            var scale = BitConverter.ToUInt16(row[(format.ScaleOffset + start / RowShape.GroupSize * 2)..]);
            DecodeGroup(scale, codes, format.BitsPerCode, group);
            group.AsSpan(0, count).CopyTo(sum[start..]);
        }
    }

    /// <summary>Decodes, sums in rank order and encodes rows (phase 2).</summary>
    public static byte[] Reduce(DataType type, QuantRegime regime, IReadOnlyList<byte[]> rows, int elementCount)
    {
        var sum = new float[elementCount];
        foreach (var row in rows)
        {
            DecodeOnto(type, regime, row, sum);
        }

        return regime == QuantRegime.FP ? FullPrecisionRow(NarrowAll(type, sum)) : EncodeRow(regime, sum);
    }

    /// <summary>Decodes up to a row of elements (phase 3).</summary>
    public static ushort[] Decode(DataType type, QuantRegime regime, ReadOnlySpan<byte> row, int elementCount)
    {
        if (regime == QuantRegime.FP)
        {
            var elements = new ushort[elementCount];
            for (var i = 0; i < elementCount; i++)
            {
                elements[i] = BitConverter.ToUInt16(row[(2 * i)..]);
            }

            return elements;
        }

        var values = new float[elementCount];
        DecodeOnto(type, regime, row, values);
        return NarrowAll(type, values);
    }

    /// <summary>The whole all-reduce of messages of any length, one per rank; what every rank ends up with.</summary>
    public static ushort[] AllReduce(DataType type, QuantRegime regime, IReadOnlyList<ushort[]> messages)
    {
        var result = new ushort[messages[0].Length];
        for (var start = 0; start < result.Length; start += RowShape.ElementsPerRow)
        {
            var count = Math.Min(RowShape.ElementsPerRow, result.Length - start);
            var rows = messages.Select(message => Encode(type, regime, message.AsSpan(start, count))).ToArray();
            Decode(type, regime, Reduce(type, regime, rows, count), count).CopyTo(result.AsSpan(start));
        }

        return result;
    }

    private static (int Offset, int Shift) PlaceOf(WireFormat format, int element, int bit)
    {
        var lane = element / RowShape.ElementsPerAtom;
        var bitOfString = element % RowShape.ElementsPerAtom * format.BitsPerCode + bit;
        var byteOfString = bitOfString / 8;
        var plane = 0;
        while (byteOfString >= format.PlaneWidths[plane])
        {
            byteOfString -= format.PlaneWidths[plane++];
        }

        return (format.PlaneOffset(plane) + lane * format.PlaneWidths[plane] + byteOfString, bitOfString % 8);
    }

    private static byte[] FullPrecisionRow(ReadOnlySpan<ushort> elements)
    {
        var row = new byte[WireFormat.Of(QuantRegime.FP).RowBytes];
        for (var i = 0; i < elements.Length; i++)
        {
            BitConverter.TryWriteBytes(row.AsSpan(2 * i), elements[i]);
        }

        return row;
    }

    private static float[] WidenAll(DataType type, ReadOnlySpan<ushort> elements)
    {
        var values = new float[elements.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Widen(type, elements[i]);
        }

        return values;
    }

    private static ushort[] NarrowAll(DataType type, ReadOnlySpan<float> values)
    {
        var elements = new ushort[values.Length];
        for (var i = 0; i < elements.Length; i++)
        {
            elements[i] = Narrow(type, values[i]);
        }

        return elements;
    }
}
