using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>Sums of whole vectors over all ranks; for the usual numbers of ranks with every input in a register.</summary>
/// <remarks>
/// Infinities and NaN take instructions that nothing else needs. So elements are summed as if there were none, which is
/// also the cheapest way to find out; if there was one, it is done again with care.
/// </remarks>
internal static unsafe class SumKernel<TSimd, TVector, TElement>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TElement : struct, IElement16
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private const MethodImplOptions Compiled = MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization;

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
        var allFinite = worldSize switch
        {
            2 => SumTwo(sum, inputs[0], inputs[1], count),
            4 => SumFour(sum, inputs[0], inputs[1], inputs[2], inputs[3], count),
            8 => SumEight(
                sum,
                inputs[0],
                inputs[1],
                inputs[2],
                inputs[3],
                inputs[4],
                inputs[5],
                inputs[6],
                inputs[7],
                count),
            _ => false,
        };
        if (!allFinite)
        {
            SumAny(sum, inputs, worldSize, count);
        }

        return count;
    }

    [MethodImpl(Compiled)]
    private static bool SumTwo(ushort* sum, ushort* input0, ushort* input1, int count)
    {
        var largest = TSimd.Broadcast(0);
        for (nint i = 0; i < count; i += ElementsPerVector)
        {
            TVector even = TSimd.Broadcast(0), odd = TSimd.Broadcast(0);
            AddFinite(ref even, ref odd, ref largest, input0 + i);
            AddFinite(ref even, ref odd, ref largest, input1 + i);
            TSimd.Store(sum + i, TElement.NarrowSum<TSimd, TVector>(even, odd));
        }

        return AllFinite(largest);
    }

    [MethodImpl(Compiled)]
    private static bool SumFour(ushort* sum, ushort* input0, ushort* input1, ushort* input2, ushort* input3, int count)
    {
        var largest = TSimd.Broadcast(0);
        for (nint i = 0; i < count; i += ElementsPerVector)
        {
            TVector even = TSimd.Broadcast(0), odd = TSimd.Broadcast(0);
            AddFinite(ref even, ref odd, ref largest, input0 + i);
            AddFinite(ref even, ref odd, ref largest, input1 + i);
            AddFinite(ref even, ref odd, ref largest, input2 + i);
            AddFinite(ref even, ref odd, ref largest, input3 + i);
            TSimd.Store(sum + i, TElement.NarrowSum<TSimd, TVector>(even, odd));
        }

        return AllFinite(largest);
    }

    [MethodImpl(Compiled)]
    private static bool SumEight(
        ushort* sum,
        ushort* input0,
        ushort* input1,
        ushort* input2,
        ushort* input3,
        ushort* input4,
        ushort* input5,
        ushort* input6,
        ushort* input7,
        int count)
    {
        var largest = TSimd.Broadcast(0);
        for (nint i = 0; i < count; i += ElementsPerVector)
        {
            TVector even = TSimd.Broadcast(0), odd = TSimd.Broadcast(0);
            AddFinite(ref even, ref odd, ref largest, input0 + i);
            AddFinite(ref even, ref odd, ref largest, input1 + i);
            AddFinite(ref even, ref odd, ref largest, input2 + i);
            AddFinite(ref even, ref odd, ref largest, input3 + i);
            AddFinite(ref even, ref odd, ref largest, input4 + i);
            AddFinite(ref even, ref odd, ref largest, input5 + i);
            AddFinite(ref even, ref odd, ref largest, input6 + i);
            AddFinite(ref even, ref odd, ref largest, input7 + i);
            TSimd.Store(sum + i, TElement.NarrowSum<TSimd, TVector>(even, odd));
        }

        return AllFinite(largest);
    }

    /// <summary>Any number of ranks, any elements.</summary>
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
