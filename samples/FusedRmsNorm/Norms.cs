using QuickReduce;

namespace FusedRmsNorm;

/// <summary>Kernels of the sample's own. The other half of each method is generated.</summary>
public static partial class Norms
{
    /// <summary>
    /// Adds the output of a layer to the residual stream and normalises the sum, as Llama-style models do after every
    /// attention and MLP: <c>residual += input; output = residual / sqrt(mean(residual²) + epsilon) · weight</c>.
    /// </summary>
    /// <typeparam name="T">Element type; sums and norms are calculated in fp32.</typeparam>
    /// <param name="input">Output of the layer, rows × channels.</param>
    /// <param name="residual">The residual stream, rows × channels; becomes the sum, rounded to <typeparamref name="T"/>.</param>
    /// <param name="weight">Weight of each channel.</param>
    /// <param name="output">Receives the normalised sum, rows × channels; no part of another buffer.</param>
    /// <param name="rows">Number of rows; a row is a block.</param>
    /// <param name="hiddenSize">Number of channels.</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="options">How to launch; null for the defaults.</param>
    [Kernel("kernels/fused_rms_norm.scriban")]
    public static partial void FusedRmsNorm<[KernelAxis(DataType.Float16, DataType.BFloat16)] T>(
        [KernelLength("rows * hiddenSize")] ReadOnlySpan<T> input,
        [KernelLength("rows * hiddenSize")] Span<T> residual,
        [KernelLength("hiddenSize")] ReadOnlySpan<T> weight,
        [KernelLength("rows * hiddenSize")] Span<T> output,
        [KernelGrid] int rows,
        [KernelAxis(384, 1000, 4096, 8192)] int hiddenSize,
        float epsilon,
        KernelLaunchOptions? options = null)
        where T : unmanaged;
}
