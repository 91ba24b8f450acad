using System.Diagnostics.CodeAnalysis;

namespace QuickReduce;

/// <summary>
/// bfloat16: the upper half of an IEEE 754 binary32, with its range and eight bits of precision. A storage type, like
/// <see cref="Half"/>; calculate in <see cref="float"/>.
/// </summary>
/// <remarks>
/// .NET 10 has no such type. Tensors of the type that a later .NET brings, or of any other library's, have the same
/// bits: reinterpret them, for example with <c>MemoryMarshal.Cast</c>.
/// </remarks>
public readonly partial struct BFloat16 :
    IComparable,
    IComparable<BFloat16>,
    IEquatable<BFloat16>,
    ISpanFormattable,
    IUtf8SpanFormattable,
    ISpanParsable<BFloat16>
{
    private const ushort SignMask = 0x8000;
    private const ushort MagnitudeMask = 0x7FFF;
    private const ushort InfinityBits = 0x7F80;
    private const ushort LeastNormalBits = 0x0080;

    private readonly ushort _bits;

    private BFloat16(ushort bits) => _bits = bits;

    /// <summary>+0.</summary>
    public static BFloat16 Zero => new(0);

    /// <summary>−0.</summary>
    public static BFloat16 NegativeZero => new(SignMask);

    /// <summary>1.</summary>
    public static BFloat16 One => new(0x3F80);

    /// <summary>−1.</summary>
    public static BFloat16 NegativeOne => new(0xBF80);

    /// <summary>The least positive value, 2^−133; subnormal.</summary>
    public static BFloat16 Epsilon => new(0x0001);

    /// <summary>The greatest finite value, about 3.39e38.</summary>
    public static BFloat16 MaxValue => new(0x7F7F);

    /// <summary>The least finite value, about −3.39e38.</summary>
    public static BFloat16 MinValue => new(0xFF7F);

    /// <summary>A NaN; the one that QuickReduce writes.</summary>
    public static BFloat16 NaN => new(0x7FFF);

    /// <summary>Positive infinity.</summary>
    public static BFloat16 PositiveInfinity => new(InfinityBits);

    /// <summary>Negative infinity.</summary>
    public static BFloat16 NegativeInfinity => new(InfinityBits | SignMask);

    /// <summary>The value with the given bits.</summary>
    public static BFloat16 FromBits(ushort bits) => new(bits);

    /// <summary>The bits of a value.</summary>
    public static ushort ToBits(BFloat16 value) => value._bits;

    /// <summary>Whether a value is NaN.</summary>
    public static bool IsNaN(BFloat16 value) => (value._bits & MagnitudeMask) > InfinityBits;

    /// <summary>Whether a value is infinite, of either sign.</summary>
    public static bool IsInfinity(BFloat16 value) => (value._bits & MagnitudeMask) == InfinityBits;

    /// <summary>Whether a value is +∞.</summary>
    public static bool IsPositiveInfinity(BFloat16 value) => value._bits == InfinityBits;

    /// <summary>Whether a value is −∞.</summary>
    public static bool IsNegativeInfinity(BFloat16 value) => value._bits == (InfinityBits | SignMask);

    /// <summary>Whether a value is neither infinite nor NaN.</summary>
    public static bool IsFinite(BFloat16 value) => (value._bits & MagnitudeMask) < InfinityBits;

    /// <summary>Whether a value's sign bit is set; also of −0 and of NaN.</summary>
    public static bool IsNegative(BFloat16 value) => (value._bits & SignMask) != 0;

    /// <summary>Whether a value is finite, and neither zero nor subnormal.</summary>
    public static bool IsNormal(BFloat16 value) =>
        (value._bits & MagnitudeMask) is >= LeastNormalBits and < InfinityBits;

    /// <summary>Whether a value is subnormal.</summary>
    public static bool IsSubnormal(BFloat16 value) => (value._bits & MagnitudeMask) is > 0 and < LeastNormalBits;

    /// <summary>Exactly the same value in single precision.</summary>
    public static implicit operator float(BFloat16 value) => BitConverter.UInt32BitsToSingle((uint)value._bits << 16);

    /// <summary>Exactly the same value in double precision.</summary>
    public static implicit operator double(BFloat16 value) => (float)value;

    /// <summary>The nearest half-precision value, ties to even.</summary>
    public static explicit operator Half(BFloat16 value) => (Half)(float)value;

    /// <summary>The nearest value, ties to even; NaN gives a NaN of the same sign and upper payload.</summary>
    public static explicit operator BFloat16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        if (float.IsNaN(value))
        {
            const uint Quiet = 0x0040;
            return new BFloat16((ushort)(bits >> 16 | Quiet));
        }

        return new BFloat16((ushort)((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16));
    }

    /// <summary>The nearest value, ties to even, rounded once.</summary>
    public static explicit operator BFloat16(double value)
    {
        // Rounding to single precision first would round twice. Rounding it to odd keeps what the second one needs:
        // whether anything was cut off.
        var single = (float)value;
        var bits = BitConverter.SingleToUInt32Bits(single);
        if (single == value || double.IsNaN(value) || (bits & 1) != 0)
        {
            return (BFloat16)single;
        }

        var roundedAwayFromZero = Math.Abs((double)single) > Math.Abs(value);
        return (BFloat16)BitConverter.UInt32BitsToSingle(roundedAwayFromZero ? bits - 1 : bits + 1);
    }

    /// <summary>The nearest value, ties to even.</summary>
    public static explicit operator BFloat16(Half value) => (BFloat16)(float)value;

    /// <summary>Negation.</summary>
    public static BFloat16 operator -(BFloat16 value) => new((ushort)(value._bits ^ SignMask));

    /// <summary>IEEE equality: zeros are equal, NaN equals nothing.</summary>
    public static bool operator ==(BFloat16 left, BFloat16 right) => (float)left == right;

    /// <summary>IEEE inequality.</summary>
    public static bool operator !=(BFloat16 left, BFloat16 right) => (float)left != right;

    /// <summary>IEEE comparison; false with NaN.</summary>
    public static bool operator <(BFloat16 left, BFloat16 right) => (float)left < right;

    /// <summary>IEEE comparison; false with NaN.</summary>
    public static bool operator >(BFloat16 left, BFloat16 right) => (float)left > right;

    /// <summary>IEEE comparison; false with NaN.</summary>
    public static bool operator <=(BFloat16 left, BFloat16 right) => (float)left <= right;

    /// <summary>IEEE comparison; false with NaN.</summary>
    public static bool operator >=(BFloat16 left, BFloat16 right) => (float)left >= right;

    /// <summary>Orders values; NaN comes before all others and equals itself, as with <see cref="float"/>.</summary>
    public int CompareTo(BFloat16 other) => ((float)this).CompareTo(other);

    /// <inheritdoc cref="CompareTo(BFloat16)"/>
    /// <exception cref="ArgumentException"><paramref name="obj"/> is neither null nor a <see cref="BFloat16"/>.</exception>
    public int CompareTo(object? obj) => obj switch
    {
        null => 1,
        BFloat16 other => CompareTo(other),
        _ => throw new ArgumentException("Not a " + nameof(BFloat16) + ".", nameof(obj)),
    };

    /// <summary>Whether values are equal; unlike with the operator, NaN equals NaN.</summary>
    public bool Equals(BFloat16 other) => ((float)this).Equals(other);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is BFloat16 other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => ((float)this).GetHashCode();
}
