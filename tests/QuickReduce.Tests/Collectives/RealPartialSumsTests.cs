using QuickReduce.Accuracy;
using Xunit;

namespace QuickReduce.Tests.Collectives;

/// <summary>Partial sums of a real model, split over 8 ranks: the bits of the oracle, and little loss.</summary>
public class RealPartialSumsTests
{
    private const int SourceRanks = 8;

    private static readonly IReadOnlyDictionary<string, SafeTensor> Tensors =
        SafeTensors.Read(Path.Combine(AppContext.BaseDirectory, "data", "partials-tp8.safetensors"));

    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (var tensor in Tensors.Keys.Order(StringComparer.Ordinal))
            {
                foreach (var worldSize in SpecializationRules.WorldSizes)
                {
                    cases.Add(tensor, worldSize);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task EveryRegimeKeepsTheSumOfARealModel(string tensor, int worldSize)
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

        using var group = AllReduceGroup.Create(TestKernels.All, worldSize);
        foreach (var (regime, leastDecibels) in new[] { (QuantRegime.FP, 60.0), (QuantRegime.Int8, 40.0), (QuantRegime.Int6, 28.0), (QuantRegime.Int4, 15.0) })
        {
            var outputs = await Messages.AllReducePerRank(group, DataType.Float16, regime, inputs);
            Assert.All(outputs, output => Assert.True(outputs[0].AsSpan().SequenceEqual(output)));

            // A prefix that ends inside a row: the oracle takes its time.
            var prefix = inputs.Select(input => input[..5000]).ToArray();
            Assert.Equal(Messages.Expected(DataType.Float16, regime, prefix)[..4096], outputs[0][..4096]);

            double signal = 0, noise = 0;
            for (var i = 0; i < exact.Length; i++)
            {
                var error = (double)BitConverter.UInt16BitsToHalf(outputs[0][i]) - exact[i];
                signal += exact[i] * exact[i];
                noise += error * error;
            }

            Assert.InRange(10 * Math.Log10(signal / noise), leastDecibels, double.PositiveInfinity);
        }
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
