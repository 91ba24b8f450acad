using System.Numerics.Tensors;

namespace TensorParallelInference;

/// <summary>Draws bytes from logits; the same bytes from the same logits and seed.</summary>
/// <param name="temperature">Divides the logits; 0 always takes the likeliest byte.</param>
/// <param name="seed">Seed of the draws.</param>
internal sealed class Sampler(double temperature, int seed)
{
    private readonly Random _random = new(seed);

    public byte Draw(ReadOnlySpan<float> logits)
    {
        var likeliest = TensorPrimitives.IndexOfMax(logits);
        if (temperature == 0)
        {
            return (byte)likeliest;
        }

        Span<double> weights = stackalloc double[logits.Length];
        var sum = 0.0;
        for (var i = 0; i < logits.Length; i++)
        {
            sum += weights[i] = Math.Exp((logits[i] - logits[likeliest]) / temperature);
        }

        var left = _random.NextDouble() * sum;
        for (var i = 0; i < weights.Length; i++)
        {
            left -= weights[i];
            if (left < 0)
            {
                return (byte)i;
            }
        }

        return (byte)likeliest;
    }
}
