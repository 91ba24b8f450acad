using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>Where the f32 values to encode come from, in vectors of even and of odd elements.</summary>
internal interface ILaneSource<TVector>
    where TVector : unmanaged
{
    /// <summary>The even elements of the vector of that index.</summary>
    TVector Even(int index);

    /// <summary>The odd elements of the vector of that index.</summary>
    TVector Odd(int index);
}

/// <summary>16-bit elements, finite ones exact; what the others give does not matter.</summary>
internal readonly unsafe struct FiniteElements<TSimd, TVector, TElement>(ushort* source) : ILaneSource<TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TElement : struct, IElement16
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Even(int index) =>
        TElement.WidenFinite<TSimd, TVector>(TSimd.ShiftLeft32(TSimd.Load((TVector*)source + index), 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Odd(int index) => TElement.WidenFinite<TSimd, TVector>(TSimd.Load((TVector*)source + index));
}

/// <summary>16-bit elements of which the subnormal ones need not be exact.</summary>
internal readonly unsafe struct FlushedElements<TSimd, TVector, TElement>(ushort* source) : ILaneSource<TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TElement : struct, IElement16
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Even(int index) =>
        TElement.WidenInGroup<TSimd, TVector>(TSimd.ShiftLeft32(TSimd.Load((TVector*)source + index), 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Odd(int index) => TElement.WidenInGroup<TSimd, TVector>(TSimd.Load((TVector*)source + index));
}

/// <summary>Sums as f32, a vector of even ones and one of odd ones by turns.</summary>
internal readonly unsafe struct Sums<TVector>(TVector* source) : ILaneSource<TVector>
    where TVector : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Even(int index) => source[2 * index];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Odd(int index) => source[2 * index + 1];
}
