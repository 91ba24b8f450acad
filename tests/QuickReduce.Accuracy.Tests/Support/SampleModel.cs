namespace QuickReduce.Accuracy.Tests.Support;

/// <summary>The model and the text that come with the sample.</summary>
internal static class SampleModel
{
    private static readonly Lazy<LlamaModel> Loaded = new(static () => LlamaModel.Load(Directory!));

    public static string Directory { get; } = Path.Combine(AppContext.BaseDirectory, "model");

    public static string TextFile { get; } = Path.Combine(Directory, "validation.txt");

    public static LlamaModel Model => Loaded.Value;

    public static ByteWindows Windows(int count) => ByteWindows.Read(TextFile, Model.Configuration.ContextLength, count);
}
