using QuickReduce.Accuracy.Tests.Support;

namespace QuickReduce.Accuracy.Tests;

public class CheckpointErrorTests
{
    [Fact]
    public void AMissingTensorIsNamed() => Fails(
        "has no tensor 'model.layers.1.mlp.up_proj.weight'",
        static checkpoint => checkpoint.Tensors.Remove("model.layers.1.mlp.up_proj.weight"));

    [Fact]
    public void AWrongShapeIsSaid() => Fails(
        "tensor 'model.norm.weight' is [16]; by config.json it should be [32]",
        static checkpoint => checkpoint.Tensors["model.norm.weight"] = ([16], new float[16]));

    [Fact]
    public void ATruncatedFileIsSaid() => Fails(
        "model.safetensors' is not a safetensors file: tensor",
        afterSave: static checkpoint => File.WriteAllBytes(checkpoint.TensorFile, File.ReadAllBytes(checkpoint.TensorFile)[..^5]));

    [Fact]
    public void AnEmptyFileIsSaid() => Fails(
        "it has 0 bytes",
        afterSave: static checkpoint => File.WriteAllBytes(checkpoint.TensorFile, []));

    [Theory]
    [InlineData("vocab_size", "32000", "only byte-level models")]
    [InlineData("hidden_size", "\"many\"", "not a positive number")]
    [InlineData("hidden_size", "31", "not a multiple of 16")]
    [InlineData("num_hidden_layers", "1.5", "not a whole number")]
    [InlineData("num_key_value_heads", "3", "cannot share")]
    [InlineData("head_dim", "7", "needs pairs of channels")]
    [InlineData("model_type", "\"gpt2\"", "only models where it is \"llama\"")]
    [InlineData("rope_scaling", "{\"factor\":2}", "only models where it is absent")]
    [InlineData("rms_norm_eps", "null", "has no rms_norm_eps")]
    public void AConfigurationThatCannotBeComputedIsSaid(string property, string value, string complaint) => Fails(
        complaint,
        checkpoint => checkpoint.Configuration[property] = System.Text.Json.Nodes.JsonNode.Parse(value));

    [Theory]
    [InlineData("{", "is no index")]
    [InlineData("""{"weight_map":{"a":3}}""", "is no index")]
    [InlineData("""{"weight_map":{"a":"../a.safetensors"}}""", "no file beside it")]
    [InlineData("""{"weight_map":{"no.such.tensor":"model.safetensors"}}""", "has no tensor 'no.such.tensor', which")]
    public void AnIndexThatDoesNotFitIsSaid(string index, string complaint) => Fails(
        complaint,
        afterSave: checkpoint => File.WriteAllText(Path.Combine(checkpoint.Directory, "model.safetensors.index.json"), index));

    [Fact]
    public void AMissingFileIsNamed()
    {
        using var checkpoint = new TinyCheckpoint().Save();
        File.Delete(checkpoint.TensorFile);
        var exception = Assert.ThrowsAny<IOException>(() => LlamaModel.Load(checkpoint.Directory));
        Assert.Contains(checkpoint.TensorFile, exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0x61, 0xC3, 0xA9, 0xC3 }, "at byte 3 there is no character")]
    [InlineData(new byte[] { 0xFF, 0xFE, 0x61, 0 }, "at byte 0 there is no character")]
    [InlineData(new byte[] { 0x61, 0x62, 0x63, 0x64 }, "has 4 bytes; scoring one window takes 5")]
    public void ATextThatCannotBeScoredIsSaid(byte[] text, string complaint)
    {
        var path = Path.GetTempFileName();
        File.WriteAllBytes(path, text);
        var exception = Assert.Throws<InvalidDataException>(() => ByteWindows.Read(path, 4));
        File.Delete(path);
        Assert.Contains(complaint, exception.Message, StringComparison.Ordinal);
        Assert.Contains(path, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WindowsDoNotOverlapAndKeepAByteToGuess()
    {
        var path = Path.GetTempFileName();
        File.WriteAllText(path, "abcdefghi");
        var windows = ByteWindows.Read(path, 4);
        File.Delete(path);

        Assert.Equal(2, windows.Count);
        Assert.Equal("efgh"u8, windows.Tokens(1));
        Assert.Equal("fghi"u8, windows.Targets(1));
    }

    private static void Fails(string complaint, Action<TinyCheckpoint>? beforeSave = null, Action<TinyCheckpoint>? afterSave = null)
    {
        using var checkpoint = new TinyCheckpoint();
        beforeSave?.Invoke(checkpoint);
        checkpoint.Save();
        afterSave?.Invoke(checkpoint);
        var exception = Assert.Throws<InvalidDataException>(() => LlamaModel.Load(checkpoint.Directory));
        Assert.Contains(complaint, exception.Message, StringComparison.Ordinal);
        Assert.Contains(checkpoint.Directory, exception.Message, StringComparison.Ordinal);
    }
}
