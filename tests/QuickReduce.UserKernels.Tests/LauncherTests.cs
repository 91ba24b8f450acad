using QuickReduce.Tests.Shared;

namespace QuickReduce.UserKernels.Tests;

/// <summary>What reaches a kernel, and how its primitives treat the ends of rows.</summary>
public sealed class LauncherTests
{
    public static TheoryData<short, Rounding, bool, string> Combinations
    {
        get
        {
            var data = new TheoryData<short, Rounding, bool, string>();
            foreach (short width in new[] { -3, 7 })
            {
                foreach (var rounding in Enum.GetValues<Rounding>())
                {
                    foreach (var isSigned in new[] { true, false })
                    {
                        data.Add(width, rounding, isSigned, "double");
                        data.Add(width, rounding, isSigned, "single, \"as is\"");
                    }
                }
            }

            return data;
        }
    }

    [RequiresProgramsTheory("clang++-22")]
    [MemberData(nameof(Combinations))]
    public void EveryArgumentReachesTheKernelOfItsCombination(short width, Rounding rounding, bool isSigned, string mode)
    {
        const int count = 150;
        var values = Enumerable.Range(-50, count).ToArray();
        var results = new long[count];
        Kernels.Mixed(values, results, count, width, rounding, isSigned, mode, bias: 250, flag: true, scale: 2.25);
        Assert.Equal(
            values.Select(v => (v * (long)width + (rounding == Rounding.Up ? 1000 : 2000) + (isSigned ? 10000 : 20000) + 250 + 100000 + 9 + count * 1000000L) * (mode == "double" ? 2 : 1)),
            results);
    }

    [Fact]
    public void EveryCombinationIsAKernelOfItsOwn()
    {
        Assert.Equal(16, Kernels.MixedKernels.KernelNames.Distinct().Count());
        Assert.Equal(2, Kernels.MixedKernels.Units.Count);
        Assert.Contains("mixed_width_minus3_rounding_up_is_signed_true_mode_double", Kernels.MixedKernels.KernelNames);
    }

    [RequiresProgramsTheory("clang++-22")]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(2047)]
    [InlineData(2048)]
    [InlineData(2049)]
    [InlineData(5000)]
    public void RowsOfAnyLength(int length)
    {
        const int rows = 3;
        var random = new Random(length);
        var input = Enumerable.Range(0, rows * length).Select(_ => random.NextSingle() + 0.001f).ToArray();
        var output = new float[rows * length];
        Kernels.DivideByPeak(input, output, rows, length);
        var (halves, halvesOutput) = (input.Select(static x => (Half)x).ToArray(), new Half[rows * length]);
        Kernels.DivideByPeak(halves, halvesOutput, rows, length);
        for (var row = 0; row < rows; row++)
        {
            var part = input[(row * length)..((row + 1) * length)];
            Assert.Equal(part.Select(x => x / part.Max()), output[(row * length)..((row + 1) * length)]);

            var half = halves[(row * length)..((row + 1) * length)];
            Assert.Equal(half.Select(x => (Half)((float)x / (float)half.Max())), halvesOutput[(row * length)..((row + 1) * length)]);
        }
    }

    [RequiresProgramsFact("clang++-22")]
    public void AnOverriddenPartialIsWhatRuns()
    {
        Half[][] inputs = [[(Half)1, (Half)2.5f, (Half)(-3)], [(Half)10, (Half)20, (Half)30]];
        var outputs = inputs.Select(static input => new Half[input.Length]).ToArray();
        using var group = NegatingCollectives.CreateGroup(NegatingCollectives.WorldSize.Two, new GroupOptions { Device = DeviceKind.Host });
        group.AllReduce([inputs[0], inputs[1]], [outputs[0], outputs[1]], NegatingCollectives.Regime.FP);
        Assert.All(outputs, static output => Assert.Equal([(Half)(-11), (Half)(-22.5f), (Half)(-27)], output));
    }
}
