using System.Runtime.InteropServices;

namespace QuickReduce.Tests.Oracle;

/// <summary>
/// <c>docs/numerics.md</c> word for word, one group at a time and without a thought for speed. Shares nothing with the
/// codecs but the enumerations and <see cref="WireFormat"/>, so that it can judge them, and native kernels as well.
/// </summary>
public static class WireOracle
{
    private const ushort CanonicalNaN = 0x7FFF;
    private const uint CanonicalNaN32 = 0x7FFFFFFF;
    private const uint NaNScale = 0x7FFF0000;
    private const uint SharedNaNScale = 0x7FF80000;
    private const uint SharedNaNBase = 0x7F000000;

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

    /// <summary>Elements of any type, in bytes, to f32.</summary>
    public static float[] WidenAll(DataType type, ReadOnlySpan<byte> elements)
    {
        if (type == DataType.Float32)
        {
            return MemoryMarshal.Cast<byte, float>(elements).ToArray();
        }

        var bits = MemoryMarshal.Cast<byte, ushort>(elements);
        var values = new float[bits.Length];
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = Widen(type, bits[i]);
        }

        return values;
    }

    /// <summary>f32 to elements of any type, in bytes: results, which hold one NaN only.</summary>
    public static byte[] NarrowAll(DataType type, ReadOnlySpan<float> values)
    {
        var size = type == DataType.Float32 ? sizeof(float) : sizeof(ushort);
        var elements = new byte[values.Length * size];
        for (var i = 0; i < values.Length; i++)
        {
            if (type == DataType.Float32)
            {
                var bits = float.IsNaN(values[i]) ? CanonicalNaN32 : BitConverter.SingleToUInt32Bits(values[i]);
                BitConverter.TryWriteBytes(elements.AsSpan(i * size), bits);
            }
            else
            {
                BitConverter.TryWriteBytes(elements.AsSpan(i * size), Narrow(type, values[i]));
            }
        }

        return elements;
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

    /// <summary>Encodes a group that has a scale of its own; gives the scale's upper half.</summary>
    public static ushort EncodeGroup(ReadOnlySpan<float> group, int width, Span<byte> codes)
    {
        var scale = ScaleOf(PeakBits(group), width);
        Quantize(group, scale, width, codes);
        return (ushort)(BitConverter.SingleToUInt32Bits(scale) >> 16);
    }

    /// <summary>Adds what a group's codes stand for to a sum.</summary>
    public static void DecodeGroup(ushort scale, ReadOnlySpan<byte> codes, int width, Span<float> sum) =>
        AddSteps(BitConverter.UInt32BitsToSingle((uint)scale << 16), codes, width, sum);

    /// <summary>Bits of the scale that a group would have if it shared its exponent with none larger, from those of its peak.</summary>
    public static uint SharedMagnitudeOf(uint peakMagnitude, int width)
    {
        var rounding = 0x80000u - (0x80000u >> Math.Max(1, width - 3));
        var magnitude = Math.Max(peakMagnitude, (uint)(127 - 125 + width - 1) << 23);
        magnitude -= (uint)(width - 1) << 23;
        return (magnitude + rounding) & 0xFFF80000;
    }

    /// <summary>The word of scales of groups that share an exponent, from the bits of their peaks.</summary>
    public static uint SharedScalesOf(ReadOnlySpan<uint> peakBits, int width)
    {
        var magnitudes = new uint[peakBits.Length];
        uint largest = 0;
        var special = false;
        for (var group = 0; group < peakBits.Length; group++)
        {
            var magnitude = peakBits[group] & 0x7FFFFFFF;
            special |= magnitude >= 0x7F800000;
            magnitudes[group] = SharedMagnitudeOf(magnitude, width);
            largest = Math.Max(largest, magnitudes[group]);
        }

        var shared = special ? SharedNaNBase : (largest & 0x7F800000) - 0x00800000;
        var word = shared >> 23;
        for (var group = 0; group < peakBits.Length; group++)
        {
            var scale = special ? SharedNaNScale : Math.Max(magnitudes[group], shared);
            var sign = special ? 0 : ~peakBits[group] >> 31;
            word |= sign << (31 - 6 * group);
            word |= ((scale - shared) >> 19) << (26 - 6 * group);
        }

        return word;
    }

    /// <summary>The scale of a group, from the word that it shares with three others.</summary>
    public static float SharedScaleOf(uint word, int group)
    {
        var magnitude = ((word & 0xFF) << 23) + (((word >> (26 - 6 * group)) & 0x1F) << 19);
        var sign = (word >> (31 - 6 * group)) & 1;
        return BitConverter.UInt32BitsToSingle(magnitude | sign << 31);
    }

    /// <summary>Encodes four groups that share an exponent; gives the word of their scales.</summary>
    public static uint EncodeBlock(ReadOnlySpan<float> block, int width, Span<byte> codes)
    {
        var groupSize = block.Length / 4;
        var peaks = new uint[4];
        for (var group = 0; group < 4; group++)
        {
            peaks[group] = PeakBits(block.Slice(group * groupSize, groupSize));
        }

        var word = SharedScalesOf(peaks, width);
        for (var group = 0; group < 4; group++)
        {
            Quantize(block.Slice(group * groupSize, groupSize), SharedScaleOf(word, group), width, codes[(group * groupSize)..]);
        }

        return word;
    }

    /// <summary>Adds what the codes of a block, or of its first groups, stand for to a sum.</summary>
    public static void DecodeBlock(uint word, ReadOnlySpan<byte> codes, int groupSize, int width, Span<float> sum)
    {
        for (var start = 0; start < sum.Length; start += groupSize)
        {
            var count = Math.Min(groupSize, sum.Length - start);
            AddSteps(SharedScaleOf(word, start / groupSize), codes.Slice(start, count), width, sum.Slice(start, count));
        }
    }

    /// <summary>Encodes up to a row of f32 values. Bytes of groups past the end are zero.</summary>
    public static byte[] EncodeRow(WireFormat format, ReadOnlySpan<float> elements)
    {
        var row = new byte[format.RowBytes];
        var codes = new byte[format.ElementsPerRow];
        var fieldElements = ElementsOfField(format);
        for (var start = 0; start < elements.Length; start += fieldElements)
        {
            var field = new float[fieldElements];
            elements[start..Math.Min(start + fieldElements, elements.Length)].CopyTo(field);
            var scales = EncodeField(format, field, codes.AsSpan(start));
            scales.CopyTo(row, format.ScaleOffset + start / fieldElements * format.ScaleFieldBytes);
        }

        for (var lane = 0; lane < format.LanesPerRow; lane++)
        {
            var bits = StringOf(codes.AsSpan(lane * format.ElementsPerAtom, format.ElementsPerAtom), format.BitsPerCode);
            foreach (var (offset, shift) in BytesOf(format, lane))
            {
                row[offset] = (byte)(bits >> shift);
            }
        }

        return row;
    }

    /// <summary>Encodes up to a row of 16-bit elements (phase 1).</summary>
    public static byte[] Encode(DataType type, WireFormat format, ReadOnlySpan<ushort> elements) =>
        EncodeRow(format, WidenAll(type, MemoryMarshal.AsBytes(elements)));

    /// <summary>Decodes a row and adds it to a sum.</summary>
    public static void DecodeOnto(WireFormat format, ReadOnlySpan<byte> row, Span<float> sum)
    {
        var codes = new byte[format.ElementsPerRow];
        for (var lane = 0; lane < format.LanesPerRow; lane++)
        {
            ulong bits = 0;
            foreach (var (offset, shift) in BytesOf(format, lane))
            {
                bits |= (ulong)row[offset] << shift;
            }

            for (var i = 0; i < format.ElementsPerAtom; i++)
            {
                codes[lane * format.ElementsPerAtom + i] = (byte)((bits >> (i * format.BitsPerCode)) & ((1u << format.BitsPerCode) - 1));
            }
        }

        var fieldElements = ElementsOfField(format);
        for (var start = 0; start < sum.Length; start += fieldElements)
        {
            var count = Math.Min(fieldElements, sum.Length - start);
            var scales = row[(format.ScaleOffset + start / fieldElements * format.ScaleFieldBytes)..];
            DecodeField(format, scales, codes.AsSpan(start, count), sum.Slice(start, count));
        }
    }

    /// <summary>Decodes rows and sums them in rank order: what phase 2 encodes, and what one-shot narrows.</summary>
    public static float[] SumRows(WireFormat format, IEnumerable<byte[]> rows, int elementCount)
    {
        var sum = new float[elementCount];
        foreach (var row in rows)
        {
            DecodeOnto(format, row, sum);
        }

        return sum;
    }

    /// <summary>Decodes up to a row of 16-bit elements (phase 3).</summary>
    public static ushort[] Decode(DataType type, WireFormat format, byte[] row, int elementCount) =>
        MemoryMarshal.Cast<byte, ushort>(NarrowAll(type, SumRows(format, [row], elementCount))).ToArray();

    /// <summary>The whole all-reduce of messages of any length, one per rank; what every rank ends up with.</summary>
    /// <typeparam name="T">Whatever holds the bits of an element: a float type or an integer of its size.</typeparam>
    public static T[] AllReduce<T>(KernelVariant variant, IReadOnlyList<T[]> messages)
        where T : unmanaged
    {
        var values = messages.Select(message => WidenAll(variant.DataType, MemoryMarshal.AsBytes<T>(message))).ToArray();
        var sums = variant.Regime == QuantRegime.FP ? Sum(values) : SumQuantized(variant, values);
        return MemoryMarshal.Cast<byte, T>(NarrowAll(variant.DataType, sums)).ToArray();
    }

    private static float[] Sum(float[][] messages)
    {
        var sums = new float[messages[0].Length];
        foreach (var message in messages)
        {
            for (var i = 0; i < sums.Length; i++)
            {
                sums[i] += message[i];
            }
        }

        return sums;
    }

    private static float[] SumQuantized(KernelVariant variant, float[][] messages)
    {
        var format = WireFormat.Of(variant);
        var fieldElements = ElementsOfField(format);
        var sums = new float[messages[0].Length];
        var codes = new byte[fieldElements];
        var field = new float[fieldElements];
        var sum = new float[fieldElements];
        for (var start = 0; start < sums.Length; start += fieldElements)
        {
            var count = Math.Min(fieldElements, sums.Length - start);
            Array.Clear(sum);
            foreach (var message in messages)
            {
                Array.Clear(field);
                message.AsSpan(start, count).CopyTo(field);
                DecodeField(format, EncodeField(format, field, codes), codes, sum);
            }

            if (variant.Algorithm == AllReduceAlgorithm.TwoShot)
            {
                var scales = EncodeField(format, sum, codes);
                Array.Clear(sum);
                DecodeField(format, scales, codes, sum);
            }

            sum.AsSpan(0, count).CopyTo(sums.AsSpan(start));
        }

        return sums;
    }

    /// <summary>Elements of the groups whose scales are encoded together.</summary>
    private static int ElementsOfField(WireFormat format) => format.GroupSize * format.GroupsPerScaleField;

    /// <summary>Encodes the groups whose scales are encoded together; gives the bytes of the scales.</summary>
    private static byte[] EncodeField(WireFormat format, ReadOnlySpan<float> elements, Span<byte> codes) =>
        format.ScaleFormat == ScaleFormat.SharedExponent
            ? BitConverter.GetBytes(EncodeBlock(elements, format.BitsPerCode, codes))
            : BitConverter.GetBytes(EncodeGroup(elements, format.BitsPerCode, codes));

    private static void DecodeField(WireFormat format, ReadOnlySpan<byte> scales, ReadOnlySpan<byte> codes, Span<float> sum)
    {
        if (format.ScaleFormat == ScaleFormat.SharedExponent)
        {
            DecodeBlock(BitConverter.ToUInt32(scales), codes, format.GroupSize, format.BitsPerCode, sum);
        }
        else
        {
            DecodeGroup(BitConverter.ToUInt16(scales), codes, format.BitsPerCode, sum);
        }
    }

    private static void Quantize(ReadOnlySpan<float> group, float scale, int width, Span<byte> codes)
    {
        var inverse = 1f / scale;
        var top = 8388608f + (1 << width) - 1;
        for (var i = 0; i < group.Length; i++)
        {
            var t = MathF.FusedMultiplyAdd(group[i], inverse, 8388608f + (1 << (width - 1)));
            t = t < top ? t : top;
            codes[i] = (byte)(BitConverter.SingleToUInt32Bits(t) & ((1u << width) - 1));
        }
    }

    private static void AddSteps(float scale, ReadOnlySpan<byte> codes, int width, Span<float> sum)
    {
        for (var i = 0; i < sum.Length; i++)
        {
            sum[i] = MathF.FusedMultiplyAdd(codes[i] - (1 << (width - 1)), scale, sum[i]);
        }
    }

    private static ulong StringOf(ReadOnlySpan<byte> codes, int width)
    {
        ulong bits = 0;
        for (var i = 0; i < codes.Length; i++)
        {
            bits |= (ulong)codes[i] << (i * width);
        }

        return bits;
    }

    /// <summary>Where in a row the bytes of a lane's string are, and at which bit of the string each begins.</summary>
    private static IEnumerable<(int Offset, int Shift)> BytesOf(WireFormat format, int lane)
    {
        var shift = 0;
        for (var plane = 0; plane < format.PlaneWidths.Count; plane++)
        {
            var piece = format.PlaneOffset(plane) + lane * format.PlaneWidths[plane];
            for (var i = 0; i < format.PlaneWidths[plane]; i++, shift += 8)
            {
                yield return (piece + i, shift);
            }
        }
    }
}
