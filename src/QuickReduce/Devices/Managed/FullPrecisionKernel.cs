using QuickReduce.Codecs;

namespace QuickReduce.Devices.Managed;

/// <summary>
/// The all-reduce in full precision, by either algorithm: both give the same sums. Within one process nothing needs to
/// travel: every sum is formed straight from the inputs and written to the outputs.
/// </summary>
internal sealed unsafe class FullPrecisionKernel(KernelVariant variant) : VariantKernel(variant)
{
    public override int StepElements => RowCodec.ElementsPerRow;

    public override void Run(in CallBuffers call, nint first, nint count, byte* scratch)
    {
        var inputs = stackalloc byte*[KernelGeometry.MaxWorldSize];
        var outputs = stackalloc byte*[KernelGeometry.MaxWorldSize];
        for (var rank = 0; rank < Variant.WorldSize; rank++)
        {
            inputs[rank] = call.Input(rank) + first * call.ElementBytes;
            outputs[rank] = call.Output(rank) + first * call.ElementBytes;
        }

        var streaming = FullPrecision.IsStreaming(Variant.WorldSize, call.ElementCount * call.ElementBytes);
        FullPrecision.Sum(Variant.DataType, inputs, outputs, Variant.WorldSize, count, streaming);
    }
}
