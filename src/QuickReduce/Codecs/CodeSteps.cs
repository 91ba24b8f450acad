using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>Codes of 16 bits as the f32 that a scale is multiplied with: whole steps, less the code of zero.</summary>
internal static class CodeSteps<TSimd, TVector, TWidth>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TWidth : struct, ICodeWidth
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>Steps of the even codes.</summary>
    [MethodImpl(Inline)]
    public static TVector Even(TVector codes) => TSimd.Subtract(
        TSimd.Blend16(codes, TSimd.Broadcast(CodeConstants<TWidth>.TwoTo23)),
        TSimd.Broadcast(CodeConstants<TWidth>.RoundingBias));

    /// <summary>Steps of the odd codes.</summary>
    [MethodImpl(Inline)]
    public static TVector Odd(TVector codes) => TSimd.Subtract(
        TSimd.Or(TSimd.ShiftRight32(codes, 16), TSimd.Broadcast(CodeConstants<TWidth>.TwoTo23)),
        TSimd.Broadcast(CodeConstants<TWidth>.RoundingBias));
}
