using QuickReduce.Codecs;

namespace QuickReduce.Devices.Managed;

/// <summary>The quantised one-shot all-reduce: every rank decodes all copies, and narrows their sum.</summary>
internal sealed unsafe class OneShotKernel(KernelVariant variant, RowCodec codec) : QuantizedKernel(variant, codec)
{
    protected override void Finish(byte* rows, int stride, int worldSize, ushort* result, int elementCount) =>
        Codec.Sum(rows, stride, worldSize, result, elementCount);
}
