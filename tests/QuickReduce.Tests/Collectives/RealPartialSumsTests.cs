using QuickReduce.Accuracy;
using QuickReduce.Tests.Oracle;
using Xunit;

namespace QuickReduce.Tests.Collectives;

/// <summary>Partial sums of a real model, split over 8 ranks: the bits of the oracle, and little loss.</summary>
public class RealPartialSumsTests
{
    private const int SourceRanks = 8;

    /// <summary>Some of the formats, and what each keeps at least: two-shot is the worse of the algorithms.</summary>
    private static readonly (AllReduceMode Mode, double LeastDecibels)[] Modes =
    [
        (QuantRegime.FP, 60.0),
        (QuantRegime.Int8, 40.0),
        (QuantRegime.Int6, 28.0),
        (QuantRegime.Int4, 15.0),
        (new(QuantRegime.Int7, 128), 32.0),
        (new(QuantRegime.Int5, 64), 20.0),
        (new(QuantRegime.Int4, 16), 16.5),
        (new(QuantRegime.Int4, 16, ScaleFormat.SharedExponent), 16.5),
        (new(QuantRegime.Int8, 32, ScaleFormat.SharedExponent), 40.0),
        (new(QuantRegime.Int3, 16), 10.0),
        (QuantRegime.Int2, 3.0),
    ];

    private static readonly IReadOnlyDictionary<string, SafeTensor> Tensors =
        SafeTensors.Read(Path.Combine(AppContext.BaseDirectory, "data", "partials-tp8.safetensors"));

    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (var tensor in Tensors.Keys.Order(StringComparer.Ordinal))
            {
                foreach (var worldSize in new[] { 2, 4, 8 })
                {
                    cases.Add(tensor, worldSize);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task EveryFormatKeepsTheSumOfARealModel(string tensor, int worldSize)
    {
        var inputs = PartialSums(Tensors[tensor], worldSize);
        var exact = new double[inputs[0].Length];
        foreach (var input in inputs)
        {
            for (var i = 0; i < exact.Length; i++)
            {
                exact[i] += (double)BitConverter.UInt16BitsToHalf(input[i]);
            }
        }

        foreach (var algorithm in SpecializationRules.Algorithms)
        {
            using var group = AllReduceGroup.Create(TestKernels.Everything, worldSize, new GroupOptions { Algorithm = algorithm });
            foreach (var (mode, leastDecibels) in Modes.Where(entry => algorithm != AllReduceAlgorithm.Direct || entry.Mode.Regime == QuantRegime.FP))
            {
                var outputs = await Messages.AllReducePerRank(group, DataType.Float16, mode, inputs);
                Assert.All(outputs, output => Assert.True(outputs[0].AsSpan().SequenceEqual(output)));

                // A prefix that ends inside a row: the oracle takes its time.
                var prefix = inputs.Select(input => input[..5000]).ToArray();
                var variant = new KernelVariant(DataType.Float16, mode, worldSize, algorithm);
                Assert.Equal(WireOracle.AllReduce(variant, prefix)[..4096], outputs[0][..4096]);
                Assert.InRange(SignalToNoise(exact, outputs[0]), leastDecibels, double.PositiveInfinity);
            }
        }
    }

    private static double SignalToNoise(double[] exact, ushort[] result)
    {
        double signal = 0, noise = 0;
        for (var i = 0; i < exact.Length; i++)
        {
            var error = (double)BitConverter.UInt16BitsToHalf(result[i]) - exact[i];
            signal += exact[i] * exact[i];
            noise += error * error;
        }

        return 10 * Math.Log10(signal / noise);
    }

    /// <summary>The partial sums of fewer ranks: neighbours added in fp32 and rounded.</summary>
    private static ushort[][] PartialSums(SafeTensor tensor, int worldSize)
    {
        var elements = tensor.AsHalf();
        var count = elements.Length / SourceRanks;
        var share = SourceRanks / worldSize;
        var partials = new ushort[worldSize][];
        for (var rank = 0; rank < worldSize; rank++)
        {
            partials[rank] = new ushort[count];
            for (var i = 0; i < count; i++)
            {
                var sum = 0f;
                for (var neighbour = 0; neighbour < share; neighbour++)
                {
                    sum += (float)elements[(rank * share + neighbour) * count + i];
                }

                partials[rank][i] = BitConverter.HalfToUInt16Bits((Half)sum);
            }
        }

        return partials;
    }
}
