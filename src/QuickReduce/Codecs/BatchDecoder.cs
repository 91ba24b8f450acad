using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>Decodes a batch of one row to 16-bit elements.</summary>
internal static unsafe class BatchDecoder<TSimd, TVector, TElement, TWidth, TGroup>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TElement : struct, IElement16
    where TWidth : struct, ICodeWidth
    where TGroup : struct, IGroupSize
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private const MethodImplOptions Compiled = MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization;

    /// <summary>Whether the scales of a batch are known to be in the element type's range.</summary>
    private interface IRange
    {
        static abstract bool IsLimited { get; }
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

    /// <summary>Reads a batch's scales, biased if all are in range.</summary>
    /// <returns>Whether all are in the element type's range.</returns>
    [MethodImpl(Inline)]
    private static bool LoadFactors(byte* row, int firstGroup, float* factors)
    {
        var (least, greatest) = TElement.ScaleRange(TWidth.Bits);
        var scales = TGroup.SharesExponents
            ? BatchSharedScales<TSimd, TVector, TWidth, TGroup>.Load(row, firstGroup)
            : TSimd.ShiftLeft32(TSimd.Load16As32(RowLayout<TWidth, TGroup>.Scale(row, firstGroup)), 16);
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
        var atom = Batch<TSimd, TVector, TGroup>.FirstAtom(firstGroup);
        var vectors = (TVector*)destination;
        for (var vector = 0; vector < Batch<TSimd, TVector, TGroup>.Vectors; vector += 2)
        {
            var bytes = CodePacking<TSimd, TVector, TWidth, TGroup>.Load(row, atom);
            var first = ElementsOf<TRange>(TSimd.WidenLowerBytes(bytes), factors, vector);
            var second = ElementsOf<TRange>(TSimd.WidenUpperBytes(bytes), factors, vector + 1);
            TSimd.Store(vectors + vector, first);
            TSimd.Store(vectors + vector + 1, second);
            atom += Batch<TSimd, TVector, TGroup>.AtomsPerVectorOfBytes;
        }
    }

    // Fused with +0 rather than multiplied: zero steps of a negative scale are +0.
    [MethodImpl(Inline)]
    private static TVector ElementsOf<TRange>(TVector codes, float* factors, int vector)
        where TRange : struct, IRange
    {
        var factor = Batch<TSimd, TVector, TGroup>.FactorOf(factors, vector);
        var even = TSimd.FusedMultiplyAdd(CodeSteps<TSimd, TVector, TWidth>.Even(codes), factor, TSimd.Broadcast(0));
        var odd = TSimd.FusedMultiplyAdd(CodeSteps<TSimd, TVector, TWidth>.Odd(codes), factor, TSimd.Broadcast(0));
        return TRange.IsLimited
            ? TElement.NarrowInRange<TSimd, TVector>(even, odd, TWidth.Bits)
            : TElement.Narrow<TSimd, TVector>(even, odd);
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
