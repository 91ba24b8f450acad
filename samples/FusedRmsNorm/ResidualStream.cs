using QuickStart;

namespace FusedRmsNorm;

/// <summary>
/// Real values to normalise: what the layers of a small Llama-style model of 384 channels give after their all-reduce,
/// 256 positions. For other hidden sizes the same values are cut into longer rows.
/// </summary>
internal sealed class ResidualStream
{
    private readonly float[] _residual;
    private readonly float[] _input;

    private ResidualStream(float[] residual, float[] input)
    {
        _residual = residual;
        _input = input;
    }

    /// <summary>Reads the recorded partial sums and adds up the ranks.</summary>
    /// <exception cref="InvalidDataException">The file is not what it should be.</exception>
    public static ResidualStream Load(string path)
    {
        var file = SafeTensors.Read(path);
        return new ResidualStream(SumOverRanks(file["layer0.attn"]), SumOverRanks(file["layer2.mlp"]));
    }

    /// <summary>How many whole rows there are.</summary>
    public int RowsOf(int hiddenSize) => _residual.Length / hiddenSize;

    /// <summary>The residual stream before the layer.</summary>
    public T[] Residual<T>(int hiddenSize, Func<float, T> round) => [.. _residual.Take(RowsOf(hiddenSize) * hiddenSize).Select(round)];

    /// <summary>The output of the layer.</summary>
    public T[] Input<T>(int hiddenSize, Func<float, T> round) => [.. _input.Take(RowsOf(hiddenSize) * hiddenSize).Select(round)];

    private static float[] SumOverRanks(SafeTensor tensor)
    {
        var ranks = (int)tensor.Shape[0];
        var values = tensor.AsHalf();
        var sum = new float[values.Length / ranks];
        for (var i = 0; i < values.Length; i++)
        {
            sum[i % sum.Length] += (float)values[i];
        }

        return sum;
    }
}
