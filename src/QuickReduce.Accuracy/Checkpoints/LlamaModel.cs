namespace QuickReduce.Accuracy;

/// <summary>
/// A Llama-style model's configuration and weights, in single precision. Immutable and thread-safe; ranks take their
/// parts of it (<see cref="LlamaShard"/>).
/// </summary>
public sealed class LlamaModel
{
    private LlamaModel(LlamaConfiguration configuration, float[] embedding, IReadOnlyList<LlamaLayer> layers, float[] finalNorm, float[] output)
    {
        Configuration = configuration;
        Embedding = embedding;
        Layers = layers;
        FinalNorm = finalNorm;
        Output = output;
    }

    /// <summary>The model's shape.</summary>
    public LlamaConfiguration Configuration { get; }

    internal float[] Embedding { get; }

    internal IReadOnlyList<LlamaLayer> Layers { get; }

    internal float[] FinalNorm { get; }

    /// <summary>Weight of the output layer, [vocabulary, hidden].</summary>
    internal float[] Output { get; }

    /// <summary>
    /// Loads a Hugging Face checkpoint: <c>config.json</c>, and <c>model.safetensors</c> or the shards that
    /// <c>model.safetensors.index.json</c> lists.
    /// </summary>
    /// <param name="directory">Where the files are.</param>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be read.</exception>
    /// <exception cref="InvalidDataException">
    /// A file is malformed, the model is of another kind, or a tensor is missing or of the wrong shape or type; the
    /// message says which and where.
    /// </exception>
    public static LlamaModel Load(string directory)
    {
        var configuration = LlamaConfiguration.Read(Path.Combine(directory, "config.json"));
        var tensors = CheckpointTensors.Read(directory);
        var (hidden, inner) = (configuration.HiddenSize, configuration.IntermediateSize);
        var query = configuration.HeadCount * configuration.HeadDimension;
        var keyValue = configuration.KeyValueHeadCount * configuration.HeadDimension;

        var embedding = tensors.Read("model.embed_tokens.weight", configuration.VocabularySize, hidden);
        var layers = new LlamaLayer[configuration.LayerCount];
        for (var i = 0; i < layers.Length; i++)
        {
            var layer = "model.layers." + i + ".";
            layers[i] = new LlamaLayer(
                tensors.Read(layer + "input_layernorm.weight", hidden),
                tensors.Read(layer + "self_attn.q_proj.weight", query, hidden),
                tensors.Read(layer + "self_attn.k_proj.weight", keyValue, hidden),
                tensors.Read(layer + "self_attn.v_proj.weight", keyValue, hidden),
                tensors.Read(layer + "self_attn.o_proj.weight", hidden, query),
                tensors.Read(layer + "post_attention_layernorm.weight", hidden),
                tensors.Read(layer + "mlp.gate_proj.weight", inner, hidden),
                tensors.Read(layer + "mlp.up_proj.weight", inner, hidden),
                tensors.Read(layer + "mlp.down_proj.weight", hidden, inner));
        }

        return new LlamaModel(
            configuration, embedding, layers,
            tensors.Read("model.norm.weight", hidden),
            configuration.TieWordEmbeddings ? embedding : tensors.Read("lm_head.weight", configuration.VocabularySize, hidden));
    }
}

/// <summary>Weights of one layer; those of linear layers are [outputs, inputs].</summary>
internal sealed record LlamaLayer(
    float[] AttentionNorm,
    float[] Query,
    float[] Key,
    float[] Value,
    float[] AttentionOutput,
    float[] MlpNorm,
    float[] Gate,
    float[] Up,
    float[] Down);
