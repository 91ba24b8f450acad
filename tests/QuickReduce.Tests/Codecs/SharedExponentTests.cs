using CsCheck;
using QuickReduce.Tests.Oracle;
using Xunit;

namespace QuickReduce.Tests.Codecs;

/// <summary>What <c>docs/numerics.md</c> claims of scales that share exponents, of its own definition.</summary>
public sealed class SharedExponentTests
{
    private const int Groups = 4;

    private static readonly Gen<Block> Blocks =
        from width in Gen.Int[2, 8]
        from large in Gen.Bool
        let groupSize = large ? 32 : 16
        from exponent in Gen.Int[-80, 100]
        from numbers in Gen.Double[-1, 1].Array[Groups * groupSize]
        from distances in Gen.Int[0, 12].Array[Groups]
        select new Block(width, groupSize, numbers.Select((x, i) => (float)Math.ScaleB(x, exponent - distances[i / groupSize])).ToArray());

    public static TheoryData<int> Widths => [2, 3, 4, 5, 6, 7, 8];

    /// <summary>
    /// Scales may be rounded down, so that a peak is further than code 0 away; still it never comes to lie below it, where
    /// no clamp is. All mantissas of a peak, at the least, the middle and the greatest exponents.
    /// </summary>
    [Theory, MemberData(nameof(Widths))]
    public void NoPeakIsEncodedBelowTheLeastCode(int width)
    {
        var bias = 8388608f + (1 << (width - 1));
        var greatestCode = (1 << width) >> 5;
        foreach (var exponent in new[] { (uint)width + 1, 127u, 254u })
        {
            uint scale = 0;
            var inverse = 0f;
            for (uint mantissa = 0; mantissa < 1 << 23; mantissa++)
            {
                var peak = exponent << 23 | mantissa;
                var magnitude = WireOracle.SharedMagnitudeOf(peak, width);
                if (magnitude != scale)
                {
                    scale = magnitude;
                    inverse = 1f / BitConverter.UInt32BitsToSingle(scale);
                }

                var code = MathF.FusedMultiplyAdd(-BitConverter.UInt32BitsToSingle(peak), inverse, bias) - 8388608f;
                if (code < 0 || (code > greatestCode))
                {
                    Assert.Fail($"A peak of bits {peak:X8} is encoded as {code} of {width} bits.");
                }
            }
        }
    }

    [Fact]
    public void ErrorOfOneQuantisationIsBounded() => Blocks.Sample(
        block =>
        {
            var (word, codes) = Encode(block);
            var largest = Enumerable.Range(0, Groups).Max(group => Math.Abs(ScaleOf(word, group)));
            for (var group = 0; group < Groups; group++)
            {
                var elements = block.Group(group);
                double peak = elements.Max(Math.Abs);
                double scale = ScaleOf(word, group);
                Assert.True(Math.Abs(scale) <= Math.Max(peak * Math.ScaleB(1, 1 - block.Width) * (1 + Math.ScaleB(1, -4)), largest / 2), block.ToString());
                Assert.True(Math.Abs(scale) >= peak * Math.ScaleB(1, 1 - block.Width) * (1 - Math.ScaleB(1, -Math.Max(block.Width, 4) - 1)), block.ToString());
                for (var i = 0; i < elements.Length; i++)
                {
                    var clamped = elements[i] / scale > Math.ScaleB(1, block.Width - 1) - 0.5;
                    var bound = Math.Abs(scale) * ((clamped ? 1.25 : 0.5) + Math.ScaleB(1, block.Width - 24));
                    var decoded = (codes[group * block.GroupSize + i] - Math.ScaleB(1, block.Width - 1)) * scale;
                    Assert.True(Math.Abs(decoded - elements[i]) <= bound, $"{elements[i]:R} became {decoded:R}: {block}");
                }
            }
        },
        iter: 5_000);

    /// <summary>So all that holds of bfloat16 scales holds: reciprocals, exact products.</summary>
    [Fact]
    public void ScalesHaveFiveBitsAndAreNormal() => Gen.Select(Gen.Int[2, 8], Gen.UInt.Array[Groups]).Sample(
        (width, peaks) =>
        {
            var word = WireOracle.SharedScalesOf(peaks, width);
            var special = peaks.Any(static peak => (peak & 0x7FFFFFFF) >= 0x7F800000);
            Assert.Equal(special, (word & 0xFF) == 0xFE);
            for (var group = 0; group < Groups; group++)
            {
                var scale = ScaleOf(word, group);
                var bits = BitConverter.SingleToUInt32Bits(scale);
                if (special)
                {
                    Assert.Equal(0x7FF80000u, bits);
                    continue;
                }

                Assert.Equal(0u, bits & 0x7FFFF);
                Assert.True(float.IsNormal(scale) && Math.Abs(scale) <= Math.ScaleB(1, 129 - width));
                Assert.Equal(~peaks[group] >> 31, bits >> 31);
                Assert.True((bits & 0x7FFFFFFF) >= WireOracle.SharedMagnitudeOf(peaks[group] & 0x7FFFFFFF, width));
            }
        },
        iter: 50_000);

    [Fact]
    public void NegatedElementsHaveNegatedScalesAndTheSameCodes() => Blocks.Where(static block => !block.HasTiedPeaks).Sample(
        block =>
        {
            var (word, codes) = Encode(block);
            var (negated, codesOfNegated) = Encode(block with { Elements = block.Elements.Select(static x => -x).ToArray() });
            Assert.Equal(word ^ 0x82082000, negated);
            Assert.Equal(codes, codesOfNegated);
        },
        iter: 2_000);

    [Fact]
    public void APowerOfTwoMovesTheSharedExponentOnly() => Gen.Select(Blocks, Gen.Int[-10, 10]).Sample(
        (block, exponent) =>
        {
            var (word, codes) = Encode(block);
            var (scaled, codesOfScaled) = Encode(block with { Elements = block.Elements.Select(x => MathF.ScaleB(x, exponent)).ToArray() });
            Assert.Equal(word + (uint)exponent, scaled);
            Assert.Equal(codes, codesOfScaled);
        },
        iter: 2_000);

    [Fact]
    public void GroupsOfABlockMayChangePlaces() => Gen.Select(Blocks, Gen.Shuffle(new[] { 0, 1, 2, 3 })).Sample(
        (block, order) =>
        {
            var (word, codes) = Encode(block);
            var (moved, codesOfMoved) = Encode(block with { Elements = order.SelectMany(group => block.Group(group)).ToArray() });
            Assert.Equal(word & 0xFF, moved & 0xFF);
            for (var group = 0; group < Groups; group++)
            {
                Assert.Equal(ScaleOf(word, order[group]), ScaleOf(moved, group));
                Assert.Equal(codes.AsSpan(order[group] * block.GroupSize, block.GroupSize), codesOfMoved.AsSpan(group * block.GroupSize, block.GroupSize));
            }
        },
        iter: 1_000);

    /// <summary>One NaN or infinity makes its block NaN; the blocks beside it are encoded as without it.</summary>
    [Fact]
    public void NaNAndInfinityMakeExactlyTheirBlockNaN()
    {
        foreach (var type in new[] { DataType.Float16, DataType.BFloat16 })
        {
            foreach (var mode in SpecializationRules.Modes.Where(static mode => mode.ScaleFormat == ScaleFormat.SharedExponent))
            {
                var variant = new KernelVariant(type, mode, 2, AllReduceAlgorithm.TwoShot);
                var blockElements = Groups * mode.GroupSize;
                var messages = BitPatterns.Normal(type, 2 * 1000, 1, 3).Chunk(1000).ToArray();
                var expected = WireOracle.AllReduce(variant, messages);
                const int At = 300;
                var block = At / blockElements;
                messages[1][At] = (ushort)(type == DataType.Float16 ? 0xFC00 : 0x7F81);
                var actual = WireOracle.AllReduce(variant, messages);
                for (var i = 0; i < actual.Length; i++)
                {
                    Assert.Equal(i / blockElements == block ? (ushort)0x7FFF : expected[i], actual[i]);
                }
            }
        }
    }

    [Fact]
    public void ZerosStayPositiveZeros()
    {
        foreach (var width in new[] { 2, 4, 8 })
        {
            var elements = new float[64];
            elements[7] = -0f;
            elements[40] = 3f;
            var (word, codes) = Encode(new Block(width, 16, elements));
            var sum = new float[64];
            WireOracle.DecodeBlock(word, codes, 16, width, sum);
            Assert.All(sum.Where((_, i) => i != 40), static x => Assert.Equal(0u, BitConverter.SingleToUInt32Bits(x)));
        }
    }

    /// <summary>Rounding a scale up to 2^(17−b) carries peaks near fp16's maximum over it, if they have code 0 then.</summary>
    [Theory]
    [InlineData(2, 64512)]
    [InlineData(3, 64512)]
    [InlineData(4, 64512)]
    [InlineData(5, 64000)]
    [InlineData(6, 64512)]
    [InlineData(7, 65024)]
    [InlineData(8, 65280)]
    public void Float16PeaksNearTheMaximumBecomeInfinite(int width, int least)
    {
        var format = new WireFormat(DataType.Float16, new AllReduceMode((QuantRegime)width, 16, ScaleFormat.SharedExponent));
        for (var bits = 0x7B00; bits <= 0x7BFF; bits++)
        {
            var element = (ushort)bits;
            var peak = (double)BitConverter.UInt16BitsToHalf(element);
            var decoded = WireOracle.Decode(DataType.Float16, format, WireOracle.Encode(DataType.Float16, format, [element]), 1)[0];
            Assert.Equal(peak >= least, decoded == 0x7C00);
        }
    }

    private static (uint Word, byte[] Codes) Encode(Block block)
    {
        var codes = new byte[block.Elements.Length];
        return (WireOracle.EncodeBlock(block.Elements, block.Width, codes), codes);
    }

    private static float ScaleOf(uint word, int group) => WireOracle.SharedScaleOf(word, group);

    private sealed record Block(int Width, int GroupSize, float[] Elements)
    {
        /// <summary>Whether some group has peaks of both signs, of which the negative one counts.</summary>
        public bool HasTiedPeaks => Enumerable.Range(0, Groups).Select(Group).Any(static group => group.Max() == -group.Min());

        public float[] Group(int group) => Elements.AsSpan(group * GroupSize, GroupSize).ToArray();

        public override string ToString() => $"{Width} bits, groups of {GroupSize}: {string.Join(", ", Elements.Select(static x => x.ToString("R", System.Globalization.CultureInfo.InvariantCulture)))}";
    }
}
