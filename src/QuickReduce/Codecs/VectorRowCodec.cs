using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>
/// A row in batches (<see cref="BatchKernel{TSimd, TVector, TElement, TWidth}"/>). What is less than a batch at the end
/// goes through a buffer on the stack, so that there is one kernel and nothing outside the message is touched.
/// </summary>
internal sealed unsafe class VectorRowCodec<TSimd, TVector, TElement, TWidth> : RowCodec
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TElement : struct, IElement16
    where TWidth : struct, ICodeWidth
{
    public static readonly VectorRowCodec<TSimd, TVector, TElement, TWidth> Instance = new();

    private VectorRowCodec()
    {
    }

    private static int BatchGroups => BatchKernel<TSimd, TVector, TElement, TWidth>.Groups;

    private static int BatchElements => BatchKernel<TSimd, TVector, TElement, TWidth>.Elements;

    public override void Encode(ushort* source, int elementCount, byte* row)
    {
        var group = 0;
        for (; elementCount >= BatchElements; elementCount -= BatchElements)
        {
            BatchKernel<TSimd, TVector, TElement, TWidth>.Encode(source, row, group);
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
            BatchKernel<TSimd, TVector, TElement, TWidth>.Reduce(rows, stride, worldSize, result, group);
            group += BatchGroups;
        }

        if (elementCount > 0)
        {
            ReduceLast(rows, stride, worldSize, elementCount, result, group);
        }
    }

    public override void Decode(byte* row, ushort* destination, int elementCount)
    {
        var group = 0;
        for (; elementCount >= BatchElements; elementCount -= BatchElements)
        {
            BatchKernel<TSimd, TVector, TElement, TWidth>.Decode(row, group, destination);
            destination += BatchElements;
            group += BatchGroups;
        }

        if (elementCount > 0)
        {
            DecodeLast(row, group, destination, elementCount);
        }
    }

    [SkipLocalsInit, MethodImpl(MethodImplOptions.NoInlining)]
    private static void EncodeLast(ushort* source, int elementCount, byte* row, int group)
    {
        var elements = stackalloc ushort[BatchElements];
        var encoded = stackalloc byte[RowLayout<TWidth>.RowBytes];
        new Span<ushort>(source, elementCount).CopyTo(new Span<ushort>(elements, BatchElements));
        new Span<ushort>(elements + elementCount, BatchElements - elementCount).Clear();
        BatchKernel<TSimd, TVector, TElement, TWidth>.Encode(elements, encoded, 0);
        RowLayout<TWidth>.CopyGroups(encoded, 0, row, group, GroupCount(elementCount));
    }

    [SkipLocalsInit, MethodImpl(MethodImplOptions.NoInlining)]
    private static void ReduceLast(byte* rows, nint stride, int worldSize, int elementCount, byte* result, int group)
    {
        var copies = stackalloc byte[worldSize * RowLayout<TWidth>.RowBytes];
        var encoded = stackalloc byte[RowLayout<TWidth>.RowBytes];
        for (var rank = 0; rank < worldSize; rank++)
        {
            var copy = copies + rank * RowLayout<TWidth>.RowBytes;
            RowLayout<TWidth>.CopyGroups(rows + rank * stride, group, copy, 0, GroupCount(elementCount));
        }

        BatchKernel<TSimd, TVector, TElement, TWidth>.Reduce(copies, RowLayout<TWidth>.RowBytes, worldSize, encoded, 0);
        RowLayout<TWidth>.CopyGroups(encoded, 0, result, group, GroupCount(elementCount));
    }

    [SkipLocalsInit, MethodImpl(MethodImplOptions.NoInlining)]
    private static void DecodeLast(byte* row, int group, ushort* destination, int elementCount)
    {
        var copy = stackalloc byte[RowLayout<TWidth>.RowBytes];
        var elements = stackalloc ushort[BatchElements];
        RowLayout<TWidth>.CopyGroups(row, group, copy, 0, GroupCount(elementCount));
        BatchKernel<TSimd, TVector, TElement, TWidth>.Decode(copy, 0, elements);
        new Span<ushort>(elements, elementCount).CopyTo(new Span<ushort>(destination, elementCount));
    }
}
