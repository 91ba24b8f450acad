namespace QuickReduce.Codecs;

/// <summary>A 16-bit element type: its conversions to and from f32, one at a time and in vectors.</summary>
/// <remarks>
/// Vectors of elements are taken apart into the even and the odd ones, each in 32-bit lanes: that takes no
/// instruction across lanes, and a shift at most. A lane's element sits in its upper half, where the sign is in place.
/// </remarks>
internal interface IElement16
{
    /// <summary>Exact f32 value.</summary>
    static abstract float Widen(ushort bits);

    /// <summary>Nearest element, ties to even; 0x7FFF for every NaN.</summary>
    static abstract ushort Narrow(float value);

    /// <summary>
    /// Whether <see cref="WidenInGroup"/> is good enough for encoding with scales of at least
    /// <see cref="LeastScaleToFlush"/> only; otherwise it is always exact.
    /// </summary>
    static abstract bool FlushesInGroup { get; }

    /// <summary>Bits of the least scale, as f32, for which <see cref="WidenInGroup"/> leads to the right codes.</summary>
    static abstract uint LeastScaleToFlush { get; }

    /// <summary>Exact f32 values of what is in the upper halves; lower halves are ignored.</summary>
    static abstract TVector Widen<TSimd, TVector>(TVector upperHalves)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged;

    /// <summary>Exact f32 values of what is in the upper halves, if it is finite.</summary>
    static abstract TVector WidenFinite<TSimd, TVector>(TVector upperHalves)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged;

    /// <summary>
    /// f32 values of finite elements, fast; elements below the least normal may come out as anything below it.
    /// </summary>
    static abstract TVector WidenInGroup<TSimd, TVector>(TVector upperHalves)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged;

    /// <summary>Nearest elements of even and odd f32 lanes, put together; 0x7FFF for every NaN.</summary>
    static abstract TVector Narrow<TSimd, TVector>(TVector even, TVector odd)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged;

    /// <summary>The same for f32 that are no NaN.</summary>
    static abstract TVector NarrowNumbers<TSimd, TVector>(TVector even, TVector odd)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged;

    /// <summary>
    /// f32 values of finite elements, times a power of two of the type's own that changes no rounding of their sums.
    /// </summary>
    static abstract TVector WidenForSum<TSimd, TVector>(TVector upperHalves)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged;

    /// <summary>Nearest elements of sums of <see cref="WidenForSum"/>, even and odd lanes put together.</summary>
    static abstract TVector NarrowSum<TSimd, TVector>(TVector even, TVector odd)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged;

    /// <summary>Bits of infinity; what is greater, sign apart, is NaN.</summary>
    static abstract ushort Infinity { get; }

    /// <summary>
    /// Bits of the least and the greatest magnitude of scales, as f32, for which <see cref="NarrowInRange"/> works.
    /// </summary>
    static abstract (uint Least, uint Greatest) ScaleRange(int bitsPerCode);

    /// <summary>What the bits of a scale are reduced by before codes are multiplied for <see cref="NarrowInRange"/>.</summary>
    static abstract uint ScaleBias { get; }

    /// <summary>
    /// Nearest elements of codes times biased scales within <see cref="ScaleRange"/>, even and odd put together.
    /// </summary>
    static abstract TVector NarrowInRange<TSimd, TVector>(TVector even, TVector odd, int bitsPerCode)
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged;
}
