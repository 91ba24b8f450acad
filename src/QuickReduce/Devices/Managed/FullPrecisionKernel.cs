using QuickReduce.Codecs;

namespace QuickReduce.Devices.Managed;

/// <summary>
/// The all-reduce in full precision. Within one process nothing needs to travel: every sum is formed straight from the
/// inputs and written to the outputs.
/// </summary>
internal sealed unsafe class FullPrecisionKernel(KernelVariant variant) : VariantKernel(variant)
{
    public override int StepElements => RowShape.ElementsPerRow;

    public override void Run(in CallBuffers call, nint first, nint count, byte* scratch)
    {
        var inputs = stackalloc ushort*[KernelGeometry.MaxWorldSize];
        var outputs = stackalloc ushort*[KernelGeometry.MaxWorldSize];
        for (var rank = 0; rank < Variant.WorldSize; rank++)
        {
            inputs[rank] = (ushort*)call.Input(rank) + first;
            outputs[rank] = (ushort*)call.Output(rank) + first;
        }

        var streaming = FullPrecision.IsStreaming(Variant.WorldSize, call.ElementCount);
        FullPrecision.Sum(Variant.DataType, inputs, outputs, Variant.WorldSize, count, streaming);
    }
}
