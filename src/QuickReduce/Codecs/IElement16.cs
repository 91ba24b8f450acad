using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>A 16-bit element type: its conversions to and from f32, one at a time and in vectors.</summary>
/// <remarks>
/// Vectors of elements are taken apart into the even and the odd ones, each in 32-bit lanes: that takes no
/// instruction across lanes, and a shift at most. A lane's element sits in its upper half, where the sign is in place.
/// </remarks>
internal interface IElement16
{
    /// <summary>Exact f32 value.</summary>
    static abstract float Widen(ushort bits);

    /// <summary>Nearest element, ties to even; 0x7FFF for every NaN.</summary>
    static abstract ushort Narrow(float value);

    /// <summary>
    /// Whether <see cref="WidenInGroup"/> is good enough for encoding with scales of at least
    /// <see cref="LeastScaleToFlush"/> only; otherwise it is always exact.
    /// </summary>
    static abstract bool FlushesInGroup { get; }

    /// <summary>Bits of the least scale, as f32, for which <see cref="WidenInGroup"/> leads to the right codes.</summary>
    static abstract uint LeastScaleToFlush { get; }

    /// <summary>Exact f32 values of what is in the upper halves; lower halves are ignored.</summary>
    static abstract TVector Widen<TSimd, TVector>(TVector upperHalves)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged;

    /// <summary>
    /// f32 values of finite elements, fast; elements below the least normal may come out as anything below it.
    /// </summary>
    static abstract TVector WidenInGroup<TSimd, TVector>(TVector upperHalves)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged;

    /// <summary>Nearest elements of even and odd f32 lanes, put together; 0x7FFF for every NaN.</summary>
    static abstract TVector Narrow<TSimd, TVector>(TVector even, TVector odd)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged;

    /// <summary>
    /// Bits of the least and the greatest magnitude of scales, as f32, for which <see cref="NarrowInRange"/> works.
    /// </summary>
    static abstract (uint Least, uint Greatest) ScaleRange(int bitsPerCode);

    /// <summary>What the bits of a scale are reduced by before codes are multiplied for <see cref="NarrowInRange"/>.</summary>
    static abstract uint ScaleBias { get; }

    /// <summary>
    /// Nearest elements of codes times biased scales within <see cref="ScaleRange"/>, even and odd put together.
    /// </summary>
    static abstract TVector NarrowInRange<TSimd, TVector>(TVector even, TVector odd, int bitsPerCode)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged;
}

/// <summary>IEEE 754 binary16.</summary>
internal readonly struct Float16Element : IElement16
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    private const uint SignBit = 0x80000000;

    /// <summary>Exponent field of 2^112, the distance of the exponents' biases.</summary>
    private const uint BiasDistance = 112u << 23;

    /// <summary>2^−14, the least normal.</summary>
    private const uint LeastNormal = 113u << 23;

    /// <summary>2^−13: divided by this or more, what is below 2^−14 rounds to zero, whatever it is.</summary>
    public static uint LeastScaleToFlush => 114u << 23;

    public static bool FlushesInGroup => true;

    public static uint ScaleBias => BiasDistance;

    public static float Widen(ushort bits) => (float)BitConverter.UInt16BitsToHalf(bits);

    public static ushort Narrow(float value) =>
        float.IsNaN(value) ? RowCodec.CanonicalNaN : BitConverter.HalfToUInt16Bits((Half)value);

    // Multiplying by 2^112 would be shorter, but subnormal operands take some processors a hundred cycles.
    [MethodImpl(Inline)]
    public static TVector Widen<TSimd, TVector>(TVector upperHalves)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        var sign = TSimd.And(upperHalves, TSimd.Broadcast(SignBit));
        var fields = TSimd.And(TSimd.ShiftRightSigned32(upperHalves, 3), TSimd.Broadcast(0x0FFFE000));
        var normal = TSimd.Add32(fields, TSimd.Broadcast(BiasDistance));
        var special = TSimd.GreaterThan32(fields, TSimd.Broadcast((31u << 23) - 1));
        normal = TSimd.Add32(normal, TSimd.And(special, TSimd.Broadcast(BiasDistance)));
        var least = TSimd.Broadcast(LeastNormal);
        var subnormal = TSimd.Subtract(TSimd.Or(fields, least), least);
        var isSubnormal = TSimd.GreaterThan32(TSimd.Broadcast(1u << 23), fields);
        return TSimd.Or(sign, TSimd.Select(isSubnormal, subnormal, normal));
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
        where TVector : unmanaged =>
        TSimd.Blend16(NarrowLanes<TSimd, TVector>(even), TSimd.ShiftLeft32(NarrowLanes<TSimd, TVector>(odd), 16));

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

    /// <summary>Moves exponent and mantissa next to the sign.</summary>
    [MethodImpl(Inline)]
    private static TVector ToUpperHalf<TSimd, TVector>(TVector value)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged =>
        TSimd.Or(TSimd.ShiftLeft32(value, 3), TSimd.And(value, TSimd.Broadcast(SignBit)));

    /// <summary>
    /// Adding 2^13 times its own power of two (2^−14 at least, so that subnormals round at their place) leaves a
    /// value's ten upper mantissa bits, correctly rounded, at the end of the sum.
    /// </summary>
    [MethodImpl(Inline)]
    private static TVector NarrowLanes<TSimd, TVector>(TVector value)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        var magnitude = TSimd.And(value, TSimd.Broadcast(~SignBit));
        var isNaN = TSimd.GreaterThan32(magnitude, TSimd.Broadcast(0x7F800000));
        var clamped = TSimd.Min32(magnitude, TSimd.Broadcast((127u + 16) << 23));
        var power = TSimd.Max32(TSimd.And(clamped, TSimd.Broadcast(0x7F800000)), TSimd.Broadcast(LeastNormal));
        var sum = TSimd.Add(clamped, TSimd.Add32(power, TSimd.Broadcast(13u << 23)));
        var mantissa = TSimd.Subtract32(sum, TSimd.Add32(power, TSimd.Broadcast((13u << 23) + (LeastNormal >> 13))));
        var bits = TSimd.Add32(mantissa, TSimd.ShiftRight32(power, 13));
        var sign = TSimd.And(TSimd.ShiftRight32(value, 16), TSimd.Broadcast(0x8000));
        return TSimd.Select(isNaN, TSimd.Broadcast(RowCodec.CanonicalNaN), TSimd.Or(bits, sign));
    }
}

/// <summary>The upper half of an IEEE 754 binary32.</summary>
internal readonly struct BFloat16Element : IElement16
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public static bool FlushesInGroup => false;

    public static uint LeastScaleToFlush => 0;

    public static uint ScaleBias => 0;

    public static float Widen(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    public static ushort Narrow(float value)
    {
        if (float.IsNaN(value))
        {
            return RowCodec.CanonicalNaN;
        }

        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16);
    }

    [MethodImpl(Inline)]
    public static TVector Widen<TSimd, TVector>(TVector upperHalves)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged => TSimd.And(upperHalves, TSimd.Broadcast(0xFFFF0000));

    [MethodImpl(Inline)]
    public static TVector WidenInGroup<TSimd, TVector>(TVector upperHalves)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged => Widen<TSimd, TVector>(upperHalves);

    [MethodImpl(Inline)]
    public static TVector Narrow<TSimd, TVector>(TVector even, TVector odd)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        var evenUpper = NarrowLanes<TSimd, TVector>(even);
        return TSimd.Blend16(TSimd.ShiftRight32(evenUpper, 16), NarrowLanes<TSimd, TVector>(odd));
    }

    // All but NaN and infinity: rounding carries into the exponent, and from the last exponent into infinity.
    public static (uint Least, uint Greatest) ScaleRange(int bitsPerCode) => (0, 0x7F7FFFFF);

    [MethodImpl(Inline)]
    public static TVector NarrowInRange<TSimd, TVector>(TVector even, TVector odd, int bitsPerCode)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        var evenUpper = Round<TSimd, TVector>(even);
        return TSimd.Blend16(TSimd.ShiftRight32(evenUpper, 16), Round<TSimd, TVector>(odd));
    }

    [MethodImpl(Inline)]
    private static TVector Round<TSimd, TVector>(TVector value)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        var odd = TSimd.And(TSimd.ShiftRight32(value, 16), TSimd.Broadcast(1));
        return TSimd.Add32(value, TSimd.Add32(odd, TSimd.Broadcast(0x7FFF)));
    }

    [MethodImpl(Inline)]
    private static TVector NarrowLanes<TSimd, TVector>(TVector value)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        var magnitude = TSimd.And(value, TSimd.Broadcast(0x7FFFFFFF));
        var isNaN = TSimd.GreaterThan32(magnitude, TSimd.Broadcast(0x7F800000));
        var canonical = TSimd.Broadcast((uint)RowCodec.CanonicalNaN << 16);
        return TSimd.Select(isNaN, canonical, Round<TSimd, TVector>(value));
    }
}
