using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>Sums of whole vectors over all ranks; for the usual numbers of ranks with every input in a register.</summary>
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

    /// <summary>Sums as many elements as fill whole vectors.</summary>
    /// <returns>How many those are.</returns>
    public static int Sum(ushort* sum, ushort** inputs, int worldSize, int elementCount)
    {
        var count = elementCount - elementCount % ElementsPerVector;
        switch (worldSize)
        {
            case 2:
                SumTwo(sum, inputs[0], inputs[1], count);
                break;
            case 4:
                SumFour(sum, inputs[0], inputs[1], inputs[2], inputs[3], count);
                break;
            case 8:
                SumEight(
                    sum,
                    inputs[0], inputs[1], inputs[2], inputs[3],
                    inputs[4], inputs[5], inputs[6], inputs[7],
                    count);
                break;
            default:
                SumAny(sum, inputs, worldSize, count);
                break;
        }

        return count;
    }

    [MethodImpl(Compiled)]
    private static void SumTwo(ushort* sum, ushort* input0, ushort* input1, int count)
    {
        for (nint i = 0; i < count; i += ElementsPerVector)
        {
            TVector even = TSimd.Broadcast(0), odd = TSimd.Broadcast(0);
            Add(ref even, ref odd, input0 + i);
            Add(ref even, ref odd, input1 + i);
            TSimd.Store(sum + i, TElement.Narrow<TSimd, TVector>(even, odd));
        }
    }

    [MethodImpl(Compiled)]
    private static void SumFour(ushort* sum, ushort* input0, ushort* input1, ushort* input2, ushort* input3, int count)
    {
        for (nint i = 0; i < count; i += ElementsPerVector)
        {
            TVector even = TSimd.Broadcast(0), odd = TSimd.Broadcast(0);
            Add(ref even, ref odd, input0 + i);
            Add(ref even, ref odd, input1 + i);
            Add(ref even, ref odd, input2 + i);
            Add(ref even, ref odd, input3 + i);
            TSimd.Store(sum + i, TElement.Narrow<TSimd, TVector>(even, odd));
        }
    }

    [MethodImpl(Compiled)]
    private static void SumEight(
        ushort* sum,
        ushort* input0, ushort* input1, ushort* input2, ushort* input3,
        ushort* input4, ushort* input5, ushort* input6, ushort* input7,
        int count)
    {
        for (nint i = 0; i < count; i += ElementsPerVector)
        {
            TVector even = TSimd.Broadcast(0), odd = TSimd.Broadcast(0);
            Add(ref even, ref odd, input0 + i);
            Add(ref even, ref odd, input1 + i);
            Add(ref even, ref odd, input2 + i);
            Add(ref even, ref odd, input3 + i);
            Add(ref even, ref odd, input4 + i);
            Add(ref even, ref odd, input5 + i);
            Add(ref even, ref odd, input6 + i);
            Add(ref even, ref odd, input7 + i);
            TSimd.Store(sum + i, TElement.Narrow<TSimd, TVector>(even, odd));
        }
    }

    [MethodImpl(Compiled)]
    private static void SumAny(ushort* sum, ushort** inputs, int worldSize, int count)
    {
        for (nint i = 0; i < count; i += ElementsPerVector)
        {
            TVector even = TSimd.Broadcast(0), odd = TSimd.Broadcast(0);
            for (var rank = 0; rank < worldSize; rank++)
            {
                Add(ref even, ref odd, inputs[rank] + i);
            }

            TSimd.Store(sum + i, TElement.Narrow<TSimd, TVector>(even, odd));
        }
    }

    [MethodImpl(Inline)]
    private static void Add(ref TVector even, ref TVector odd, ushort* source)
    {
        var elements = TSimd.Load(source);
        even = TSimd.Add(even, TElement.Widen<TSimd, TVector>(TSimd.ShiftLeft32(elements, 16)));
        odd = TSimd.Add(odd, TElement.Widen<TSimd, TVector>(elements));
    }
}
