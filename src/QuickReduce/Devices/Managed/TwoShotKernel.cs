using QuickReduce.Codecs;

namespace QuickReduce.Devices.Managed;

/// <summary>The quantised two-shot all-reduce: the sum is encoded once more, and every rank decodes that.</summary>
internal sealed unsafe class TwoShotKernel(KernelVariant variant, RowCodec codec) : QuantizedKernel(variant, codec)
{
    protected override void Finish(byte* rows, int stride, int worldSize, ushort* result, int elementCount)
    {
        var sum = rows + worldSize * stride;
        Codec.Reduce(rows, stride, worldSize, elementCount, sum);
        Codec.Decode(sum, result, elementCount);
    }
}
