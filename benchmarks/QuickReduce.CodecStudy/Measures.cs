using System.Numerics.Tensors;
using QuickReduce.Accuracy;

namespace QuickReduce.CodecStudy;

/// <summary>What the study measures of an all-reduce.</summary>
internal static class Measures
{
    /// <summary>Signal-to-noise of the all-reduce of recorded partial sums against their sum, in dB.</summary>
    public static double SignalToNoise(float[][] partialSums, Func<SimulatedRanks> createRanks)
    {
        using var ranks = createRanks();
        var results = partialSums.Select(static rank => rank.ToArray()).ToArray();
        ranks.Run((rank, connection) => connection.AllReduce(results[rank]));
        double signal = 0, noise = 0;
        for (var i = 0; i < results[0].Length; i++)
        {
            var exact = partialSums.Sum(rank => (double)rank[i]);
            signal += exact * exact;
            noise += (results[0][i] - exact) * (results[0][i] - exact);
        }

        return 10 * Math.Log10(signal / noise);
    }

    /// <summary>
    /// A model's predictions of a text, as natural logarithms of probabilities: [window][position, token].
    /// </summary>
    public static float[][] LogProbabilities(IReadOnlyList<LlamaShard> shards, ByteWindows windows, Func<SimulatedRanks> createRanks)
    {
        using var ranks = createRanks();
        var result = new float[windows.Count][];
        ranks.Run((index, connection) =>
        {
            var rank = new LlamaRank(shards[index]);
            for (var window = 0; window < windows.Count; window++)
            {
                rank.Reset();
                rank.Append(windows.Tokens(window), connection);
                if (index == 0)
                {
                    result[window] = rank.Logits(0, windows.Length).ToArray();
                    Normalize(result[window], windows.Length);
                }
            }
        });
        return result;
    }

    /// <summary>Mean loss in nats per byte.</summary>
    public static double Loss(float[][] logProbabilities, ByteWindows windows)
    {
        var sum = 0.0;
        for (var window = 0; window < windows.Count; window++)
        {
            var vocabulary = logProbabilities[window].Length / windows.Length;
            for (var position = 0; position < windows.Length; position++)
            {
                sum -= logProbabilities[window][(position * vocabulary) + windows.Targets(window)[position]];
            }
        }

        return sum / windows.Count / windows.Length;
    }

    /// <summary>Mean Kullback-Leibler divergence per position of predictions from those in full precision, in nats.</summary>
    public static double Divergence(float[][] full, float[][] logProbabilities, ByteWindows windows)
    {
        var sum = 0.0;
        for (var window = 0; window < windows.Count; window++)
        {
            for (var i = 0; i < full[window].Length; i++)
            {
                sum += Math.Exp(full[window][i]) * (full[window][i] - logProbabilities[window][i]);
            }
        }

        return sum / windows.Count / windows.Length;
    }

    private static void Normalize(float[] logits, int positions)
    {
        var vocabulary = logits.Length / positions;
        Span<float> exponentials = stackalloc float[vocabulary];
        for (var position = 0; position < positions; position++)
        {
            var row = logits.AsSpan(position * vocabulary, vocabulary);
            TensorPrimitives.Subtract(row, TensorPrimitives.Max<float>(row), row);
            TensorPrimitives.Exp(row, exponentials);
            TensorPrimitives.Subtract(row, MathF.Log(TensorPrimitives.Sum<float>(exponentials)), row);
        }
    }
}
