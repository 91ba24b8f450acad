using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>The peaks of a batch's groups, as f32, one to a lane.</summary>
/// <remarks>
/// Keys are magnitude first, sign last: the largest of a group is its peak's, and of +m and −m it is −m's.
/// </remarks>
internal static unsafe class BatchPeaks<TSimd, TVector, TGroup>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TGroup : struct, IGroupSize
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private const MethodImplOptions Compiled = MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization;

    /// <summary>Peaks of 16-bit elements.</summary>
    [MethodImpl(Compiled), SkipLocalsInit]
    public static TVector OfElements<TElement>(ushort* source)
        where TElement : struct, IElement16
    {
        var keys = stackalloc TVector[TSimd.Lanes];
        var vectors = (TVector*)source;
        for (var step = 0; step < Batch<TSimd, TVector, TGroup>.Steps; step++)
        {
            Batch<TSimd, TVector, TGroup>.StoreKeys(
                keys,
                step,
                KeyOfElements(TSimd.Load(vectors)),
                KeyOfElements(TSimd.Load(vectors + 1)),
                KeyOfElements(TSimd.Load(vectors + 2)),
                KeyOfElements(TSimd.Load(vectors + 3)));
            vectors += Batch<TSimd, TVector, TGroup>.VectorsPerStep;
        }

        var largest = Batch<TSimd, TVector, TGroup>.LargestKeys(keys);
        var magnitudes = TSimd.And(TSimd.ShiftRight32(largest, 1), TSimd.Broadcast(0x7FFF0000));
        var signs = TSimd.And(TSimd.ShiftLeft32(largest, 15), TSimd.Broadcast(0x80000000));
        return TElement.Widen<TSimd, TVector>(TSimd.Or(magnitudes, signs));
    }

    /// <summary>Peaks of f32 sums: a vector of those of even elements and one of odd elements by turns.</summary>
    [MethodImpl(Compiled), SkipLocalsInit]
    public static TVector OfSums(TVector* sums)
    {
        var keys = stackalloc TVector[TSimd.Lanes];
        for (var step = 0; step < Batch<TSimd, TVector, TGroup>.Steps; step++)
        {
            Batch<TSimd, TVector, TGroup>.StoreKeys(
                keys,
                step,
                KeyOfSums(sums[0], sums[1]),
                KeyOfSums(sums[2], sums[3]),
                KeyOfSums(sums[4], sums[5]),
                KeyOfSums(sums[6], sums[7]));
            sums += 2 * Batch<TSimd, TVector, TGroup>.VectorsPerStep;
        }

        var largest = Batch<TSimd, TVector, TGroup>.LargestKeys(keys);
        return TSimd.Or(TSimd.ShiftRight32(largest, 1), TSimd.ShiftLeft32(largest, 31));
    }

    /// <summary>The larger of two elements in the upper half of their lane; what is below it does not matter.</summary>
    [MethodImpl(Inline)]
    private static TVector KeyOfElements(TVector elements)
    {
        var keys = TSimd.Subtract16(TSimd.Add16(elements, elements), TSimd.ShiftRightSigned16(elements, 15));
        return TSimd.Max16(keys, TSimd.ShiftLeft32(keys, 16));
    }

    [MethodImpl(Inline)]
    private static TVector KeyOfSums(TVector even, TVector odd) => TSimd.Max32(
        TSimd.Subtract32(TSimd.Add32(even, even), TSimd.ShiftRightSigned32(even, 31)),
        TSimd.Subtract32(TSimd.Add32(odd, odd), TSimd.ShiftRightSigned32(odd, 31)));
}
