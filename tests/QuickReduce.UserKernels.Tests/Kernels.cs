namespace QuickReduce.UserKernels.Tests;

public enum Rounding : byte
{
    Down = 3,
    Up = 200,
}

/// <summary>Kernels that exercise what a launcher passes and what primitives do.</summary>
internal static partial class Kernels
{
    [Kernel("mixed.scriban")]
    internal static partial void Mixed(
        [KernelLength("count")] ReadOnlySpan<int> values,
        [KernelLength("count")] Span<long> results,
        [KernelGrid(64)] int count,
        [KernelAxis(-3, 7)] short width,
        [KernelAxis(Rounding.Up, Rounding.Down)] Rounding rounding,
        [KernelAxis(true, false)] bool isSigned,
        [KernelAxis("double", "single, \"as is\"")] string mode,
        byte bias,
        bool flag,
        double scale,
        KernelLaunchOptions? options = null);

    [Kernel("peak.scriban")]
    internal static partial void DivideByPeak<[KernelAxis(DataType.Float16, DataType.Float32)] T>(
        [KernelLength("rows * length")] ReadOnlySpan<T> input,
        [KernelLength("rows * length")] Span<T> output,
        [KernelGrid] int rows,
        int length,
        KernelLaunchOptions? options = null);
}

/// <summary>All-reduce kernels that are rendered with this project's own codec.</summary>
[AllReduceKernels(Regimes = [QuantRegime.FP, QuantRegime.Int8], WorldSizes = [2])]
internal static partial class NegatingCollectives;
