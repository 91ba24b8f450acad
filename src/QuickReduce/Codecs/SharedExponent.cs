using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>
/// Scales of four neighbouring groups in one word: bits 0–7 the exponent of half the power of two at or below the largest, then
/// for each group, the first one uppermost, a sign and how many sixteenths of that half its scale is more, as steps of its
/// bits. Constants that follow from it.
/// </summary>
internal static class SharedExponent
{
    /// <summary>Groups that share an exponent.</summary>
    public const int Groups = 4;

    /// <summary>Bits of one group's sign and steps.</summary>
    public const int FieldBits = 6;

    /// <summary>Where in the bits of a scale the last one is that travels.</summary>
    public const int StepShift = 19;

    /// <summary>From where steps are in the word, for the first group, to where they are in the bits of a scale.</summary>
    public const int FieldShift = 26 - StepShift;

    /// <summary>The steps of a group, in the bits of a scale.</summary>
    public const uint StepMask = 0x1Fu << StepShift;

    /// <summary>The bits of a scale that travel, sign apart.</summary>
    public const uint MagnitudeMask = 0xFFF80000;

    /// <summary>The exponent field of an f32, in place.</summary>
    public const uint ExponentMask = 0x7F800000;

    /// <summary>What is taken off the largest scale's power of two, to halve it.</summary>
    public const uint Half = 0x00800000;

    /// <summary>The scale of groups one of which holds a NaN or an infinity.</summary>
    public const uint NaNScale = 0x7FF80000;

    /// <summary>Shared bits of such groups.</summary>
    public const uint NaNBase = 0x7F000000;

    /// <summary>
    /// What the bits of a scale have added before they are cut: as much as rounds a scale down only where its peak, which is
    /// further than code 0 away then, still rounds to code 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Rounding(int bitsPerCode) => 0x80000u - (0x80000u >> Math.Max(1, bitsPerCode - 3));

    /// <summary>Bits of the least magnitude of a peak that keeps half its scale normal.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint LeastPeak(int bitsPerCode) => (uint)(bitsPerCode + 1) << 23;
}
