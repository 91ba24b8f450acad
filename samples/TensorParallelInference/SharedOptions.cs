using System.CommandLine;
using QuickReduce;

namespace TensorParallelInference;

/// <summary>Options that both commands have.</summary>
internal static class SharedOptions
{
    public static string ModelDirectory { get; } = Path.Combine(AppContext.BaseDirectory, "model");

    public static DataType[] DataTypes { get; } = [.. LlamaCollectives.Kernels.Variants.Select(static variant => variant.DataType).Distinct()];

    public static Option<string> Model() => new("--model")
    {
        Description = "Directory of a byte-level Llama checkpoint: config.json and safetensors files with Hugging Face names. Default: the model that comes with the sample.",
        HelpName = "directory",
        DefaultValueFactory = static _ => ModelDirectory,
    };

    public static Option<DeviceKind> Device() => new("--device")
    {
        Description = "What all-reduces: Managed (SIMD in C#), Host (the generated kernels, compiled for this CPU), or Auto.",
        DefaultValueFactory = static _ => DeviceKind.Auto,
    };

    /// <summary>One of the numbers of ranks that there are kernels for.</summary>
    public static LlamaCollectives.WorldSize WorldSizeOf(int worldSize) => Enum.IsDefined((LlamaCollectives.WorldSize)worldSize)
        ? (LlamaCollectives.WorldSize)worldSize
        : throw new ArgumentException("There are no kernels for " + worldSize + " ranks, but for "
            + string.Join(", ", Enum.GetValues<LlamaCollectives.WorldSize>().Select(static value => (int)value)) + ".");
}
