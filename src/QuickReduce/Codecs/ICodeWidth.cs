using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>Bits per code, as a constant to the JIT.</summary>
internal interface ICodeWidth
{
    /// <summary>Bits of one code.</summary>
    static abstract int Bits { get; }
}

internal readonly struct TwoBits : ICodeWidth
{
    public static int Bits => 2;
}

internal readonly struct ThreeBits : ICodeWidth
{
    public static int Bits => 3;
}

internal readonly struct FourBits : ICodeWidth
{
    public static int Bits => 4;
}

internal readonly struct FiveBits : ICodeWidth
{
    public static int Bits => 5;
}

internal readonly struct SixBits : ICodeWidth
{
    public static int Bits => 6;
}

internal readonly struct SevenBits : ICodeWidth
{
    public static int Bits => 7;
}

internal readonly struct EightBits : ICodeWidth
{
    public static int Bits => 8;
}

/// <summary>Constants that follow from the width of a code.</summary>
internal static class CodeConstants<TWidth>
    where TWidth : struct, ICodeWidth
{
    /// <summary>Bits of 2^23, where a step of one is the last bit of an f32.</summary>
    public const uint TwoTo23 = 0x4B000000;

    /// <summary>A code's bits.</summary>
    public static uint Mask
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (1u << TWidth.Bits) - 1;
    }

    /// <summary>The code of zero.</summary>
    public static uint Zero
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 1u << (TWidth.Bits - 1);
    }

    /// <summary>Bits of 2^23 plus the code of zero: an f32 that ends in a code when x/scale is added to it.</summary>
    public static uint RoundingBias
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TwoTo23 | Zero;
    }

    /// <summary>
    /// The same, moved up so that the greatest code is 255 and saturation to a byte clamps to it. The distance is
    /// even, so ties go where they did.
    /// </summary>
    public static uint SaturatingRoundingBias
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => RoundingBias + (0xFF - Mask);
    }

    /// <summary>Bits of the greatest code plus 2^23.</summary>
    public static uint Top
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TwoTo23 | Mask;
    }

    /// <summary>Division by 2^(bits−1), on the exponent.</summary>
    public static uint PeakToScale
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (uint)(TWidth.Bits - 1) << 23;
    }

    /// <summary>The least magnitude of a peak that keeps the scale normal.</summary>
    public static uint LeastPeak
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => (uint)TWidth.Bits << 23;
    }
}
