using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>
/// Codes as bytes to and from their planes. A code, then two, four and eight of them move together in lanes of 8, 16,
/// 32 and 64 bits: three steps for every width of code, and none for whole bytes.
/// </summary>
internal static unsafe class CodePacking<TSimd, TVector, TWidth>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TWidth : struct, ICodeWidth
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;

    /// <summary>A code in the lower byte of each 16 bits.</summary>
    private static uint EvenCodes
    {
        [MethodImpl(Inline)]
        get => CodeConstants<TWidth>.Mask * 0x00010001;
    }

    /// <summary>Two codes in the lower half of each 32 bits.</summary>
    private static uint TwoCodes
    {
        [MethodImpl(Inline)]
        get => (1u << (2 * TWidth.Bits)) - 1;
    }

    /// <summary>Packs two vectors of bytes, which may have junk above the codes, into their atoms' planes.</summary>
    [MethodImpl(Inline)]
    public static void Store(byte* row, int firstAtom, TVector first, TVector second)
    {
        var plane0 = row + firstAtom * RowLayout<TWidth>.AtomBytes0;
        if (TWidth.Bits == 8)
        {
            TSimd.Store(plane0, first);
            TSimd.Store(plane0 + sizeof(TVector), second);
            return;
        }

        first = MergeFour(first);
        second = MergeFour(second);
        var firstShifted = TSimd.ShiftRight64(first, 32 - 4 * TWidth.Bits);
        var secondShifted = TSimd.ShiftRight64(second, 32 - 4 * TWidth.Bits);
        var four = TSimd.Broadcast((1u << (4 * TWidth.Bits)) - 1);
        TSimd.Store(plane0, TSimd.NarrowLower32(
            TSimd.Select(four, first, firstShifted),
            TSimd.Select(four, second, secondShifted)));
        if (TWidth.Bits == 6)
        {
            var plane1 = row + RowLayout<TWidth>.Plane1 + firstAtom * RowLayout<TWidth>.AtomBytes1;
            TSimd.Store32As16(plane1, TSimd.NarrowUpper32(firstShifted, secondShifted));
        }
    }

    /// <summary>Reads as many codes as a vector has bytes, one to a byte.</summary>
    [MethodImpl(Inline)]
    public static TVector Load(byte* row, int firstAtom)
    {
        var plane0 = row + firstAtom * RowLayout<TWidth>.AtomBytes0;
        if (TWidth.Bits == 8)
        {
            return TSimd.Load(plane0);
        }

        var atoms = TSimd.Load32As64(plane0);
        if (TWidth.Bits == 6)
        {
            var plane1 = row + RowLayout<TWidth>.Plane1 + firstAtom * RowLayout<TWidth>.AtomBytes1;
            atoms = TSimd.Or(atoms, TSimd.ShiftLeft64(TSimd.Load16As64(plane1), 32));
        }

        var four = TSimd.Blend32(atoms, TSimd.ShiftLeft64(atoms, 32 - 4 * TWidth.Bits));
        var two = TSimd.Blend16(four, TSimd.ShiftLeft32(four, 16 - 2 * TWidth.Bits));
        return TSimd.Or(
            TSimd.And(two, TSimd.Broadcast(EvenCodes)),
            TSimd.And(TSimd.ShiftLeft32(two, 8 - TWidth.Bits), TSimd.Broadcast(EvenCodes << 8)));
    }

    [MethodImpl(Inline)]
    private static TVector MergeFour(TVector bytes)
    {
        var two = TSimd.Or(
            TSimd.And(bytes, TSimd.Broadcast(EvenCodes)),
            TSimd.And(TSimd.ShiftRight32(bytes, 8 - TWidth.Bits), TSimd.Broadcast(EvenCodes << TWidth.Bits)));
        return TSimd.Or(
            TSimd.And(two, TSimd.Broadcast(TwoCodes)),
            TSimd.And(TSimd.ShiftRight32(two, 16 - 2 * TWidth.Bits), TSimd.Broadcast(TwoCodes << (2 * TWidth.Bits))));
    }
}
