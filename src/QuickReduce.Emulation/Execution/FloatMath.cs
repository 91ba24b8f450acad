using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace QuickReduce.Emulation.Execution;

/// <summary>
/// Floating-point arithmetic as the hardware does it: IEEE 754, to nearest even, subnormals kept. A NaN is the first
/// operand that is one, made quiet; a new one is positive, while x86 makes negative ones.
/// </summary>
internal static class FloatMath
{
    private const uint NewNan = 0x7fc00000, QuietBit = 0x00400000;

    public static float F(uint bits) => BitConverter.UInt32BitsToSingle(bits);

    public static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    public static double D(ulong bits) => BitConverter.UInt64BitsToDouble(bits);

    public static ulong Bits(double value) => BitConverter.DoubleToUInt64Bits(value);

    public static Half H(uint bits) => BitConverter.UInt16BitsToHalf((ushort)bits);

    public static uint Bits(Half value) => BitConverter.HalfToUInt16Bits(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Add(Vector512<uint> a, Vector512<uint> b) => Nan((a.AsSingle() + b.AsSingle()).AsUInt32(), a, b, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Subtract(Vector512<uint> a, Vector512<uint> b) => Nan((a.AsSingle() - b.AsSingle()).AsUInt32(), a, b, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Multiply(Vector512<uint> a, Vector512<uint> b) => Nan((a.AsSingle() * b.AsSingle()).AsUInt32(), a, b, b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> MultiplyAdd(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c) =>
        Nan(Vector512.FusedMultiplyAdd(a.AsSingle(), b.AsSingle(), c.AsSingle()).AsUInt32(), a, b, c);

    /// <summary>The larger (smaller) of two: the number where one is a NaN, and +0 above −0.</summary>
    public static uint Maximum(uint a, uint b) => IsNan(a) ? (IsNan(b) ? a | QuietBit : b) : IsNan(b) ? a : Bits(MathF.Max(F(a), F(b)));

    /// <inheritdoc cref="Maximum"/>
    public static uint Minimum(uint a, uint b) => IsNan(a) ? (IsNan(b) ? a | QuietBit : b) : IsNan(b) ? a : Bits(MathF.Min(F(a), F(b)));

    public static bool IsNan(uint bits) => (bits & 0x7fffffff) > 0x7f800000;

    /// <summary>A value with the NaN that the hardware would give where it is one.</summary>
    public static uint Nan(uint result, uint a, uint b) => !IsNan(result) ? result : IsNan(a) ? a | QuietBit : IsNan(b) ? b | QuietBit : NewNan;

    /// <summary>Half the result of an operation in fp16, rounded once: what it is in fp32 is exact enough (add, multiply).</summary>
    public static uint Half(float value, uint a, uint b) => float.IsNaN(value)
        ? System.Half.IsNaN(H(a)) ? (a & 0xffff) | 0x200 : System.Half.IsNaN(H(b)) ? (b & 0xffff) | 0x200 : 0x7e00u
        : Bits((Half)value);

    /// <summary>
    /// a·b + c, where the product is exact in fp64, rounded to odd: rounding that to a shorter type gives what rounding the
    /// exact sum gives (Boldo and Melquiond, "Emulation of FMA and correctly rounded sums", 2008).
    /// </summary>
    public static double MultiplyAddToOdd(double a, double b, double c)
    {
        var product = a * b;
        var sum = product + c;
        if (!double.IsFinite(sum))
        {
            return sum;
        }

        var error = product - (sum - (sum - product)) + (c - (sum - product));
        if (error == 0 || (Bits(sum) & 1) != 0)
        {
            return sum;
        }

        return error > 0 ? Math.BitIncrement(sum) : Math.BitDecrement(sum);
    }

    /// <summary>Saturating conversion, as the hardware converts: NaN becomes 0.</summary>
    public static uint ToInt32(double value) => double.IsNaN(value) ? 0 : (uint)(int)Math.Clamp(Math.Truncate(value), int.MinValue, int.MaxValue);

    /// <inheritdoc cref="ToInt32"/>
    public static uint ToUInt32(double value) => double.IsNaN(value) ? 0 : (uint)Math.Clamp(Math.Truncate(value), 0, uint.MaxValue);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Nan(Vector512<uint> result, Vector512<uint> a, Vector512<uint> b, Vector512<uint> c) =>
        Vector512.EqualsAll(result.AsSingle(), result.AsSingle()) ? result : SlowNan(result, a, b, c);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Vector512<uint> SlowNan(Vector512<uint> result, Vector512<uint> a, Vector512<uint> b, Vector512<uint> c)
    {
        var quiet = Vector512.Create(QuietBit);
        var nan = Vector512.ConditionalSelect(IsNan(c), c | quiet, Vector512.Create(NewNan));
        nan = Vector512.ConditionalSelect(IsNan(b), b | quiet, nan);
        nan = Vector512.ConditionalSelect(IsNan(a), a | quiet, nan);
        return Vector512.ConditionalSelect(IsNan(result), nan, result);

        static Vector512<uint> IsNan(Vector512<uint> bits) => ~Vector512.Equals(bits.AsSingle(), bits.AsSingle()).AsUInt32();
    }
}
