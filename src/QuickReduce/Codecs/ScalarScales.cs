using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>Scales of the groups that are encoded together, one at a time.</summary>
internal static unsafe class ScalarScales<TWidth, TGroup>
    where TWidth : struct, ICodeWidth
    where TGroup : struct, IGroupSize
{
    private const uint SignBit = 0x80000000;

    /// <summary>The key of a group's peak: magnitude first, sign last, so that of +m and −m it is −m's.</summary>
    public static uint KeyOfPeak(float* values)
    {
        uint largest = 0;
        for (var i = 0; i < TGroup.Elements; i++)
        {
            largest = Math.Max(largest, uint.RotateLeft(BitConverter.SingleToUInt32Bits(values[i]), 1));
        }

        return largest;
    }

    /// <summary>Stores the scales of peaks in a row.</summary>
    /// <param name="keys">A key for each of the groups that are encoded together; the scales, as bits of f32, take their place.</param>
    /// <param name="row">The row.</param>
    /// <param name="firstGroup">The first of the groups.</param>
    public static void Encode(uint* keys, byte* row, int firstGroup)
    {
        if (TGroup.SharesExponents)
        {
            EncodeShared(keys, RowLayout<TWidth, TGroup>.SharedScales(row, firstGroup));
        }
        else
        {
            *keys = ScaleOf(*keys);
            *RowLayout<TWidth, TGroup>.Scale(row, firstGroup) = (ushort)(*keys >> 16);
        }
    }

    /// <summary>A group's scale.</summary>
    public static float Load(byte* row, int group)
    {
        if (!TGroup.SharesExponents)
        {
            return BitConverter.UInt32BitsToSingle((uint)*RowLayout<TWidth, TGroup>.Scale(row, group) << 16);
        }

        var word = *RowLayout<TWidth, TGroup>.SharedScales(row, group);
        var field = word << (SharedExponent.FieldBits * (group % SharedExponent.Groups));
        var magnitude = ((word & 0xFF) << 23) + ((field >> SharedExponent.FieldShift) & SharedExponent.StepMask);
        return BitConverter.UInt32BitsToSingle(magnitude | (field & SignBit));
    }

    private static uint ScaleOf(uint key)
    {
        var magnitude = key >> 1;
        if (magnitude >= 0x7F800000)
        {
            return (uint)RowCodec.NaNScale << 16;
        }

        magnitude = Math.Max(magnitude, CodeConstants<TWidth>.LeastPeak) - CodeConstants<TWidth>.PeakToScale;
        return ((magnitude + 0xFFFF) & 0xFFFF0000) | SignOf(key);
    }

    [SkipLocalsInit]
    private static void EncodeShared(uint* keys, uint* destination)
    {
        uint largest = 0;
        for (var group = 0; group < SharedExponent.Groups; group++)
        {
            largest = Math.Max(largest, keys[group] >> 1);
        }

        var special = largest >= SharedExponent.ExponentMask;
        var shared = special ? SharedExponent.NaNBase : (MagnitudeOf(largest) & SharedExponent.ExponentMask) - SharedExponent.Half;
        var word = shared >> 23;
        for (var group = 0; group < SharedExponent.Groups; group++)
        {
            keys[group] = special ? SharedExponent.NaNScale : Math.Max(MagnitudeOf(keys[group] >> 1), shared) | SignOf(keys[group]);
            var field = (keys[group] & SignBit) | ((keys[group] - shared) << SharedExponent.FieldShift);
            word |= field >> (SharedExponent.FieldBits * group);
        }

        *destination = word;
    }

    private static uint MagnitudeOf(uint peak) =>
        (Math.Max(peak, SharedExponent.LeastPeak(TWidth.Bits)) - CodeConstants<TWidth>.PeakToScale + SharedExponent.Rounding(TWidth.Bits)) & SharedExponent.MagnitudeMask;

    /// <summary>The sign opposite to the peak's.</summary>
    private static uint SignOf(uint key) => (key & 1) == 0 ? SignBit : 0;
}
