using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>
/// A row in batches (<see cref="Batch{TSimd, TVector, TGroup}"/>). What is less than a batch at the end goes through a
/// buffer on the stack, so that there is one kernel and nothing outside the message is touched.
/// </summary>
internal sealed unsafe class VectorRowCodec<TSimd, TVector, TElement, TWidth, TGroup> : RowCodec
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TElement : struct, IElement16
    where TWidth : struct, ICodeWidth
    where TGroup : struct, IGroupSize
{
    public static readonly VectorRowCodec<TSimd, TVector, TElement, TWidth, TGroup> Instance = new();

    private VectorRowCodec()
    {
    }

    public override int RowBytes => RowLayout<TWidth, TGroup>.RowBytes;

    private static int BatchGroups => Batch<TSimd, TVector, TGroup>.Groups;

    private static int BatchElements => Batch<TSimd, TVector, TGroup>.Elements;

    public override void Encode(ushort* source, int elementCount, byte* row)
    {
        var group = 0;
        for (; elementCount >= BatchElements; elementCount -= BatchElements)
        {
            EncodeBatch(source, row, group);
            source += BatchElements;
            group += BatchGroups;
        }

        if (elementCount > 0)
        {
            EncodeLast(source, elementCount, row, group);
        }
    }

    public override void Reduce(byte* rows, nint stride, int worldSize, int elementCount, byte* result)
    {
        var group = 0;
        for (; elementCount >= BatchElements; elementCount -= BatchElements)
        {
            ReduceBatch(rows, stride, worldSize, result, group);
            group += BatchGroups;
        }

        if (elementCount > 0)
        {
            ReduceLast(rows, stride, worldSize, elementCount, result, group);
        }
    }

    public override void Sum(byte* rows, nint stride, int worldSize, ushort* destination, int elementCount)
    {
        var group = 0;
        for (; elementCount >= BatchElements; elementCount -= BatchElements)
        {
            SumBatch(rows, stride, worldSize, group, destination);
            destination += BatchElements;
            group += BatchGroups;
        }

        if (elementCount > 0)
        {
            SumLast(rows, stride, worldSize, group, destination, elementCount);
        }
    }

    public override void Decode(byte* row, ushort* destination, int elementCount)
    {
        var group = 0;
        for (; elementCount >= BatchElements; elementCount -= BatchElements)
        {
            BatchDecoder<TSimd, TVector, TElement, TWidth, TGroup>.Decode(row, group, destination);
            destination += BatchElements;
            group += BatchGroups;
        }

        if (elementCount > 0)
        {
            DecodeLast(row, group, destination, elementCount);
        }
    }

    [SkipLocalsInit]
    private static void EncodeBatch(ushort* source, byte* row, int group)
    {
        var inverses = stackalloc float[TSimd.Lanes];
        var peaks = BatchPeaks<TSimd, TVector, TGroup>.OfElements<TElement>(source);
        var scales = BatchEncoder<TSimd, TVector, TWidth, TGroup>.EncodeScales(peaks, row, group, inverses, out var specialGroups);
        if (TElement.FlushesInGroup && TSimd.SignBits(TSimd.GreaterThan32(TSimd.Broadcast(TElement.LeastScaleToFlush), scales)) == 0)
        {
            BatchEncoder<TSimd, TVector, TWidth, TGroup>.Quantize(new FlushedElements<TSimd, TVector, TElement>(source), inverses, row, group);
        }
        else
        {
            BatchEncoder<TSimd, TVector, TWidth, TGroup>.Quantize(new FiniteElements<TSimd, TVector, TElement>(source), inverses, row, group);
        }

        BatchEncoder<TSimd, TVector, TWidth, TGroup>.MarkSpecialGroups(row, group, specialGroups);
    }

    [SkipLocalsInit]
    private static void ReduceBatch(byte* rows, nint stride, int worldSize, byte* result, int group)
    {
        var sums = stackalloc TVector[2 * Batch<TSimd, TVector, TGroup>.Vectors];
        var inverses = stackalloc float[TSimd.Lanes];
        BatchSum<TSimd, TVector, TWidth, TGroup>.SumRanks(rows, stride, worldSize, group, sums);
        var peaks = BatchPeaks<TSimd, TVector, TGroup>.OfSums(sums);
        BatchEncoder<TSimd, TVector, TWidth, TGroup>.EncodeScales(peaks, result, group, inverses, out var specialGroups);
        BatchEncoder<TSimd, TVector, TWidth, TGroup>.Quantize(new Sums<TVector>(sums), inverses, result, group);
        BatchEncoder<TSimd, TVector, TWidth, TGroup>.MarkSpecialGroups(result, group, specialGroups);
    }

    [SkipLocalsInit]
    private static void SumBatch(byte* rows, nint stride, int worldSize, int group, ushort* destination)
    {
        var sums = stackalloc TVector[2 * Batch<TSimd, TVector, TGroup>.Vectors];
        BatchSum<TSimd, TVector, TWidth, TGroup>.SumRanks(rows, stride, worldSize, group, sums);
        for (var vector = 0; vector < Batch<TSimd, TVector, TGroup>.Vectors; vector++)
        {
            TSimd.Store((TVector*)destination + vector, TElement.Narrow<TSimd, TVector>(sums[2 * vector], sums[2 * vector + 1]));
        }
    }

    [SkipLocalsInit, MethodImpl(MethodImplOptions.NoInlining)]
    private static void EncodeLast(ushort* source, int elementCount, byte* row, int group)
    {
        var elements = stackalloc ushort[BatchElements];
        var encoded = stackalloc byte[RowLayout<TWidth, TGroup>.RowBytes];
        new Span<ushort>(source, elementCount).CopyTo(new Span<ushort>(elements, BatchElements));
        new Span<ushort>(elements + elementCount, BatchElements - elementCount).Clear();
        EncodeBatch(elements, encoded, 0);
        RowLayout<TWidth, TGroup>.CopyGroups(encoded, 0, row, group, RowLayout<TWidth, TGroup>.GroupCount(elementCount));
    }

    [SkipLocalsInit, MethodImpl(MethodImplOptions.NoInlining)]
    private static void ReduceLast(byte* rows, nint stride, int worldSize, int elementCount, byte* result, int group)
    {
        var copies = stackalloc byte[worldSize * RowLayout<TWidth, TGroup>.RowBytes];
        var encoded = stackalloc byte[RowLayout<TWidth, TGroup>.RowBytes];
        CopyLast(rows, stride, worldSize, group, elementCount, copies);
        ReduceBatch(copies, RowLayout<TWidth, TGroup>.RowBytes, worldSize, encoded, 0);
        RowLayout<TWidth, TGroup>.CopyGroups(encoded, 0, result, group, RowLayout<TWidth, TGroup>.GroupCount(elementCount));
    }

    [SkipLocalsInit, MethodImpl(MethodImplOptions.NoInlining)]
    private static void SumLast(byte* rows, nint stride, int worldSize, int group, ushort* destination, int elementCount)
    {
        var copies = stackalloc byte[worldSize * RowLayout<TWidth, TGroup>.RowBytes];
        var elements = stackalloc ushort[BatchElements];
        CopyLast(rows, stride, worldSize, group, elementCount, copies);
        SumBatch(copies, RowLayout<TWidth, TGroup>.RowBytes, worldSize, 0, elements);
        new Span<ushort>(elements, elementCount).CopyTo(new Span<ushort>(destination, elementCount));
    }

    [SkipLocalsInit, MethodImpl(MethodImplOptions.NoInlining)]
    private static void DecodeLast(byte* row, int group, ushort* destination, int elementCount)
    {
        var copy = stackalloc byte[RowLayout<TWidth, TGroup>.RowBytes];
        var elements = stackalloc ushort[BatchElements];
        CopyLast(row, 0, 1, group, elementCount, copy);
        BatchDecoder<TSimd, TVector, TElement, TWidth, TGroup>.Decode(copy, 0, elements);
        new Span<ushort>(elements, elementCount).CopyTo(new Span<ushort>(destination, elementCount));
    }

    private static void CopyLast(byte* rows, nint stride, int worldSize, int group, int elementCount, byte* copies)
    {
        for (var rank = 0; rank < worldSize; rank++)
        {
            var copy = copies + rank * RowLayout<TWidth, TGroup>.RowBytes;
            RowLayout<TWidth, TGroup>.CopyGroups(rows + rank * stride, group, copy, 0, RowLayout<TWidth, TGroup>.GroupCount(elementCount));
        }
    }
}
