using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>The upper half of an IEEE 754 binary32.</summary>
internal readonly struct BFloat16Element : IElement16
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    public static ushort Infinity => 0x7F80;

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
    public static TVector WidenFinite<TSimd, TVector>(TVector upperHalves)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged => Widen<TSimd, TVector>(upperHalves);

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

    // Rounding carries into the exponent, and from the last exponent into infinity.
    [MethodImpl(Inline)]
    public static TVector NarrowNumbers<TSimd, TVector>(TVector even, TVector odd)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        var evenUpper = Round<TSimd, TVector>(even);
        return TSimd.Blend16(TSimd.ShiftRight32(evenUpper, 16), Round<TSimd, TVector>(odd));
    }

    [MethodImpl(Inline)]
    public static TVector WidenForSum<TSimd, TVector>(TVector upperHalves)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged => Widen<TSimd, TVector>(upperHalves);

    [MethodImpl(Inline)]
    public static TVector NarrowSum<TSimd, TVector>(TVector even, TVector odd)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged => NarrowNumbers<TSimd, TVector>(even, odd);

    // All but NaN and infinity, and those only because zero times infinity is NaN.
    public static (uint Least, uint Greatest) ScaleRange(int bitsPerCode) => (0, 0x7F7FFFFF);

    [MethodImpl(Inline)]
    public static TVector NarrowInRange<TSimd, TVector>(TVector even, TVector odd, int bitsPerCode)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged => NarrowNumbers<TSimd, TVector>(even, odd);

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
