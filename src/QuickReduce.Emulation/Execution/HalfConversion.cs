using System.Runtime.Intrinsics;

namespace QuickReduce.Emulation.Execution;

/// <summary>Conversions between fp16 and fp32, sixteen at a time: to nearest even, subnormals kept, NaNs made quiet.</summary>
internal static class HalfConversion
{
    private const uint SignBit = 0x80000000, Magnitude = 0x7fffffff;

    /// <summary>The low halves of the lanes in fp32.</summary>
    public static Vector512<uint> ToSingle(Vector512<uint> halves)
    {
        const uint HalfMagnitude = 0x7fff, HalfInfinity = 0x7c00, Infinity = 0x7f800000, QuietBit = 0x00400000;
        var magnitude = halves & Vector512.Create(HalfMagnitude);
        var sign = (halves << 16) & Vector512.Create(SignBit);

        // The exponent's bias differs by 112; multiplying makes subnormals normal.
        var finite = ((magnitude << 13).AsSingle() * Vector512.Create(BitConverter.UInt32BitsToSingle((112 + 127) << 23))).AsUInt32();
        var special = (magnitude << 13) | Vector512.Create(Infinity);
        special = Vector512.ConditionalSelect(Vector512.GreaterThan(magnitude, Vector512.Create(HalfInfinity)), special | Vector512.Create(QuietBit), special);
        return Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(magnitude, Vector512.Create(HalfInfinity)), special, finite) | sign;
    }

    /// <summary>fp32 in the low halves of the lanes; the high ones are zero.</summary>
    public static Vector512<uint> FromSingle(Vector512<uint> singles)
    {
        const uint SmallestNormal = 0x38800000, TooLarge = 0x47800000, Infinity = 0x7f800000, BiasDifference = 112u << 23;
        var magnitude = singles & Vector512.Create(Magnitude);
        var sign = (singles >> 16) & Vector512.Create(0x8000u);
        var odd = (magnitude >> 13) & Vector512<uint>.One;
        var normal = (magnitude - Vector512.Create(BiasDifference - 0xfff) + odd) >> 13;

        // Adding one half lets the adder round where a subnormal's last bit is.
        var subnormal = (magnitude.AsSingle() + Vector512.Create(0.5f)).AsUInt32() - Vector512.Create(0x3f000000u);
        var special = Vector512.ConditionalSelect(
            Vector512.GreaterThan(magnitude, Vector512.Create(Infinity)),
            ((magnitude >> 13) & Vector512.Create(0x3ffu)) | Vector512.Create(0x7e00u),
            Vector512.Create(0x7c00u));
        var result = Vector512.ConditionalSelect(Vector512.LessThan(magnitude, Vector512.Create(SmallestNormal)), subnormal, normal);
        return Vector512.ConditionalSelect(Vector512.GreaterThanOrEqual(magnitude, Vector512.Create(TooLarge)), special, result) | sign;
    }
}
