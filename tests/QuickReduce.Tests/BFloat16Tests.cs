using System.Globalization;
using System.Text;
using CsCheck;
using Xunit;

namespace QuickReduce.Tests;

/// <summary>All 65,536 patterns, against arithmetic in double precision that knows nothing of bits.</summary>
public sealed class BFloat16Tests
{
    private static IEnumerable<ushort> AllBits => Enumerable.Range(0, 0x10000).Select(bits => (ushort)bits);

    private static IEnumerable<BFloat16> All => AllBits.Select(BFloat16.FromBits);

    [Fact]
    public void WideningIsExact()
    {
        foreach (var bits in AllBits)
        {
            var value = BFloat16.FromBits(bits);
            Assert.Equal(bits, BFloat16.ToBits(value));
            Assert.Equal(ValueOf(bits), value);
            Assert.Equal(ValueOf(bits), (float)value);
            Assert.Equal(bits >> 15 == 1, float.IsNegative(value));
        }
    }

    [Fact]
    public void NarrowingAWidenedValueGivesItBack()
    {
        foreach (var value in All.Where(value => !BFloat16.IsNaN(value)))
        {
            Assert.Equal(BFloat16.ToBits(value), BFloat16.ToBits((BFloat16)(float)value));
            Assert.Equal(BFloat16.ToBits(value), BFloat16.ToBits((BFloat16)(double)value));
        }
    }

    [Fact]
    public void EveryNaNStaysNaN()
    {
        foreach (var value in All.Where(BFloat16.IsNaN))
        {
            Assert.True(BFloat16.IsNaN((BFloat16)(float)value));
            Assert.True(BFloat16.IsNaN((BFloat16)(double)value));
            Assert.True(float.IsNaN(value));
        }

        Assert.True(BFloat16.IsNaN((BFloat16)BitConverter.UInt32BitsToSingle(0x7F800001)));
        Assert.True(BFloat16.IsNaN((BFloat16)BitConverter.UInt32BitsToSingle(0xFFFFFFFF)));
    }

    /// <summary>Around each midpoint of neighbours: on it, and as close beside it as f32 and double have values.</summary>
    [Fact]
    public void NarrowingRoundsToNearestEven()
    {
        for (var bits = 0; bits < 0x7F80; bits++)
        {
            var lower = ValueOf((ushort)bits);
            var upper = bits == 0x7F7F ? Math.ScaleB(1, 128) : ValueOf((ushort)(bits + 1));
            var middle = (lower + upper) / 2;
            var even = (ushort)(bits + (bits & 1));
            var below = (ushort)bits;
            var above = (ushort)(bits + 1);
            foreach (var sign in new[] { 1, -1 })
            {
                var signBit = (ushort)(sign < 0 ? 0x8000 : 0);
                Assert.Equal(even | signBit, BFloat16.ToBits((BFloat16)(float)(sign * middle)));
                Assert.Equal(below | signBit, BFloat16.ToBits((BFloat16)(sign * MathF.BitDecrement((float)middle))));
                Assert.Equal(above | signBit, BFloat16.ToBits((BFloat16)(sign * MathF.BitIncrement((float)middle))));
                Assert.Equal(even | signBit, BFloat16.ToBits((BFloat16)(sign * middle)));
                Assert.Equal(below | signBit, BFloat16.ToBits((BFloat16)(sign * Math.BitDecrement(middle))));
                Assert.Equal(above | signBit, BFloat16.ToBits((BFloat16)(sign * Math.BitIncrement(middle))));
            }
        }
    }

    [Fact]
    public void NarrowingPicksTheNearestOfAnyFloat() =>
        Gen.UInt.Sample(
            bits =>
            {
                var value = BitConverter.UInt32BitsToSingle(bits);
                if (float.IsNaN(value) || float.IsInfinity(value))
                {
                    return true;
                }

                var narrowed = BFloat16.ToBits((BFloat16)value);
                var error = Math.Abs(ScaledValueOf(narrowed) - value);
                return error <= Math.Abs(ScaledValueOf((ushort)(narrowed - 1)) - value)
                    && error <= Math.Abs(ScaledValueOf((ushort)(narrowed + 1)) - value);
            },
            iter: 20_000);

    [Fact]
    public void ConvertsToAndFromHalf()
    {
        foreach (var bits in AllBits)
        {
            var half = BitConverter.UInt16BitsToHalf(bits);
            Assert.Equal((BFloat16)(float)half, (BFloat16)half);
            Assert.Equal((Half)(float)BFloat16.FromBits(bits), (Half)BFloat16.FromBits(bits));
        }
    }

    [Fact]
    public void ClassifiesAsFloatDoes()
    {
        foreach (var value in All)
        {
            float single = value;
            Assert.Equal(float.IsNaN(single), BFloat16.IsNaN(value));
            Assert.Equal(float.IsInfinity(single), BFloat16.IsInfinity(value));
            Assert.Equal(float.IsPositiveInfinity(single), BFloat16.IsPositiveInfinity(value));
            Assert.Equal(float.IsNegativeInfinity(single), BFloat16.IsNegativeInfinity(value));
            Assert.Equal(float.IsFinite(single), BFloat16.IsFinite(value));
            Assert.Equal(float.IsNegative(single), BFloat16.IsNegative(value));
            Assert.Equal(float.IsNormal(single), BFloat16.IsNormal(value));
            Assert.Equal(float.IsSubnormal(single), BFloat16.IsSubnormal(value));
            Assert.Equal(BitConverter.SingleToUInt32Bits(-single), (uint)BFloat16.ToBits(-value) << 16);
        }
    }

    [Fact]
    public void ConstantsAreWhatTheirNamesSay()
    {
        Assert.Equal(0f, BFloat16.Zero);
        Assert.True(BFloat16.NegativeZero == BFloat16.Zero && BFloat16.IsNegative(BFloat16.NegativeZero));
        Assert.Equal(1f, BFloat16.One);
        Assert.Equal(-1f, BFloat16.NegativeOne);
        Assert.Equal(Math.ScaleB(1, -133), BFloat16.Epsilon);
        Assert.Equal(Math.ScaleB(2 - Math.ScaleB(1, -7), 127), BFloat16.MaxValue);
        Assert.Equal(-(double)BFloat16.MaxValue, BFloat16.MinValue);
        Assert.True(BFloat16.IsNaN(BFloat16.NaN));
        Assert.Equal(float.PositiveInfinity, BFloat16.PositiveInfinity);
        Assert.Equal(float.NegativeInfinity, BFloat16.NegativeInfinity);
    }

    [Fact]
    public void ComparesAsFloatDoes() =>
        Gen.Select(Gen.UShort, Gen.UShort, Gen.Bool).Sample(
            (first, second, same) =>
            {
                var (a, b) = (BFloat16.FromBits(first), BFloat16.FromBits(same ? first : second));
                float x = a, y = b;
                Assert.Equal(x == y, a == b);
                Assert.Equal(x != y, a != b);
                Assert.Equal(x < y, a < b);
                Assert.Equal(x > y, a > b);
                Assert.Equal(x <= y, a <= b);
                Assert.Equal(x >= y, a >= b);
                Assert.Equal(x.CompareTo(y), a.CompareTo(b));
                Assert.Equal(x.Equals(y), a.Equals(b));
                Assert.True(!a.Equals(b) || a.GetHashCode() == b.GetHashCode());
            },
            iter: 20_000);

    [Fact]
    public void ComparesWithObjects()
    {
        Assert.True(BFloat16.NaN.Equals((object)BFloat16.NaN));
        Assert.False(BFloat16.One.Equals(1f as object));
        Assert.Equal(1, BFloat16.One.CompareTo(null));
        Assert.Equal(0, BFloat16.One.CompareTo((object)BFloat16.One));
        Assert.Throws<ArgumentException>(() => BFloat16.One.CompareTo(1f as object));
    }

    [Fact]
    public void TextGoesThereAndBack()
    {
        foreach (var value in All.Where(value => !BFloat16.IsNaN(value)))
        {
            var text = value.ToString(CultureInfo.InvariantCulture);
            Assert.Equal(((float)value).ToString(CultureInfo.InvariantCulture), text);
            Assert.Equal(value, BFloat16.Parse(text, CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public void FormatsAndParsesLikeOtherNumbers()
    {
        var value = (BFloat16)1234.5f;
        Assert.Equal("1232.0", value.ToString("F1", CultureInfo.InvariantCulture));
        Assert.Equal("1232", $"{value}");
        Assert.Equal("1,232", string.Create(CultureInfo.InvariantCulture, $"{value:N0}"));
        Span<byte> utf8 = stackalloc byte[8];
        Assert.True(value.TryFormat(utf8, out var written, provider: CultureInfo.InvariantCulture));
        Assert.Equal("1232", Encoding.UTF8.GetString(utf8[..written]));
        Assert.False(value.TryFormat(stackalloc char[3], out _));

        Assert.True(BFloat16.TryParse("1e400", CultureInfo.InvariantCulture, out var parsed));
        Assert.Equal(BFloat16.PositiveInfinity, parsed);
        Assert.False(BFloat16.TryParse("one", out parsed));
        Assert.Equal(BFloat16.Zero, parsed);
        Assert.False(BFloat16.TryParse(null, out _));
        Assert.Throws<FormatException>(() => BFloat16.Parse("one"));
        Assert.Throws<ArgumentNullException>(() => BFloat16.Parse(null!));
        Assert.Equal((BFloat16)255f, BFloat16.Parse("2.55e2", NumberStyles.Float, CultureInfo.InvariantCulture));
    }

    /// <summary>The value of a pattern, by the definition of the format.</summary>
    private static double ValueOf(ushort bits)
    {
        var sign = bits >> 15 == 1 ? -1.0 : 1.0;
        var exponent = (bits >> 7) & 0xFF;
        var mantissa = bits & 0x7F;
        return exponent switch
        {
            0xFF => mantissa == 0 ? sign * double.PositiveInfinity : double.NaN,
            0 => sign * Math.ScaleB(mantissa, -133),
            _ => sign * Math.ScaleB(0x80 + mantissa, exponent - 134),
        };
    }

    /// <summary>The same, with infinity where the next value would be, so that distances to it have a meaning.</summary>
    private static double ScaledValueOf(ushort bits)
    {
        var value = ValueOf(bits);
        return double.IsInfinity(value) ? Math.CopySign(Math.ScaleB(1, 128), value)
            : double.IsNaN(value) ? double.PositiveInfinity
            : value;
    }
}
