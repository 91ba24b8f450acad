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
}
