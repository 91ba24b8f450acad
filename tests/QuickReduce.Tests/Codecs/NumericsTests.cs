using System.Globalization;
using CsCheck;
using QuickReduce.Codecs;
using QuickReduce.Tests.Oracle;
using Xunit;

namespace QuickReduce.Tests.Codecs;

/// <summary>What <c>docs/numerics.md</c> claims about its own definition.</summary>
public sealed class NumericsTests
{
    /// <summary>The GPUs' recipe: from any start within 2 units in the last place to the IEEE reciprocal, in one step.</summary>
    [Fact]
    public void OneNewtonStepGivesTheCorrectlyRoundedReciprocalOfEveryScale()
    {
        for (var upper = 0; upper < 0x10000; upper++)
        {
            var scale = BitConverter.UInt32BitsToSingle((uint)upper << 16);
            if (!float.IsNormal(scale) || Math.Abs(scale) > Math.ScaleB(1, 127))
            {
                continue; // No scale is subnormal; none is above 2^127. Inverses of those above 2^126 are.
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

    /// <summary>
    /// Where the hardware's reciprocal has no subnormal results, half of that of half the scale is a start within 2 units
    /// in the last place: the recipe for scales of two-bit codes.
    /// </summary>
    [Fact]
    public void HalvingTwiceIsAStartForInversesThatAreSubnormal()
    {
        for (var upper = 0x7E80; upper <= 0x7F00; upper++)
        {
            var scale = BitConverter.UInt32BitsToSingle((uint)upper << 16);
            var exact = 1f / scale;
            var normal = 1f / (scale * 0.5f);
            for (var error = -1; error <= 1; error++)
            {
                var estimate = BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(normal) + error);
                if (float.IsNormal(estimate))
                {
                    var start = estimate * 0.5f;
                    Assert.InRange(Math.Abs(BitConverter.SingleToInt32Bits(start) - BitConverter.SingleToInt32Bits(exact)), 0, 2);
                }
            }
        }
    }

    /// <summary>Where the hardware flushes subnormals, that recipe is for scales above 1: neither it nor the plain one meets any.</summary>
    [Fact]
    public void NoScaleLeadsToSubnormalsOnItsWayToTheReciprocal()
    {
        for (var upper = 0x0080; upper <= 0x7F00; upper++)
        {
            var scale = BitConverter.UInt32BitsToSingle((uint)upper << 16);
            var factor = scale > 1 ? 0.5f : 1f;
            Assert.True(float.IsNormal(factor * scale) && float.IsNormal(1 / (factor * scale)), scale.ToString(CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public void ErrorOfOneQuantisationIsBounded() =>
        Gen.Select(Gen.Int[2, 8], Gen.Int[0, 3], Gen.Int[-130, 127], Gen.Double[-1, 1].Array[128], Gen.Bool).Sample(
            (width, sizeIndex, exponent, numbers, spread) =>
            {
                var group = numbers.Take(SpecializationRules.GroupSizes[sizeIndex])
                    .Select((x, i) => (float)Math.ScaleB(x, exponent - (spread ? i % 16 : 0)))
                    .ToArray();
                var codes = new byte[group.Length];
                var scaleBits = WireOracle.EncodeGroup(group, width, codes);
                var decoded = new float[group.Length];
                WireOracle.DecodeGroup(scaleBits, codes, width, decoded);
                double scale = BitConverter.UInt32BitsToSingle((uint)scaleBits << 16);
                var peak = group.Max(Math.Abs);
                for (var i = 0; i < group.Length; i++)
                {
                    var clamped = group[i] / scale > Math.ScaleB(1, width - 1) - 0.5;
                    var bound = Math.Abs(scale) * ((clamped ? 1 : 0.5) + Math.ScaleB(1, width - 24));
                    Assert.True(
                        Math.Abs((codes[i] - Math.ScaleB(1, width - 1)) * scale - group[i]) <= bound,
                        $"{group[i]:R} became {decoded[i]:R} with {width} bits and scale {scale:R}.");
                }

                if (peak >= Math.ScaleB(1, width - 127))
                {
                    // Rounding the scale to eight bits takes up to 2^−7 of the peak: of eight-bit codes, one.
                    var codeOfPeak = codes[Array.FindIndex(group, x => BitConverter.SingleToUInt32Bits(x) == WireOracle.PeakBits(group))];
                    Assert.InRange(codeOfPeak, 0, width == 8 ? 1 : 0);
                    Assert.True(Math.Abs(scale) <= peak * Math.ScaleB(1, 1 - width) * (1 + Math.ScaleB(1, -7)));
                }
                else
                {
                    Assert.Equal(Math.ScaleB(1, -126), Math.Abs(scale));
                }
            },
            iter: 20_000);

    /// <summary>A bfloat16's eight bits fit a scale: the peak of a group comes back as it went, whatever the width.</summary>
    [Fact]
    public void PeaksOfBFloat16AreExact()
    {
        var random = new Random(5);
        foreach (var variant in QuantizedVariants(DataType.BFloat16, worldSize: 2).Where(variant => variant.ScaleFormat == ScaleFormat.BFloat16))
        {
            var format = WireFormat.Of(variant);
            for (var repetition = 0; repetition < 50; repetition++)
            {
                var peak = (ushort)(random.Next(0x0800, 0x7F00) | random.Next(2) << 15);
                var elements = Enumerable.Range(0, format.GroupSize).Select(_ => (ushort)(random.Next(peak & 0x7FFF) | random.Next(2) << 15)).ToArray();
                var at = random.Next(elements.Length);
                elements[at] = peak;
                Assert.Equal(peak, WireOracle.Decode(DataType.BFloat16, format, WireOracle.Encode(DataType.BFloat16, format, elements), elements.Length)[at]);
            }
        }
    }

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
        foreach (var variant in QuantizedVariants(DataType.Float16, worldSize: 2).Where(variant => variant.ScaleFormat == ScaleFormat.BFloat16))
        {
            var format = WireFormat.Of(variant);
            Assert.Equal(0x7BF8, RoundTrip(format, 65280f));
            Assert.Equal(0x7C00, RoundTrip(format, 65312f));
            Assert.Equal(0xFC00, RoundTrip(format, -65504f));
        }

        static int RoundTrip(WireFormat format, float peak)
        {
            var element = WireOracle.Narrow(DataType.Float16, peak);
            return WireOracle.Decode(DataType.Float16, format, WireOracle.Encode(DataType.Float16, format, [element]), 1)[0];
        }
    }

    public static TheoryData<int, double> SignalToNoiseFloors => new()
    {
        { 8, 42.0 }, { 7, 36.1 }, { 6, 30.3 }, { 5, 24.3 }, { 4, 18.2 }, { 3, 12.0 }, { 2, 5.7 },
    };

    /// <summary>Of the two-shot all-reduce over 8 ranks, in every type and group size.</summary>
    [Theory, MemberData(nameof(SignalToNoiseFloors))]
    public void SignalToNoiseDoesNotDependOnTheMagnitude(int width, double floor)
    {
        foreach (var type in new[] { DataType.Float16, DataType.BFloat16 })
        {
            foreach (var variant in QuantizedVariants(type, worldSize: 8).Where(variant => (int)variant.Regime == width))
            {
                var ratios = new List<double>();
                for (var decade = -5; decade <= 4; decade++)
                {
                    var sigma = Math.Pow(10, decade);
                    if (type == DataType.Float16 && sigma > 2e3)
                    {
                        continue; // A sum of eight does not fit.
                    }

                    ratios.Add(SignalToNoise(variant, sigma));
                }

                var report = $"{variant}: {string.Join(", ", ratios.Select(ratio => ratio.ToString("F2")))} dB";
                Assert.True(variant.GroupSize != SpecializationRules.DefaultGroupSize || ratios.Min() >= floor - (variant.ScaleFormat == ScaleFormat.SharedExponent ? 0.4 : 0), report);
                Assert.True(ratios.Max() - ratios.Min() < 0.5, report);
            }
        }
    }

    /// <summary>
    /// One-shot quantises once, two-shot twice; smaller groups and wider codes lose less. Groups that share exponents lose a few tenths of a
    /// decibel for it at most, and so less than groups of twice their size, which have as many bytes.
    /// </summary>
    [Fact]
    public void LossFollowsWidthGroupSizeAndAlgorithm()
    {
        foreach (var variant in QuantizedVariants(DataType.Float16, worldSize: 8))
        {
            var ratio = SignalToNoise(variant, 1);
            Assert.True(SignalToNoise(variant with { Algorithm = AllReduceAlgorithm.OneShot }, 1) > ratio + 1.5, variant.ToString());
            if (variant.Regime < QuantRegime.Int8)
            {
                Assert.True(SignalToNoise(variant with { Regime = variant.Regime + 1 }, 1) > ratio + 4, variant.ToString());
            }

            var largerGroups = variant with { GroupSize = 2 * variant.GroupSize };
            if (largerGroups.IsSupported)
            {
                Assert.True(SignalToNoise(largerGroups, 1) < ratio, variant.ToString());
            }

            if (variant.ScaleFormat == ScaleFormat.SharedExponent)
            {
                var ownScales = variant with { ScaleFormat = ScaleFormat.BFloat16 };
                Assert.InRange(SignalToNoise(ownScales, 1) - ratio, -0.2, 0.6);
                Assert.True(SignalToNoise(ownScales with { GroupSize = 2 * variant.GroupSize }, 1) < ratio - 0.3, variant.ToString());
            }
        }
    }

    private static IEnumerable<KernelVariant> QuantizedVariants(DataType type, int worldSize) =>
        from mode in SpecializationRules.Modes
        where mode.Regime != QuantRegime.FP
        select new KernelVariant(type, mode, worldSize);

    /// <summary>Decibels of an all-reduce, against the sum in double precision.</summary>
    private static double SignalToNoise(KernelVariant variant, double sigma)
    {
        const int Count = 4096;

        // Cut from one sequence: those of neighbouring seeds are correlated, and that alone costs a decibel.
        var messages = BitPatterns.Normal(variant.DataType, variant.WorldSize * Count, sigma, 17).Chunk(Count).ToArray();
        var result = WireOracle.AllReduce(variant, messages);
        double signal = 0, noise = 0;
        for (var i = 0; i < Count; i++)
        {
            var exact = messages.Sum(message => (double)WireOracle.Widen(variant.DataType, message[i]));
            var error = WireOracle.Widen(variant.DataType, result[i]) - exact;
            signal += exact * exact;
            noise += error * error;
        }

        return 10 * Math.Log10(signal / noise);
    }
}
