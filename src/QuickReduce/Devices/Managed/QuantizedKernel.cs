using QuickReduce.Codecs;

namespace QuickReduce.Devices.Managed;

/// <summary>A quantised all-reduce, row by row: encode every rank's row, reduce them, hand out the result.</summary>
/// <remarks>
/// The phases are those of the kernels on a device, over a part so small that it stays in the first-level cache. All
/// ranks get the same bits, so the result is formed once, in rank 0's output, and copied.
/// </remarks>
internal abstract unsafe class QuantizedKernel(KernelVariant variant, RowCodec codec) : VariantKernel(variant)
{
    private const int RowAlignment = 64;

    private readonly int _worldSize = variant.WorldSize;
    private readonly int _stride = Align(codec.RowBytes);

    public sealed override int StepElements => RowCodec.ElementsPerRow;

    /// <summary>The rows' format.</summary>
    protected RowCodec Codec { get; } = codec;

    /// <summary>Room for one row of every rank and one of the sum, in any format.</summary>
    public static nuint ScratchBytes(int worldSize)
    {
        var largest = new WireFormat(DataType.Float16, new AllReduceMode(QuantRegime.Int8, SpecializationRules.GroupSizes.Min()));
        return (nuint)(worldSize + 1) * (nuint)Align(largest.RowBytes);
    }

    public sealed override void Run(in CallBuffers call, nint first, nint count, byte* scratch)
    {
        for (nint done = 0; done < count; done += RowCodec.ElementsPerRow)
        {
            var offset = (first + done) * sizeof(ushort);
            var elements = (int)nint.Min(RowCodec.ElementsPerRow, count - done);
            for (var rank = 0; rank < _worldSize; rank++)
            {
                Codec.Encode((ushort*)(call.Input(rank) + offset), elements, scratch + rank * _stride);
            }

            var result = call.Output(0) + offset;
            Finish(scratch, _stride, _worldSize, (ushort*)result, elements);
            var bytes = (uint)elements * sizeof(ushort);
            for (var rank = 1; rank < _worldSize; rank++)
            {
                Buffer.MemoryCopy(result, call.Output(rank) + offset, bytes, bytes);
            }
        }
    }

    /// <summary>From the rows of all ranks to the result's elements.</summary>
    /// <param name="rows">First rank's row; behind the last rank's there is room for one more.</param>
    /// <param name="stride">Bytes from one rank's row to the next.</param>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="result">Where the elements go.</param>
    /// <param name="elementCount">Elements in the row.</param>
    protected abstract void Finish(byte* rows, int stride, int worldSize, ushort* result, int elementCount);

    private static int Align(int bytes) => (bytes + RowAlignment - 1) / RowAlignment * RowAlignment;
}
