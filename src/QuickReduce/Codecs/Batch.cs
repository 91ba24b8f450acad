using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>
/// A batch is as many groups as a vector has f32 lanes: their scales are computed together, one to a lane. What is here
/// says how its groups lie in its vectors, as constants to the JIT.
/// </summary>
/// <remarks>
/// A step takes four vectors of 16-bit elements, two of codes as bytes, eight of f32. What works on batches is cut by
/// what it depends on, so that formats share the compiled parts that are the same for them; its methods are kept small
/// and out of each other, as the JIT gives up inlining in large ones. The calls are one in some hundred nanoseconds.
/// </remarks>
internal static unsafe class Batch<TSimd, TVector, TGroup>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TGroup : struct, IGroupSize
{
    /// <summary>Vectors of 16-bit elements in a step.</summary>
    public const int VectorsPerStep = 4;

    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>Groups in a batch.</summary>
    public static int Groups
    {
        [MethodImpl(Inline)]
        get => TSimd.Lanes;
    }

    /// <summary>Elements in a batch.</summary>
    public static int Elements
    {
        [MethodImpl(Inline)]
        get => TSimd.Lanes * TGroup.Elements;
    }

    /// <summary>Vectors of 16-bit elements in a batch: two elements to a lane.</summary>
    public static int Vectors
    {
        [MethodImpl(Inline)]
        get => TGroup.Elements / 2;
    }

    /// <summary>Steps in a batch.</summary>
    public static int Steps
    {
        [MethodImpl(Inline)]
        get => Vectors / VectorsPerStep;
    }

    /// <summary>Atoms in a vector of codes as bytes.</summary>
    public static int AtomsPerVectorOfBytes
    {
        [MethodImpl(Inline)]
        get => sizeof(TVector) / RowCodec.ElementsPerAtom;
    }

    /// <summary>Halves of vectors of 16-bit elements in a group; one at least, so that no half is in two groups.</summary>
    private static int HalvesPerGroup
    {
        [MethodImpl(Inline)]
        get => TGroup.Elements / TSimd.Lanes;
    }

    /// <summary>Index in a row of the first atom of a group.</summary>
    [MethodImpl(Inline)]
    public static int FirstAtom(int group) => group * (TGroup.Elements / RowCodec.ElementsPerAtom);

    /// <summary>Of one f32 for each group of the batch, those of a vector of elements.</summary>
    [MethodImpl(Inline)]
    public static TVector FactorOf(float* factors, int vector)
    {
        var bits = (uint*)factors + GroupOf(vector);
        return HalvesPerGroup == 1 ? TSimd.BroadcastHalves(bits[0], bits[1]) : TSimd.Broadcast(bits[0]);
    }

    /// <summary>
    /// Of the scales of the batch, those of a vector of elements. They are given as they lie in a row or, where they share
    /// exponents, as f32.
    /// </summary>
    [MethodImpl(Inline)]
    public static TVector ScaleOf(void* scales, int vector)
    {
        if (TGroup.SharesExponents)
        {
            return FactorOf((float*)scales, vector);
        }

        var upperHalves = (ushort*)scales + GroupOf(vector);
        return HalvesPerGroup == 1
            ? TSimd.BroadcastHalves((uint)upperHalves[0] << 16, (uint)upperHalves[1] << 16)
            : TSimd.Broadcast((uint)upperHalves[0] << 16);
    }

    /// <summary>
    /// Takes the keys of a step's vectors, the steps in order, to where <see cref="LargestKeys"/> looks for them: room
    /// for one vector per group.
    /// </summary>
    [MethodImpl(Inline)]
    public static void StoreKeys(TVector* keys, int step, TVector first, TVector second, TVector third, TVector fourth)
    {
        if (HalvesPerGroup <= 2)
        {
            keys[4 * step] = first;
            keys[4 * step + 1] = second;
            keys[4 * step + 2] = third;
            keys[4 * step + 3] = fourth;
        }
        else if (HalvesPerGroup == 4)
        {
            keys[2 * step] = TSimd.Max32(first, second);
            keys[2 * step + 1] = TSimd.Max32(third, fourth);
        }
        else
        {
            var stepsPerGroup = HalvesPerGroup / (2 * VectorsPerStep);
            var group = (int)((uint)step / (uint)stepsPerGroup);
            var largest = TSimd.Max32(TSimd.Max32(first, second), TSimd.Max32(third, fourth));
            keys[group] = (step & (stepsPerGroup - 1)) == 0 ? largest : TSimd.Max32(keys[group], largest);
        }
    }

    /// <summary>Lane i: the largest key of group i.</summary>
    [MethodImpl(Inline)]
    public static TVector LargestKeys(TVector* keys) =>
        HalvesPerGroup == 1 ? TSimd.LargestOfEachHalf(keys) : TSimd.LargestOfEach(keys);

    /// <summary>Index in the batch of the group that a vector of elements, or its first half, belongs to.</summary>
    [MethodImpl(Inline)]
    private static int GroupOf(int vector) => (int)(2 * (uint)vector / (uint)HalvesPerGroup);
}
