using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>Sums of whole vectors of 16-bit elements over all ranks.</summary>
/// <remarks>
/// Infinities and NaN take instructions that nothing else needs. So elements are summed as if there were none, which is
/// also the cheapest way to find out; if there was one, it is done again with care.
/// </remarks>
internal static unsafe class SumKernel16<TSimd, TVector, TElement>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TElement : struct, IElement16
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private const MethodImplOptions Compiled = MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization;

    private const int VectorsPerStep = 4;

    private static int ElementsPerVector
    {
        [MethodImpl(Inline)]
        get => sizeof(TVector) / sizeof(ushort);
    }

    /// <summary>Sums as many elements as fill whole vectors. The sum's place is none of the inputs.</summary>
    /// <returns>How many those are.</returns>
    public static int Sum(ushort* sum, ushort** inputs, int worldSize, int elementCount)
    {
        var count = elementCount - elementCount % ElementsPerVector;
        if (!SumFinite(sum, inputs, worldSize, count))
        {
            SumAny(sum, inputs, worldSize, count);
        }

        return count;
    }

    /// <summary>A few vectors at a time, so that looking up the ranks' pointers does not count.</summary>
    [MethodImpl(Compiled)]
    private static bool SumFinite(ushort* sum, ushort** inputs, int worldSize, int count)
    {
        var zero = TSimd.Broadcast(0);
        var largest = zero;
        nint i = 0;
        for (; i <= count - VectorsPerStep * ElementsPerVector; i += VectorsPerStep * ElementsPerVector)
        {
            TVector even0 = zero, even1 = zero, even2 = zero, even3 = zero;
            TVector odd0 = zero, odd1 = zero, odd2 = zero, odd3 = zero;
            for (var rank = 0; rank < worldSize; rank++)
            {
                var source = inputs[rank] + i;
                AddFinite(ref even0, ref odd0, ref largest, source);
                AddFinite(ref even1, ref odd1, ref largest, source + ElementsPerVector);
                AddFinite(ref even2, ref odd2, ref largest, source + 2 * ElementsPerVector);
                AddFinite(ref even3, ref odd3, ref largest, source + 3 * ElementsPerVector);
            }

            TSimd.Store(sum + i, TElement.NarrowSum<TSimd, TVector>(even0, odd0));
            TSimd.Store(sum + i + ElementsPerVector, TElement.NarrowSum<TSimd, TVector>(even1, odd1));
            TSimd.Store(sum + i + 2 * ElementsPerVector, TElement.NarrowSum<TSimd, TVector>(even2, odd2));
            TSimd.Store(sum + i + 3 * ElementsPerVector, TElement.NarrowSum<TSimd, TVector>(even3, odd3));
        }

        for (; i < count; i += ElementsPerVector)
        {
            TVector even = zero, odd = zero;
            for (var rank = 0; rank < worldSize; rank++)
            {
                AddFinite(ref even, ref odd, ref largest, inputs[rank] + i);
            }

            TSimd.Store(sum + i, TElement.NarrowSum<TSimd, TVector>(even, odd));
        }

        return AllFinite(largest);
    }

    [MethodImpl(Compiled)]
    private static void SumAny(ushort* sum, ushort** inputs, int worldSize, int count)
    {
        for (nint i = 0; i < count; i += ElementsPerVector)
        {
            TVector even = TSimd.Broadcast(0), odd = TSimd.Broadcast(0);
            for (var rank = 0; rank < worldSize; rank++)
            {
                var elements = TSimd.Load(inputs[rank] + i);
                even = TSimd.Add(even, TElement.Widen<TSimd, TVector>(TSimd.ShiftLeft32(elements, 16)));
                odd = TSimd.Add(odd, TElement.Widen<TSimd, TVector>(elements));
            }

            TSimd.Store(sum + i, TElement.Narrow<TSimd, TVector>(even, odd));
        }
    }

    [MethodImpl(Inline)]
    private static void AddFinite(ref TVector even, ref TVector odd, ref TVector largest, ushort* source)
    {
        var elements = TSimd.Load(source);
        largest = TSimd.Max16(largest, TSimd.Add16(elements, elements));
        even = TSimd.Add(even, TElement.WidenForSum<TSimd, TVector>(TSimd.ShiftLeft32(elements, 16)));
        odd = TSimd.Add(odd, TElement.WidenForSum<TSimd, TVector>(elements));
    }

    /// <summary>Whether the largest magnitudes, doubled to leave the sign out, are below infinity.</summary>
    [MethodImpl(Inline)]
    private static bool AllFinite(TVector largest)
    {
        var greatestFinite = TSimd.Broadcast(2u * TElement.Infinity - 1);
        var even = TSimd.And(largest, TSimd.Broadcast(0xFFFF));
        var odd = TSimd.ShiftRight32(largest, 16);
        return TSimd.SignBits(TSimd.GreaterThan32(TSimd.Max32(even, odd), greatestFinite)) == 0;
    }
}
