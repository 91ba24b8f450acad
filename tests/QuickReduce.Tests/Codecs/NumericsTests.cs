using CsCheck;
using QuickReduce.Codecs;
using QuickReduce.Tests.Oracle;
using Xunit;

namespace QuickReduce.Tests.Codecs;

/// <summary>What <c>docs/numerics.md</c> claims about its own definition.</summary>
public sealed class NumericsTests
{
    public static TheoryData<QuantRegime, double> SignalToNoiseFloors => new()
    {
        { QuantRegime.Int8, 42.0 },
        { QuantRegime.Int6, 30.3 },
        { QuantRegime.Int4, 18.2 },
    };

    /// <summary>The GPUs' recipe: from any start within 2 units in the last place to the IEEE reciprocal, in one step.</summary>
    [Fact]
    public void OneNewtonStepGivesTheCorrectlyRoundedReciprocalOfEveryScale()
    {
        for (var upper = 0; upper < 0x10000; upper++)
        {
            var scale = BitConverter.UInt32BitsToSingle((uint)upper << 16);
            if (!float.IsNormal(scale) || Math.Abs(scale) > Math.ScaleB(1, 125))
            {
                continue; // No scale is subnormal; none is above 2^125, whose inverse would be.
            }

            var exact = 1f / scale;
            for (var start = Down(Down(exact)); ; start = Up(start))
            {
                var error = MathF.FusedMultiplyAdd(-scale, start, 1f);
                Assert.Equal(exact, MathF.FusedMultiplyAdd(start, error, start));
                if (start == Up(Up(exact)))
                {
                    break;
                }
            }
        }

        static float Up(float value) => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) + 1);

        static float Down(float value) => BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(value) - 1);
    }

    [Fact]
    public void ErrorOfOneQuantisationIsBounded() =>
        Gen.Select(Gen.Int[2, 4].Select(half => 2 * half), Gen.Int[-130, 120], Gen.Double[-1, 1].Array[32], Gen.Bool).Sample(
            (width, exponent, numbers, spread) =>
            {
                var group = numbers
                    .Select((x, i) => (float)Math.ScaleB(x, exponent - (spread ? i % 16 : 0)))
                    .ToArray();
                var codes = new byte[32];
                var scaleBits = WireOracle.EncodeGroup(group, width, codes);
                var decoded = new float[32];
                WireOracle.DecodeGroup(scaleBits, codes, width, decoded);
                double scale = BitConverter.UInt32BitsToSingle((uint)scaleBits << 16);
                var peak = group.Max(Math.Abs);
                for (var i = 0; i < 32; i++)
                {
                    var clamped = group[i] / scale > Math.ScaleB(1, width - 1) - 0.5;
                    var bound = Math.Abs(scale) * ((clamped ? 1 : 0.5) + Math.ScaleB(1, width - 24));
                    Assert.True(
                        Math.Abs((double)decoded[i] - group[i]) <= bound,
                        $"{group[i]:R} became {decoded[i]:R} with {width} bits and scale {scale:R}.");
                }

                if (peak >= Math.ScaleB(1, width - 127))
                {
                    Assert.True(Math.Abs(scale) <= peak * Math.ScaleB(1, 1 - width) * (1 + Math.ScaleB(1, -7)));
                }
                else
                {
                    Assert.Equal(Math.ScaleB(1, -126), Math.Abs(scale));
                }
            },
            iter: 5_000);

    [Fact]
    public void TiedPeaksCountAsNegative()
    {
        var group = new float[32];
        group[3] = 5f;
        group[9] = -5f;
        var codes = new byte[32];
        var scale = WireOracle.EncodeGroup(group, 4, codes);
        Assert.True(BitConverter.UInt32BitsToSingle((uint)scale << 16) > 0);
        Assert.Equal(0, codes[9]);
        Assert.Equal(15, codes[3]);
    }

    /// <summary>Rounding the scale away from zero carries a peak just below fp16's maximum over it.</summary>
    [Fact]
    public void Float16PeaksAbove65280BecomeInfinite()
    {
        foreach (var regime in new[] { QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4 })
        {
            Assert.Equal(0x7BF8, RoundTrip(regime, 65280f));
            Assert.Equal(0x7C00, RoundTrip(regime, 65312f));
            Assert.Equal(0xFC00, RoundTrip(regime, -65504f));
        }

        static int RoundTrip(QuantRegime regime, float peak)
        {
            var element = WireOracle.Narrow(DataType.Float16, peak);
            return WireOracle.Decode(DataType.Float16, regime, WireOracle.Encode(DataType.Float16, regime, [element]), 1)[0];
        }
    }

    [Theory, MemberData(nameof(SignalToNoiseFloors))]
    public void SignalToNoiseDoesNotDependOnTheMagnitude(QuantRegime regime, double floor)
    {
        foreach (var type in Enum.GetValues<DataType>())
        {
            var ratios = new List<double>();
            for (var decade = -5; decade <= 4; decade++)
            {
                var sigma = Math.Pow(10, decade);
                if (type == DataType.Float16 && sigma > 2e3)
                {
                    continue; // A sum of eight does not fit.
                }

                ratios.Add(TwoShotSignalToNoise(type, regime, sigma));
            }

            Assert.True(ratios.Min() >= floor, $"{type} {regime}: {string.Join(", ", ratios.Select(ratio => ratio.ToString("F2")))} dB");
            Assert.True(ratios.Max() - ratios.Min() < 0.5);
        }
    }

    /// <summary>Decibels of the two-shot all-reduce of eight ranks, against the sum in double precision.</summary>
    private static double TwoShotSignalToNoise(DataType type, QuantRegime regime, double sigma)
    {
        const int WorldSize = 8;
        const int Count = 2 * RowShape.ElementsPerRow;

        // Cut from one sequence: those of neighbouring seeds are correlated, and that alone costs a decibel.
        var messages = BitPatterns.Normal(type, WorldSize * Count, sigma, 17).Chunk(Count).ToArray();
        var result = WireOracle.AllReduce(type, regime, messages);
        double signal = 0, noise = 0;
        for (var i = 0; i < Count; i++)
        {
            var exact = messages.Sum(message => (double)WireOracle.Widen(type, message[i]));
            var error = WireOracle.Widen(type, result[i]) - exact;
            signal += exact * exact;
            noise += error * error;
        }

        return 10 * Math.Log10(signal / noise);
    }
}
