using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>
/// A batch is as many groups as a vector has f32 lanes: their scales are computed together, one to a lane.
/// </summary>
/// <remarks>
/// Each of a batch's steps takes four vectors of 16-bit elements, two of codes as bytes, eight of f32. Methods are
/// kept small and out of each other, as the JIT gives up inlining in large ones; the calls are one in some hundred
/// nanoseconds.
/// </remarks>
internal static unsafe class BatchKernel<TSimd, TVector, TElement, TWidth>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TElement : struct, IElement16
    where TWidth : struct, ICodeWidth
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private const MethodImplOptions Compiled = MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization;

    private const int Steps = 4;
    private const int VectorsPerStep = 4;

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
        get => TSimd.Lanes * RowShape.GroupSize;
    }

    private static int AtomsPerVectorOfBytes
    {
        [MethodImpl(Inline)]
        get => sizeof(TVector) / RowShape.ElementsPerAtom;
    }

    /// <summary>Encodes a batch of elements to its place in a row.</summary>
    [SkipLocalsInit]
    public static void Encode(ushort* source, byte* row, int firstGroup)
    {
        var inverses = stackalloc float[TSimd.Lanes];
        var flushed = EncodeScales(PeaksOfElements(source), row, firstGroup, inverses, out var specialGroups);
        if (TElement.FlushesInGroup && flushed)
        {
            Quantize(new FlushedElements<TSimd, TVector, TElement>(source), inverses, row, firstGroup);
        }
        else
        {
            Quantize(new FiniteElements<TSimd, TVector, TElement>(source), inverses, row, firstGroup);
        }

        MarkSpecialGroups(row, firstGroup, specialGroups);
    }

    /// <summary>Sums a batch of every rank and encodes the sum to its place in a row.</summary>
    [SkipLocalsInit]
    public static void Reduce(byte* rows, nint stride, int worldSize, byte* result, int firstGroup)
    {
        var sums = stackalloc TVector[2 * Steps * VectorsPerStep];
        var inverses = stackalloc float[TSimd.Lanes];
        var peaks = SumRanks(rows, stride, worldSize, firstGroup, sums);
        EncodeScales(peaks, result, firstGroup, inverses, out var specialGroups);
        Quantize(new Sums<TVector>(sums), inverses, result, firstGroup);
        MarkSpecialGroups(result, firstGroup, specialGroups);
    }

    /// <summary>Decodes a batch from its place in a row.</summary>
    [SkipLocalsInit]
    public static void Decode(byte* row, int firstGroup, ushort* destination)
    {
        var factors = stackalloc float[TSimd.Lanes];
        if (LoadFactors(row, firstGroup, factors))
        {
            Decode<InRange>(row, firstGroup, factors, destination);
        }
        else
        {
            Decode<Anywhere>(row, firstGroup, factors, destination);
        }
    }

    /// <summary>Lane i: the f32 bits of group i's peak.</summary>
    [MethodImpl(Compiled), SkipLocalsInit]
    private static TVector PeaksOfElements(ushort* source)
    {
        var keys = stackalloc TVector[TSimd.Lanes];
        var vectors = (TVector*)source;
        for (var step = 0; step < Steps; step++)
        {
            StoreKeys(
                keys,
                step,
                KeyOfElements(TSimd.Load(vectors)),
                KeyOfElements(TSimd.Load(vectors + 1)),
                KeyOfElements(TSimd.Load(vectors + 2)),
                KeyOfElements(TSimd.Load(vectors + 3)));
            vectors += VectorsPerStep;
        }

        var largest = TSimd.LargestOfEach(keys);
        var magnitudes = TSimd.And(TSimd.ShiftRight32(largest, 1), TSimd.Broadcast(0x7FFF0000));
        var signs = TSimd.And(TSimd.ShiftLeft32(largest, 15), TSimd.Broadcast(0x80000000));
        return TElement.Widen<TSimd, TVector>(TSimd.Or(magnitudes, signs));
    }

    /// <summary>
    /// Magnitude first, sign last: the largest key is the peak, and of +m and −m it is −m. The larger of two elements
    /// in the upper half of their lane; what is below it does not matter.
    /// </summary>
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

    /// <summary>A group is one, two or four vectors; stores one vector of keys for each.</summary>
    [MethodImpl(Inline)]
    private static void StoreKeys(TVector* keys, int step, TVector first, TVector second, TVector third, TVector fourth)
    {
        if (TSimd.Lanes == 16)
        {
            keys[4 * step] = first;
            keys[4 * step + 1] = second;
            keys[4 * step + 2] = third;
            keys[4 * step + 3] = fourth;
        }
        else if (TSimd.Lanes == 8)
        {
            keys[2 * step] = TSimd.Max32(first, second);
            keys[2 * step + 1] = TSimd.Max32(third, fourth);
        }
        else
        {
            keys[step] = TSimd.Max32(TSimd.Max32(first, second), TSimd.Max32(third, fourth));
        }
    }

    /// <summary>Stores the scales of peaks in a row, and their inverses.</summary>
    /// <returns>Whether every scale is at least <see cref="IElement16.LeastScaleToFlush"/>.</returns>
    [MethodImpl(Compiled)]
    private static bool EncodeScales(TVector peaks, byte* row, int firstGroup, float* inverses, out uint specialGroups)
    {
        var sign = TSimd.Broadcast(0x80000000);
        var magnitudes = TSimd.And(peaks, TSimd.Broadcast(0x7FFFFFFF));
        var special = TSimd.GreaterThan32(magnitudes, TSimd.Broadcast(0x7F7FFFFF));
        magnitudes = TSimd.Max32(magnitudes, TSimd.Broadcast(CodeConstants<TWidth>.LeastPeak));
        magnitudes = TSimd.Subtract32(magnitudes, TSimd.Broadcast(CodeConstants<TWidth>.PeakToScale));
        magnitudes = TSimd.And(TSimd.Add32(magnitudes, TSimd.Broadcast(0xFFFF)), TSimd.Broadcast(0xFFFF0000));
        var scales = TSimd.Add32(magnitudes, TSimd.And(TSimd.Add32(peaks, sign), sign));
        scales = TSimd.Select(special, TSimd.Broadcast((uint)RowCodec.NaNScale << 16), scales);

        TSimd.Store32As16(row + RowLayout<TWidth>.Scales + firstGroup * sizeof(ushort), TSimd.ShiftRight32(scales, 16));
        TSimd.Store(inverses, TSimd.Divide(TSimd.Broadcast(0x3F800000), scales));
        specialGroups = TSimd.SignBits(special);
        return TSimd.SignBits(TSimd.GreaterThan32(TSimd.Broadcast(TElement.LeastScaleToFlush), magnitudes)) == 0;
    }

    [MethodImpl(Compiled)]
    private static void Quantize<TSource>(TSource source, float* inverses, byte* row, int firstGroup)
        where TSource : struct, ILaneSource<TVector>
    {
        var atom = firstGroup * (RowShape.GroupSize / RowShape.ElementsPerAtom);
        for (var vector = 0; vector < Steps * VectorsPerStep; vector += VectorsPerStep)
        {
            var first = TSimd.NarrowToBytes(
                CodesOf(source, vector, inverses),
                CodesOf(source, vector + 1, inverses));
            var second = TSimd.NarrowToBytes(
                CodesOf(source, vector + 2, inverses),
                CodesOf(source, vector + 3, inverses));
            CodePacking<TSimd, TVector, TWidth>.Store(row, atom, first, second);
            atom += 2 * AtomsPerVectorOfBytes;
        }
    }

    /// <summary>Codes of a vector of elements, 16 bits each, ready to be saturated to bytes.</summary>
    [MethodImpl(Inline)]
    private static TVector CodesOf<TSource>(TSource source, int vector, float* inverses)
        where TSource : struct, ILaneSource<TVector>
    {
        var inverse = TSimd.Broadcast(BitConverter.SingleToUInt32Bits(inverses[GroupOf(vector)]));
        var bias = TSimd.Broadcast(CodeConstants<TWidth>.SaturatingRoundingBias);
        var even = TSimd.FusedMultiplyAdd(source.Even(vector), inverse, bias);
        var odd = TSimd.FusedMultiplyAdd(source.Odd(vector), inverse, bias);
        return TSimd.Blend16(even, TSimd.ShiftLeft32(odd, 16));
    }

    /// <summary>
    /// With NaN for a scale, all of a group's codes are the greatest one, whatever bits the arithmetic left of the NaN.
    /// </summary>
    private static void MarkSpecialGroups(byte* row, int firstGroup, uint specialGroups)
    {
        for (var group = firstGroup; specialGroups != 0; group++, specialGroups >>= 1)
        {
            if ((specialGroups & 1) != 0)
            {
                RowLayout<TWidth>.FillWithTop(row, group);
            }
        }
    }

    /// <summary>Index in the batch of the group that a vector of elements belongs to.</summary>
    [MethodImpl(Inline)]
    private static int GroupOf(int vector) => (vector * TSimd.Lanes) >> 4;

    /// <summary>Sums what the ranks sent, keeps the sums and gives the peaks of the groups.</summary>
    [MethodImpl(Compiled), SkipLocalsInit]
    private static TVector SumRanks(byte* rows, nint stride, int worldSize, int firstGroup, TVector* sums)
    {
        var keys = stackalloc TVector[TSimd.Lanes];
        var zero = TSimd.Broadcast(0);
        var atom = firstGroup * (RowShape.GroupSize / RowShape.ElementsPerAtom);
        for (var step = 0; step < Steps; step++)
        {
            TVector even0 = zero, even1 = zero, even2 = zero, even3 = zero;
            TVector odd0 = zero, odd1 = zero, odd2 = zero, odd3 = zero;
            var row = rows;
            for (var rank = 0; rank < worldSize; rank++)
            {
                var scales = (ushort*)(row + RowLayout<TWidth>.Scales) + firstGroup;
                var vector = step * VectorsPerStep;
                var bytes = CodePacking<TSimd, TVector, TWidth>.Load(row, atom);
                var codes = TSimd.WidenLowerBytes(bytes);
                var scale = ScaleAt(scales, vector);
                even0 = TSimd.FusedMultiplyAdd(EvenSteps(codes), scale, even0);
                odd0 = TSimd.FusedMultiplyAdd(OddSteps(codes), scale, odd0);
                codes = TSimd.WidenUpperBytes(bytes);
                scale = ScaleAt(scales, vector + 1);
                even1 = TSimd.FusedMultiplyAdd(EvenSteps(codes), scale, even1);
                odd1 = TSimd.FusedMultiplyAdd(OddSteps(codes), scale, odd1);
                bytes = CodePacking<TSimd, TVector, TWidth>.Load(row, atom + AtomsPerVectorOfBytes);
                codes = TSimd.WidenLowerBytes(bytes);
                scale = ScaleAt(scales, vector + 2);
                even2 = TSimd.FusedMultiplyAdd(EvenSteps(codes), scale, even2);
                odd2 = TSimd.FusedMultiplyAdd(OddSteps(codes), scale, odd2);
                codes = TSimd.WidenUpperBytes(bytes);
                scale = ScaleAt(scales, vector + 3);
                even3 = TSimd.FusedMultiplyAdd(EvenSteps(codes), scale, even3);
                odd3 = TSimd.FusedMultiplyAdd(OddSteps(codes), scale, odd3);
                row += stride;
            }

            sums[0] = even0;
            sums[1] = odd0;
            sums[2] = even1;
            sums[3] = odd1;
            sums[4] = even2;
            sums[5] = odd2;
            sums[6] = even3;
            sums[7] = odd3;
            StoreKeys(
                keys,
                step,
                KeyOfSums(even0, odd0),
                KeyOfSums(even1, odd1),
                KeyOfSums(even2, odd2),
                KeyOfSums(even3, odd3));
            sums += 2 * VectorsPerStep;
            atom += 2 * AtomsPerVectorOfBytes;
        }

        var largest = TSimd.LargestOfEach(keys);
        return TSimd.Or(TSimd.ShiftRight32(largest, 1), TSimd.ShiftLeft32(largest, 31));
    }

    [MethodImpl(Inline)]
    private static TVector ScaleAt(ushort* scales, int vector) => TSimd.Broadcast((uint)scales[GroupOf(vector)] << 16);

    /// <summary>Of 16-bit codes, the even ones as f32, less the code of zero.</summary>
    [MethodImpl(Inline)]
    private static TVector EvenSteps(TVector codes) => TSimd.Subtract(
        TSimd.Blend16(codes, TSimd.Broadcast(CodeConstants<TWidth>.TwoTo23)),
        TSimd.Broadcast(CodeConstants<TWidth>.RoundingBias));

    /// <summary>Of 16-bit codes, the odd ones as f32, less the code of zero.</summary>
    [MethodImpl(Inline)]
    private static TVector OddSteps(TVector codes) => TSimd.Subtract(
        TSimd.Or(TSimd.ShiftRight32(codes, 16), TSimd.Broadcast(CodeConstants<TWidth>.TwoTo23)),
        TSimd.Broadcast(CodeConstants<TWidth>.RoundingBias));

    /// <summary>Reads a batch's scales, biased if all are in range.</summary>
    /// <returns>Whether all are in the element type's range.</returns>
    [MethodImpl(Inline)]
    private static bool LoadFactors(byte* row, int firstGroup, float* factors)
    {
        var (least, greatest) = TElement.ScaleRange(TWidth.Bits);
        var scales = TSimd.ShiftLeft32(
            TSimd.Load16As32(row + RowLayout<TWidth>.Scales + firstGroup * sizeof(ushort)),
            16);
        var magnitudes = TSimd.And(scales, TSimd.Broadcast(0x7FFFFFFF));
        var outside = TSimd.Or(
            TSimd.GreaterThan32(TSimd.Broadcast(least), magnitudes),
            TSimd.GreaterThan32(magnitudes, TSimd.Broadcast(greatest)));
        if (TSimd.SignBits(outside) != 0)
        {
            TSimd.Store(factors, scales);
            return false;
        }

        TSimd.Store(factors, TSimd.Subtract32(scales, TSimd.Broadcast(TElement.ScaleBias)));
        return true;
    }

    [MethodImpl(Compiled)]
    private static void Decode<TRange>(byte* row, int firstGroup, float* factors, ushort* destination)
        where TRange : struct, IRange
    {
        var atom = firstGroup * (RowShape.GroupSize / RowShape.ElementsPerAtom);
        var vectors = (TVector*)destination;
        for (var vector = 0; vector < Steps * VectorsPerStep; vector += 2)
        {
            var bytes = CodePacking<TSimd, TVector, TWidth>.Load(row, atom);
            var first = ElementsOf<TRange>(TSimd.WidenLowerBytes(bytes), factors, vector);
            var second = ElementsOf<TRange>(TSimd.WidenUpperBytes(bytes), factors, vector + 1);
            TSimd.Store(vectors + vector, first);
            TSimd.Store(vectors + vector + 1, second);
            atom += AtomsPerVectorOfBytes;
        }
    }

    // Fused with +0 rather than multiplied: zero steps of a negative scale are +0.
    [MethodImpl(Inline)]
    private static TVector ElementsOf<TRange>(TVector codes, float* factors, int vector)
        where TRange : struct, IRange
    {
        var factor = TSimd.Broadcast(BitConverter.SingleToUInt32Bits(factors[GroupOf(vector)]));
        var even = TSimd.FusedMultiplyAdd(EvenSteps(codes), factor, TSimd.Broadcast(0));
        var odd = TSimd.FusedMultiplyAdd(OddSteps(codes), factor, TSimd.Broadcast(0));
        return TRange.IsLimited
            ? TElement.NarrowInRange<TSimd, TVector>(even, odd, TWidth.Bits)
            : TElement.Narrow<TSimd, TVector>(even, odd);
    }

    /// <summary>Whether the scales of a batch are known to be in the element type's range.</summary>
    private interface IRange
    {
        static abstract bool IsLimited { get; }
    }

    private readonly struct InRange : IRange
    {
        public static bool IsLimited => true;
    }

    private readonly struct Anywhere : IRange
    {
        public static bool IsLimited => false;
    }
}
