using System.Runtime.Intrinsics;
using QuickReduce.Emulation.Execution;

namespace QuickReduce.Emulation.Tests;

/// <summary>Arithmetic that the instructions are made of.</summary>
public class ArithmeticTests
{
    [Fact]
    public void EveryHalfBecomesTheRightSingle()
    {
        for (var bits = 0u; bits <= ushort.MaxValue; bits++)
        {
            var half = BitConverter.UInt16BitsToHalf((ushort)bits);
            var single = BitConverter.UInt32BitsToSingle(HalfConversion.ToSingle(Vector512.Create(bits | 0xabcd0000))[3]);
            Assert.True(Half.IsNaN(half) ? float.IsNaN(single) : single.Equals((float)half), bits.ToString("x"));
        }
    }

    [Fact]
    public void SinglesAreRoundedToHalvesAsTheFrameworkRoundsThem()
    {
        var random = new Random(1);
        for (var i = 0; i < 1_000_000; i++)
        {
            // Around halves, where rounding matters, and anything.
            var bits = i % 2 == 0
                ? (uint)random.NextInt64(1L << 32)
                : BitConverter.SingleToUInt32Bits((float)BitConverter.UInt16BitsToHalf((ushort)random.Next(1 << 16))) + (uint)(random.Next(3) - 1) * (1u << random.Next(13));
            var expected = (Half)BitConverter.UInt32BitsToSingle(bits);
            var actual = HalfConversion.FromSingle(Vector512.Create(bits))[0];
            Assert.True(Half.IsNaN(expected) ? Half.IsNaN(BitConverter.UInt16BitsToHalf((ushort)actual)) : actual == BitConverter.HalfToUInt16Bits(expected), bits.ToString("x"));
        }
    }

    [Fact]
    public void NotANumberIsTheFirstOperandThatIsOneMadeQuiet()
    {
        Assert.Equal(0x7fc00001u, FloatMath.Add(Vector512.Create(0x7f800001u), Vector512.Create(0x7fc00002u))[0]);
        Assert.Equal(0xffc00002u, FloatMath.Multiply(Vector512.Create(0x3f800000u), Vector512.Create(0xff800002u))[0]);
        Assert.Equal(0x7fc00000u, FloatMath.Add(Vector512.Create(0x7f800000u), Vector512.Create(0xff800000u))[0]);
    }

    [Fact]
    public void AnApproximationIsWithinOneUnitAndDiffersFromSeedToSeed()
    {
        var random = new Random(2);
        var changed = 0;
        for (var i = 0; i < 100_000; i++)
        {
            var value = MathF.ScaleB(random.NextSingle() + 1, random.Next(-100, 100));
            var exact = BitConverter.SingleToUInt32Bits((float)(1.0 / value));
            var first = Approximation.Approximate(BitConverter.SingleToUInt32Bits(value), static a => 1 / a, seed: 1);
            var second = Approximation.Approximate(BitConverter.SingleToUInt32Bits(value), static a => 1 / a, seed: 2);
            Assert.InRange((long)first - exact, -1, 1);
            Assert.InRange(Math.Abs(BitConverter.UInt32BitsToSingle(first) - 1.0 / value), 0, Math.BitIncrement((double)(MathF.BitIncrement((float)(1.0 / value)) - (float)(1.0 / value))));
            changed += first != second ? 1 : 0;
        }

        Assert.InRange(changed, 40_000, 60_000);
    }

    [Theory]
    [InlineData(0xb1, 0, 1)] // quad_perm:[1,0,3,2]
    [InlineData(0x4e, 5, 7)] // quad_perm:[2,3,0,1]
    [InlineData(0x141, 1, 6)] // row_half_mirror
    [InlineData(0x140, 17, 30)] // row_mirror
    [InlineData(0x111, 16, -1)] // row_shr:1
    [InlineData(0x111, 17, 16)]
    [InlineData(0x101, 14, 15)] // row_shl:1
    [InlineData(0x121, 16, 31)] // row_ror:1
    [InlineData(0x142, 20, 15)] // row_bcast:15
    [InlineData(0x143, 40, 31)] // row_bcast:31
    public void LanesAreExchangedAsTheManualSays(int control, int lane, int from) => Assert.Equal(from, LaneExchange.SourceLane(control, lane));
}
