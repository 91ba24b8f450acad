using QuickReduce.Codecs;

namespace QuickReduce.Devices.Managed;

/// <summary>
/// The quantised two-shot all-reduce, row by row: encode every rank's row, reduce and encode the sum, decode it.
/// </summary>
/// <remarks>
/// The three phases are those of the kernels on a device, over a part so small that it stays in the first-level cache.
/// All ranks decode the same bytes, so the row is decoded once and copied.
/// </remarks>
internal sealed unsafe class QuantizedKernel(KernelVariant variant, RowCodec codec) : VariantKernel(variant)
{
    private readonly int _worldSize = variant.WorldSize;
    private readonly int _rowBytes = WireFormat.Of(variant).RowBytes;

    public override int StepElements => RowShape.ElementsPerRow;

    /// <summary>Room for one row of every rank and one of the sum, in any regime.</summary>
    public static nuint ScratchBytes(int worldSize) =>
        (nuint)(worldSize + 1) * (nuint)new WireFormat(DataType.Float16, QuantRegime.Int8, SpecializationRules.GroupSizes[0]).RowBytes;

    public override void Run(in CallBuffers call, nint first, nint count, byte* scratch)
    {
        var sum = scratch + _worldSize * _rowBytes;
        for (nint done = 0; done < count; done += RowShape.ElementsPerRow)
        {
            var offset = first + done;
            var elements = (int)nint.Min(RowShape.ElementsPerRow, count - done);
            for (var rank = 0; rank < _worldSize; rank++)
            {
                codec.Encode((ushort*)call.Input(rank) + offset, elements, scratch + rank * _rowBytes);
            }

            codec.Reduce(scratch, _rowBytes, _worldSize, elements, sum);

            var decoded = (ushort*)call.Output(0) + offset;
            codec.Decode(sum, decoded, elements);
            var bytes = (uint)elements * sizeof(ushort);
            for (var rank = 1; rank < _worldSize; rank++)
            {
                Buffer.MemoryCopy(decoded, (ushort*)call.Output(rank) + offset, bytes, bytes);
            }
        }
    }
}
