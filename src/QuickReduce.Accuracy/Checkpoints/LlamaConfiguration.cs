using System.Text.Json;
using QuickReduce.Accuracy.Arithmetic;

namespace QuickReduce.Accuracy;

/// <summary>Shape of a Llama-style model, as <c>config.json</c> of a Hugging Face checkpoint gives it.</summary>
/// <param name="VocabularySize">Tokens: 256, one for each byte.</param>
/// <param name="HiddenSize">Channels of the residual stream; a multiple of 16.</param>
/// <param name="IntermediateSize">Channels inside the MLP.</param>
/// <param name="LayerCount">Layers.</param>
/// <param name="HeadCount">Query heads.</param>
/// <param name="KeyValueHeadCount">Key and value heads; each serves the same number of query heads.</param>
/// <param name="HeadDimension">Channels of a head; even.</param>
/// <param name="NormEpsilon">What the root mean square norms add to the mean square.</param>
/// <param name="RotaryBase">Base of the rotary position embedding's wavelengths.</param>
/// <param name="ContextLength">Most positions.</param>
/// <param name="TieWordEmbeddings">Whether the output layer is the embedding.</param>
public sealed record LlamaConfiguration(
    int VocabularySize,
    int HiddenSize,
    int IntermediateSize,
    int LayerCount,
    int HeadCount,
    int KeyValueHeadCount,
    int HeadDimension,
    float NormEpsilon,
    float RotaryBase,
    int ContextLength,
    bool TieWordEmbeddings)
{
    private const int ByteVocabulary = 256;

    // The default of the library that defined the file.
    private const double DefaultRotaryBase = 10_000;

    /// <summary>Reads a configuration.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is not of a model that this library computes; the message says why.</exception>
    public static LlamaConfiguration Read(string path)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(File.ReadAllBytes(path));
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException("'" + path + "' is not JSON: " + exception.Message, exception);
        }

        using (document)
        {
            return Parse(document.RootElement, path);
        }
    }

    private static LlamaConfiguration Parse(JsonElement root, string path)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new InvalidDataException("'" + path + "' holds no JSON object.");
        }

        Require(root, path, "model_type", static value => value.ValueKind == JsonValueKind.String && value.ValueEquals("llama"), "\"llama\"");
        Require(root, path, "hidden_act", static value => value.ValueKind == JsonValueKind.String && value.ValueEquals("silu"), "\"silu\"");
        foreach (var unsupported in new[] { "rope_scaling", "attention_bias", "mlp_bias", "quantization_config" })
        {
            Require(root, path, unsupported, static value => value.ValueKind is JsonValueKind.Null or JsonValueKind.False, "absent, null or false");
        }

        var hidden = Count(root, path, "hidden_size");
        var heads = Count(root, path, "num_attention_heads");
        var configuration = new LlamaConfiguration(
            Count(root, path, "vocab_size"),
            hidden,
            Count(root, path, "intermediate_size"),
            Count(root, path, "num_hidden_layers"),
            heads,
            Count(root, path, "num_key_value_heads", heads),
            Count(root, path, "head_dim", hidden / heads),
            (float)Positive(root, path, "rms_norm_eps"),
            (float)Positive(root, path, "rope_theta", DefaultRotaryBase),
            Count(root, path, "max_position_embeddings"),
            root.TryGetProperty("tie_word_embeddings", out var tied) && tied.ValueKind == JsonValueKind.True);

        if (configuration.HeadCount % configuration.KeyValueHeadCount != 0)
        {
            throw new InvalidDataException("'" + path + "': " + heads + " attention heads cannot share " + configuration.KeyValueHeadCount + " key and value heads evenly.");
        }

        if (configuration.VocabularySize != ByteVocabulary)
        {
            throw new InvalidDataException("'" + path + "': vocab_size is " + configuration.VocabularySize + "; only byte-level models, with " + ByteVocabulary + " tokens, can be computed here.");
        }

        if (hidden % Panels.HalfWidth != 0)
        {
            throw new InvalidDataException("'" + path + "': hidden_size is " + hidden + ", not a multiple of " + Panels.HalfWidth + ".");
        }

        if (configuration.HeadDimension % 2 != 0)
        {
            throw new InvalidDataException("'" + path + "': head_dim is " + configuration.HeadDimension + "; rotary embedding needs pairs of channels.");
        }

        return configuration;
    }

    private static void Require(JsonElement root, string path, string name, Func<JsonElement, bool> isSupported, string supported)
    {
        if (root.TryGetProperty(name, out var value) && !isSupported(value))
        {
            throw new InvalidDataException("'" + path + "': " + name + " is " + value.GetRawText() + "; only models where it is " + supported + " can be computed here.");
        }
    }

    private static int Count(JsonElement root, string path, string name, int? whenAbsent = null)
    {
        // Far above every model, and such that products of two counts do not overflow.
        const int Most = 1 << 20;
        var value = Positive(root, path, name, whenAbsent);
        return value <= Most && value == Math.Floor(value)
            ? (int)value
            : throw new InvalidDataException("'" + path + "': " + name + " is " + value + ", not a whole number from 1 to " + Most + ".");
    }

    private static double Positive(JsonElement root, string path, string name, double? whenAbsent = null)
    {
        if (!root.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return whenAbsent ?? throw new InvalidDataException("'" + path + "' has no " + name + ".");
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number) && number > 0
            ? number
            : throw new InvalidDataException("'" + path + "': " + name + " is " + value.GetRawText() + ", not a positive number.");
    }
}
