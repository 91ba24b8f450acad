namespace QuickReduce.Accuracy.Tests.Support;

/// <summary>
/// The model as its papers write it: double precision, loops, one position after the other, no parts. Shares nothing
/// with the library but the shape and the reading of tensors.
/// </summary>
internal sealed class ReferenceLlama(string directory)
{
    private readonly LlamaConfiguration _shape = LlamaConfiguration.Read(Path.Combine(directory, "config.json"));
    private readonly CheckpointTensors _tensors = CheckpointTensors.Read(directory);
    private readonly Dictionary<string, float[]> _weights = new(StringComparer.Ordinal);

    /// <summary>Logits after every token.</summary>
    public double[][] Logits(ReadOnlySpan<byte> tokens)
    {
        var hidden = _shape.HiddenSize;
        var stream = new double[tokens.Length][];
        for (var position = 0; position < stream.Length; position++)
        {
            var embedding = Weight("model.embed_tokens.weight", _shape.VocabularySize, hidden);
            var token = tokens[position];
            stream[position] = [.. Enumerable.Range(0, hidden).Select(i => (double)embedding[(token * hidden) + i])];
        }

        for (var layer = 0; layer < _shape.LayerCount; layer++)
        {
            var prefix = "model.layers." + layer + ".";
            Attend(stream, prefix);
            foreach (var x in stream)
            {
                var normed = Norm(x, prefix + "post_attention_layernorm.weight");
                var gate = Linear(normed, prefix + "mlp.gate_proj.weight", _shape.IntermediateSize);
                var up = Linear(normed, prefix + "mlp.up_proj.weight", _shape.IntermediateSize);
                Add(x, Linear([.. gate.Zip(up, static (g, u) => g / (1 + Math.Exp(-g)) * u)], prefix + "mlp.down_proj.weight", hidden));
            }
        }

        var output = _shape.TieWordEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight";
        return [.. stream.Select(x => Linear(Norm(x, "model.norm.weight"), output, _shape.VocabularySize))];
    }

    private void Attend(double[][] stream, string prefix)
    {
        var size = _shape.HeadDimension;
        var sharing = _shape.HeadCount / _shape.KeyValueHeadCount;
        var keys = new List<double[]>();
        var values = new List<double[]>();
        for (var position = 0; position < stream.Length; position++)
        {
            var normed = Norm(stream[position], prefix + "input_layernorm.weight");
            var query = Linear(normed, prefix + "self_attn.q_proj.weight", _shape.HeadCount * size);
            keys.Add(Linear(normed, prefix + "self_attn.k_proj.weight", _shape.KeyValueHeadCount * size));
            values.Add(Linear(normed, prefix + "self_attn.v_proj.weight", _shape.KeyValueHeadCount * size));
            Rotate(query, position);
            Rotate(keys[position], position);

            var attended = new double[query.Length];
            for (var head = 0; head < _shape.HeadCount; head++)
            {
                var (start, shared) = (head * size, head / sharing * size);
                var weights = keys.Select(key => Math.Exp(Enumerable.Range(0, size).Sum(i => query[start + i] * key[shared + i]) / Math.Sqrt(size))).ToList();
                var sum = weights.Sum();
                for (var i = 0; i < size; i++)
                {
                    attended[start + i] = weights.Zip(values, (weight, value) => weight / sum * value[shared + i]).Sum();
                }
            }

            Add(stream[position], Linear(attended, prefix + "self_attn.o_proj.weight", _shape.HiddenSize));
        }
    }

    private void Rotate(double[] heads, int position)
    {
        var size = _shape.HeadDimension;
        for (var start = 0; start < heads.Length; start += size)
        {
            for (var i = 0; i < size / 2; i++)
            {
                var (sine, cosine) = Math.SinCos(position * Math.Pow(_shape.RotaryBase, -2.0 * i / size));
                var (x, y) = (heads[start + i], heads[start + i + (size / 2)]);
                heads[start + i] = (x * cosine) - (y * sine);
                heads[start + i + (size / 2)] = (y * cosine) + (x * sine);
            }
        }
    }

    private double[] Norm(double[] x, string name)
    {
        var weight = Weight(name, x.Length);
        var root = Math.Sqrt(x.Average(static value => value * value) + _shape.NormEpsilon);
        return [.. x.Select((value, i) => value / root * weight[i])];
    }

    private double[] Linear(double[] x, string name, int outputs)
    {
        var weight = Weight(name, outputs, x.Length);
        var result = new double[outputs];
        for (var output = 0; output < outputs; output++)
        {
            var sum = 0.0;
            for (var i = 0; i < x.Length; i++)
            {
                sum += x[i] * weight[(output * x.Length) + i];
            }

            result[output] = sum;
        }

        return result;
    }

    private float[] Weight(string name, params int[] shape)
    {
        if (!_weights.TryGetValue(name, out var weight))
        {
            _weights[name] = weight = _tensors.Read(name, shape);
        }

        return weight;
    }

    private static void Add(double[] x, double[] y)
    {
        for (var i = 0; i < x.Length; i++)
        {
            x[i] += y[i];
        }
    }
}
