using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using QuickReduce.Integration.Tests;

namespace QuickReduce.InstructionStreams.Tests;

/// <summary>
/// On AMD, float16 is decoded by instructions that no other target has. What the text makes of codes and scales with them is
/// worked out here, step by step, and is what <c>docs/numerics.md</c> says.
/// </summary>
public sealed partial class DecodingTests
{
    private const int Scales = 4_000;
    private const int LargestScaleExponent = 20; // sums of eight ranks' halves, with room to spare

    public static TheoryData<string> Units
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (var unit in CodeObjects.Sets.SelectMany(static set => set.Units).Where(static unit => Steps().IsMatch(TextOf(unit.Name))))
            {
                data.Add(unit.Name);
            }

            return data;
        }
    }

    [Fact]
    public void Every_width_of_the_samples_is_there() =>
        Assert.Equal([2, 4, 6, 8], Units.Cast<object[]>().Select(static row => BitsOf(TextOf((string)row[0]))).Distinct().Order());

    [Theory]
    [MemberData(nameof(Units))]
    public void Every_code_times_its_scale_is_rounded_once(string unit)
    {
        var text = TextOf(unit);
        var bits = BitsOf(text);
        var steps = Steps().Matches(text);
        var negativeZero = float.Parse(Zero().Match(text).Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.Equal(8, steps.Count);
        var random = new Random(bits);
        for (var i = 0; i < Scales; ++i)
        {
            var exponent = 127 + LargestScaleExponent - i % (127 + LargestScaleExponent); // down to 2^−126
            var scale = BitConverter.Int32BitsToSingle(random.Next(2) << 31 | exponent << 23 | random.Next(128) << 16);
            var codes = Enumerable.Range(0, 8).Select(_ => random.Next(1 << bits)).ToArray();
            var packed = codes.Select((code, j) => (UInt128)code << (bits * j)).Aggregate(static (a, b) => a | b);
            var (first, second) = bits switch
            {
                8 => ((uint)packed, (uint)(packed >> 32)),
                > 4 => ((uint)packed, (uint)(packed >> 4 * bits)),
                _ => ((uint)packed, 0u),
            };
            foreach (Match step in steps)
            {
                var element = 2 * int.Parse(step.Groups["word"].Value, CultureInfo.InvariantCulture) + (step.Groups["which"].Value == "odd" ? 1 : 0);
                var word = (step.Groups["from"].Value == "first" ? first : second) >> (step.Groups["shift"].Success ? int.Parse(step.Groups["shift"].Value, CultureInfo.InvariantCulture) : 0);
                word &= uint.Parse(step.Groups["mask"].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                var half = BitConverter.UInt16BitsToHalf((ushort)(step.Groups["upper"].Value == "true" ? word >> 16 : word));
                var factor = scale * float.Parse(step.Groups["factor"].Value, CultureInfo.InvariantCulture);
                var value = MathF.FusedMultiplyAdd((float)half, factor, scale * negativeZero);
                Assert.Equal((codes[element] - (1 << (bits - 1))) * (double)scale, value); // exact, so that one rounding is left
            }
        }
    }

    private static string TextOf(string unit) =>
        typeof(DecodingTests).Assembly.GetCustomAttributes<KernelSourceAttribute>().Single(source => source.UnitName == unit).Text;

    private static int BitsOf(string text) => int.Parse(Width().Match(text).Groups[1].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"set_(?<which>even|odd)<(?<upper>true|false)>\(atom\.words\[(?<word>\d)\], (?<from>first|second)(?: >> (?<shift>\d+))? & 0x(?<mask>[0-9a-f]+)u, scale \* (?<factor>[0-9.]+)f, zero\);")]
    private static partial Regex Steps();

    [GeneratedRegex(@"zero = scale \* (-[0-9.]+)f;")]
    private static partial Regex Zero();

    [GeneratedRegex(@"codec: (\d)-bit codes")]
    private static partial Regex Width();
}
