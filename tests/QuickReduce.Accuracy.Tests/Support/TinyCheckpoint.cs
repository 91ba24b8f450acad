using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace QuickReduce.Accuracy.Tests.Support;

/// <summary>
/// A checkpoint with random weights that is small enough to write in a test, and unlike the sample's model in all that
/// can differ: key and value heads are shared, the output layer is its own, weights are fp32.
/// </summary>
internal sealed class TinyCheckpoint : IDisposable
{
    public const int ContextLength = 32;

    private const int Hidden = 32;
    private const int Inner = 48;
    private const int Heads = 4;
    private const int KeyValueHeads = 2;
    private const int HeadDimension = 6;

    public JsonObject Configuration { get; } = new()
    {
        ["model_type"] = "llama",
        ["hidden_act"] = "silu",
        ["vocab_size"] = 256,
        ["hidden_size"] = Hidden,
        ["intermediate_size"] = Inner,
        ["num_hidden_layers"] = 2,
        ["num_attention_heads"] = Heads,
        ["num_key_value_heads"] = KeyValueHeads,
        ["head_dim"] = HeadDimension,
        ["rms_norm_eps"] = 1e-5,
        ["max_position_embeddings"] = ContextLength,
        ["tie_word_embeddings"] = false,
        ["rope_scaling"] = null,
    };

    public Dictionary<string, (int[] Shape, float[] Elements)> Tensors { get; } = new(StringComparer.Ordinal);

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("quickreduce-accuracy-").FullName;

    public string TensorFile => Path.Combine(Directory, "model.safetensors");

    public TinyCheckpoint()
    {
        var random = new Random(7);
        Add("model.embed_tokens.weight", 1, 256, Hidden);
        Add("model.norm.weight", 1, Hidden);
        Add("lm_head.weight", 0.5, 256, Hidden);
        for (var layer = 0; layer < 2; layer++)
        {
            var prefix = "model.layers." + layer + ".";
            Add(prefix + "input_layernorm.weight", 1, Hidden);
            Add(prefix + "self_attn.q_proj.weight", 0.4, Heads * HeadDimension, Hidden);
            Add(prefix + "self_attn.k_proj.weight", 0.4, KeyValueHeads * HeadDimension, Hidden);
            Add(prefix + "self_attn.v_proj.weight", 0.4, KeyValueHeads * HeadDimension, Hidden);
            Add(prefix + "self_attn.o_proj.weight", 0.4, Hidden, Heads * HeadDimension);
            Add(prefix + "post_attention_layernorm.weight", 1, Hidden);
            Add(prefix + "mlp.gate_proj.weight", 0.4, Inner, Hidden);
            Add(prefix + "mlp.up_proj.weight", 0.4, Inner, Hidden);
            Add(prefix + "mlp.down_proj.weight", 0.4, Hidden, Inner);
        }

        void Add(string name, double scale, params int[] shape) => Tensors[name] =
            (shape, [.. Enumerable.Range(0, shape.Aggregate(1, static (product, length) => product * length)).Select(_ => (float)(scale * (random.NextDouble() - 0.5) * 2))]);
    }

    /// <summary>Writes the files.</summary>
    public TinyCheckpoint Save()
    {
        File.WriteAllText(Path.Combine(Directory, "config.json"), Configuration.ToJsonString());
        var header = new JsonObject();
        var data = new MemoryStream();
        foreach (var (name, (shape, elements)) in Tensors)
        {
            var begin = data.Length;
            data.Write(MemoryMarshal.AsBytes<float>(elements));
            header[name] = new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = JsonSerializer.SerializeToNode(shape),
                ["data_offsets"] = JsonSerializer.SerializeToNode(new[] { begin, data.Length }),
            };
        }

        var headerBytes = JsonSerializer.SerializeToUtf8Bytes(header);
        var length = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)headerBytes.Length);
        File.WriteAllBytes(TensorFile, [.. length, .. headerBytes, .. data.ToArray()]);
        return this;
    }

    public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
}
