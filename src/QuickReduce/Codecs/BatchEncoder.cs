using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>From the peaks and the f32 values of a batch's groups to their scales and codes.</summary>
internal static unsafe class BatchEncoder<TSimd, TVector, TWidth, TGroup>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TWidth : struct, ICodeWidth
    where TGroup : struct, IGroupSize
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private const MethodImplOptions Compiled = MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization;

    /// <summary>Stores the scales of peaks in a row, and their inverses.</summary>
    /// <param name="peaks">One to a lane.</param>
    /// <param name="row">The row.</param>
    /// <param name="firstGroup">The first of the groups.</param>
    /// <param name="inverses">Where the inverses go, one for each group.</param>
    /// <param name="specialGroups">Bit i: group i is NaN, for it holds a NaN or an infinity or shares an exponent with one that does.</param>
    /// <returns>Magnitudes of the scales, as f32; arbitrary for special groups.</returns>
    [MethodImpl(Inline)]
    public static TVector EncodeScales(TVector peaks, byte* row, int firstGroup, float* inverses, out uint specialGroups) =>
        TGroup.SharesExponents
            ? BatchSharedScales<TSimd, TVector, TWidth, TGroup>.Encode(peaks, row, firstGroup, inverses, out specialGroups)
            : EncodeOwnScales(peaks, row, firstGroup, inverses, out specialGroups);

    /// <summary>Stores the codes of values in a row.</summary>
    [MethodImpl(Compiled)]
    public static void Quantize<TSource>(TSource source, float* inverses, byte* row, int firstGroup)
        where TSource : struct, ILaneSource<TVector>
    {
        var atom = Batch<TSimd, TVector, TGroup>.FirstAtom(firstGroup);
        for (var vector = 0; vector < Batch<TSimd, TVector, TGroup>.Vectors; vector += Batch<TSimd, TVector, TGroup>.VectorsPerStep)
        {
            var first = TSimd.NarrowToBytes(
                CodesOf(source, vector, inverses),
                CodesOf(source, vector + 1, inverses));
            var second = TSimd.NarrowToBytes(
                CodesOf(source, vector + 2, inverses),
                CodesOf(source, vector + 3, inverses));
            CodePacking<TSimd, TVector, TWidth, TGroup>.Store(row, atom, first, second);
            atom += 2 * Batch<TSimd, TVector, TGroup>.AtomsPerVectorOfBytes;
        }
    }

    /// <summary>
    /// With NaN for a scale, all of a group's codes are the greatest one, whatever bits the arithmetic left of the NaN.
    /// </summary>
    public static void MarkSpecialGroups(byte* row, int firstGroup, uint specialGroups)
    {
        for (var group = firstGroup; specialGroups != 0; group++, specialGroups >>= 1)
        {
            if ((specialGroups & 1) != 0)
            {
                RowLayout<TWidth, TGroup>.FillWithTop(row, group);
            }
        }
    }

    [MethodImpl(Compiled)]
    private static TVector EncodeOwnScales(TVector peaks, byte* row, int firstGroup, float* inverses, out uint specialGroups)
    {
        var sign = TSimd.Broadcast(0x80000000);
        var magnitudes = TSimd.And(peaks, TSimd.Broadcast(0x7FFFFFFF));
        var special = TSimd.GreaterThan32(magnitudes, TSimd.Broadcast(0x7F7FFFFF));
        magnitudes = TSimd.Max32(magnitudes, TSimd.Broadcast(CodeConstants<TWidth>.LeastPeak));
        magnitudes = TSimd.Subtract32(magnitudes, TSimd.Broadcast(CodeConstants<TWidth>.PeakToScale));
        magnitudes = TSimd.And(TSimd.Add32(magnitudes, TSimd.Broadcast(0xFFFF)), TSimd.Broadcast(0xFFFF0000));
        var scales = TSimd.Add32(magnitudes, TSimd.And(TSimd.Add32(peaks, sign), sign));
        scales = TSimd.Select(special, TSimd.Broadcast((uint)RowCodec.NaNScale << 16), scales);

        TSimd.Store32As16(RowLayout<TWidth, TGroup>.Scale(row, firstGroup), TSimd.ShiftRight32(scales, 16));
        TSimd.Store(inverses, TSimd.Divide(TSimd.Broadcast(0x3F800000), scales));
        specialGroups = TSimd.SignBits(special);
        return magnitudes;
    }

    /// <summary>Codes of a vector of elements, 16 bits each, ready to be saturated to bytes.</summary>
    [MethodImpl(Inline)]
    private static TVector CodesOf<TSource>(TSource source, int vector, float* inverses)
        where TSource : struct, ILaneSource<TVector>
    {
        var inverse = Batch<TSimd, TVector, TGroup>.FactorOf(inverses, vector);
        var bias = TSimd.Broadcast(CodeConstants<TWidth>.SaturatingRoundingBias);
        var even = TSimd.FusedMultiplyAdd(source.Even(vector), inverse, bias);
        var odd = TSimd.FusedMultiplyAdd(source.Odd(vector), inverse, bias);
        return TSimd.Blend16(even, TSimd.ShiftLeft32(odd, 16));
    }
}
