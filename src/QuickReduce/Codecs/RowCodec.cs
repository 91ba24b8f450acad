namespace QuickReduce.Codecs;

/// <summary>
/// Translates rows of 16-bit elements to and from their wire format, as <c>docs/numerics.md</c> defines it.
/// Stateless and thread-safe; the caller owns all memory.
/// </summary>
/// <remarks>
/// A row on the wire always takes <see cref="WireFormat.RowBytes"/> bytes. Where fewer than
/// <see cref="WireFormat.ElementsPerRow"/> elements are given, the groups that hold them are complete (missing elements
/// count as <c>+0</c>) and the groups after them are neither written nor read.
/// Element pointers are aligned to 2 bytes, row pointers to 64.
/// </remarks>
internal abstract unsafe class RowCodec
{
    /// <summary>Encodes up to one row of elements (phase 1).</summary>
    public abstract void Encode(ushort* source, int elementCount, byte* row);

    /// <summary>Decodes one row of every rank, sums in fp32 in rank order and encodes the sum (phase 2).</summary>
    /// <param name="rows">First rank's row; the others follow every <paramref name="stride"/> bytes.</param>
    /// <param name="stride">Bytes from one rank's row to the next.</param>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="elementCount">Elements in the row, at most <see cref="WireFormat.ElementsPerRow"/>.</param>
    /// <param name="result">Where the encoded sum goes; not one of the rows read.</param>
    public abstract void Reduce(byte* rows, nint stride, int worldSize, int elementCount, byte* result);

    /// <summary>Decodes up to one row of elements (phase 3).</summary>
    public abstract void Decode(byte* row, ushort* destination, int elementCount);
}
