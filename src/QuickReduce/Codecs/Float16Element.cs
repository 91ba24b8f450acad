using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>IEEE 754 binary16.</summary>
internal readonly struct Float16Element : IElement16
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    private const uint SignBit = 0x80000000;

    /// <summary>Exponent field of 2^112, the distance of the exponents' biases.</summary>
    private const uint BiasDistance = 112u << 23;

    /// <summary>2^−14, the least normal.</summary>
    private const uint LeastNormal = 113u << 23;

    private const uint Two = 128u << 23;

    /// <summary>
    /// What <see cref="RoundedMagnitude"/> is short of, modulo 2^16: the least normal's exponent and that of 2^13, which
    /// it has on top.
    /// </summary>
    private const uint MagnitudeOffset = (2u << 16) - ((13 + 113) << 10);

    public static ushort Infinity => 0x7C00;

    /// <summary>2^−13: divided by this or more, what is below 2^−14 rounds to zero, whatever it is.</summary>
    public static uint LeastScaleToFlush => 114u << 23;

    public static bool FlushesInGroup => true;

    public static uint ScaleBias => BiasDistance;

    public static float Widen(ushort bits) => (float)BitConverter.UInt16BitsToHalf(bits);

    public static ushort Narrow(float value) =>
        float.IsNaN(value) ? RowCodec.CanonicalNaN : BitConverter.HalfToUInt16Bits((Half)value);

    [MethodImpl(Inline)]
    public static TVector Widen<TSimd, TVector>(TVector upperHalves)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        var magnitude = TSimd.And(upperHalves, TSimd.Broadcast(0x7FFF0000));
        var isSpecial = TSimd.GreaterThan32(magnitude, TSimd.Broadcast(((uint)Infinity << 16) - 1));
        var finite = WidenFinite<TSimd, TVector>(upperHalves);
        return TSimd.Add32(finite, TSimd.And(isSpecial, TSimd.Broadcast(BiasDistance)));
    }

    // Multiplying by 2^112 would be shorter, but subnormal operands take some processors a hundred cycles. With h the
    // value as if there were no subnormals, 2h − 2^−14 is the value of a subnormal, and of the two candidates the right
    // one is always the smaller.
    [MethodImpl(Inline)]
    public static TVector WidenFinite<TSimd, TVector>(TVector upperHalves)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        var fields = TSimd.And(TSimd.ShiftRight32(upperHalves, 3), TSimd.Broadcast(0x0FFFE000));
        var normal = TSimd.Add32(fields, TSimd.Broadcast(BiasDistance));
        var subnormal = TSimd.FusedMultiplyAdd(normal, TSimd.Broadcast(Two), TSimd.Broadcast(LeastNormal | SignBit));
        var sign = TSimd.And(upperHalves, TSimd.Broadcast(SignBit));
        return TSimd.Or(TSimd.Min32(normal, subnormal), sign);
    }

    [MethodImpl(Inline)]
    public static TVector WidenInGroup<TSimd, TVector>(TVector upperHalves)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        var fields = TSimd.And(TSimd.ShiftRightSigned32(upperHalves, 3), TSimd.Broadcast(0x8FFFE000));
        return TSimd.Add32(fields, TSimd.Broadcast(BiasDistance));
    }

    [MethodImpl(Inline)]
    public static TVector Narrow<TSimd, TVector>(TVector even, TVector odd)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged => TSimd.Select(
            TSimd.Blend16(IsNaN<TSimd, TVector>(even), IsNaN<TSimd, TVector>(odd)),
            TSimd.Broadcast(RowCodec.CanonicalNaN * 0x00010001u),
            NarrowNumbers<TSimd, TVector>(even, odd));

    [MethodImpl(Inline)]
    public static TVector NarrowNumbers<TSimd, TVector>(TVector even, TVector odd)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        var magnitudes = TSimd.Blend16(
            RoundedMagnitude<TSimd, TVector>(even),
            TSimd.ShiftLeft32(RoundedMagnitude<TSimd, TVector>(odd), 16));
        magnitudes = TSimd.Add16(magnitudes, TSimd.Broadcast(MagnitudeOffset * 0x00010001));
        var signs = TSimd.Blend16(TSimd.ShiftRight32(even, 16), odd);
        return TSimd.Or(magnitudes, TSimd.And(signs, TSimd.Broadcast(0x80008000)));
    }

    // Times 2^−112: the fields as they are, which takes two instructions and is right for subnormals too. All are
    // multiples of 2^−136 then, so that no sum of them is rounded where f32 has subnormals.
    [MethodImpl(Inline)]
    public static TVector WidenForSum<TSimd, TVector>(TVector upperHalves)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged =>
        TSimd.And(TSimd.ShiftRightSigned32(upperHalves, 3), TSimd.Broadcast(0x8FFFE000));

    // At this scale the exponents' biases are the same, so narrowing is rounding the bits, up to infinity.
    [MethodImpl(Inline)]
    public static TVector NarrowSum<TSimd, TVector>(TVector even, TVector odd)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        var magnitudes = TSimd.Blend16(
            TSimd.ShiftRight32(RoundedSum<TSimd, TVector>(even), 13),
            TSimd.ShiftLeft32(RoundedSum<TSimd, TVector>(odd), 3));
        var signs = TSimd.Blend16(TSimd.ShiftRight32(even, 16), odd);
        return TSimd.Or(magnitudes, TSimd.And(signs, TSimd.Broadcast(0x80008000)));
    }

    // No code times scale is subnormal, and none more than infinity's place, 2^16.
    public static (uint Least, uint Greatest) ScaleRange(int bitsPerCode) =>
        (LeastNormal, (uint)(127 + 17 - bitsPerCode) << 23);

    [MethodImpl(Inline)]
    public static TVector NarrowInRange<TSimd, TVector>(TVector even, TVector odd, int bitsPerCode)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        if (bitsPerCode > 4)
        {
            even = RoundInRange<TSimd, TVector>(even);
            odd = RoundInRange<TSimd, TVector>(odd);
        }

        var evenUpper = ToUpperHalf<TSimd, TVector>(even);
        return TSimd.Blend16(TSimd.ShiftRight32(evenUpper, 16), ToUpperHalf<TSimd, TVector>(odd));
    }

    /// <summary>To the nearest multiple of 2^13 in bits. Four-bit codes (3 bits, by a scale of 8) need none.</summary>
    [MethodImpl(Inline)]
    private static TVector RoundInRange<TSimd, TVector>(TVector value)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        var odd = TSimd.And(TSimd.ShiftRight32(value, 13), TSimd.Broadcast(1));
        return TSimd.Add32(value, TSimd.Add32(odd, TSimd.Broadcast(0xFFF)));
    }

    /// <summary>Without its sign, to the nearest multiple of 2^13 in bits, infinity at most.</summary>
    [MethodImpl(Inline)]
    private static TVector RoundedSum<TSimd, TVector>(TVector sum)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged =>
        TSimd.Min32(
            TSimd.And(RoundInRange<TSimd, TVector>(sum), TSimd.Broadcast(~SignBit)),
            TSimd.Broadcast((uint)Infinity << 13));

    /// <summary>Moves exponent and mantissa next to the sign.</summary>
    [MethodImpl(Inline)]
    private static TVector ToUpperHalf<TSimd, TVector>(TVector value)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged =>
        TSimd.Or(TSimd.ShiftLeft32(value, 3), TSimd.And(value, TSimd.Broadcast(SignBit)));

    [MethodImpl(Inline)]
    private static TVector IsNaN<TSimd, TVector>(TVector value)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged =>
        TSimd.GreaterThan32(TSimd.And(value, TSimd.Broadcast(~SignBit)), TSimd.Broadcast(0x7F800000));

    /// <summary>
    /// In the lower half, less <see cref="MagnitudeOffset"/>, the nearest element of a value without its sign.
    /// </summary>
    /// <remarks>
    /// To the value is added 2^13 times its own power of two, or 2^−1 if that is more, so that subnormals round at
    /// their place. The last bits of the sum are then the value's upper mantissa bits, correctly rounded, and the bit
    /// before them (none, for subnormals). With the exponent above them they are the element. The sum's own exponent
    /// is out of the lower half's way.
    /// </remarks>
    [MethodImpl(Inline)]
    private static TVector RoundedMagnitude<TSimd, TVector>(TVector value)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        var clamped = TSimd.Min32(TSimd.And(value, TSimd.Broadcast(~SignBit)), TSimd.Broadcast((127u + 16) << 23));
        var power = TSimd.Max32(TSimd.And(clamped, TSimd.Broadcast(0x7F800000)), TSimd.Broadcast(LeastNormal));
        var large = TSimd.Add32(power, TSimd.Broadcast(13u << 23));
        return TSimd.Add32(TSimd.Add(clamped, large), TSimd.ShiftRight32(large, 13));
    }
}
