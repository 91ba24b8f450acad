using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>
/// Codes as bytes to and from their planes. A code, then two, four and eight of them move together in lanes of 8, 16,
/// 32 and 64 bits: three steps for every width of code, and none for whole bytes. The string of eight is then cut into
/// its pieces.
/// </summary>
internal static unsafe class CodePacking<TSimd, TVector, TWidth, TGroup>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TWidth : struct, ICodeWidth
    where TGroup : struct, IGroupSize
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
        if (TWidth.Bits == 8)
        {
            TSimd.Store(Piece(row, 8, firstAtom), first);
            TSimd.Store(Piece(row, 8, firstAtom) + sizeof(TVector), second);
            return;
        }

        first = MergeFour(first);
        second = MergeFour(second);
        var firstShifted = TSimd.ShiftRight64(first, 32 - 4 * TWidth.Bits);
        var secondShifted = TSimd.ShiftRight64(second, 32 - 4 * TWidth.Bits);
        var four = TSimd.Broadcast((1u << (4 * TWidth.Bits)) - 1);
        var lower = TSimd.NarrowLower32(
            TSimd.Select(four, first, firstShifted),
            TSimd.Select(four, second, secondShifted));
        if (!HasPlane(4))
        {
            StorePieces(row, firstAtom, lower);
            return;
        }

        TSimd.Store(Piece(row, 4, firstAtom), lower);
        if (HasPlane(2) || HasPlane(1))
        {
            StorePieces(row, firstAtom, TSimd.NarrowUpper32(firstShifted, secondShifted));
        }
    }

    /// <summary>Reads as many codes as a vector has bytes, one to a byte.</summary>
    [MethodImpl(Inline)]
    public static TVector Load(byte* row, int firstAtom)
    {
        if (TWidth.Bits == 8)
        {
            return TSimd.Load(Piece(row, 8, firstAtom));
        }

        var atoms = LoadPieces(row, firstAtom);
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

    /// <summary>Stores the pieces of two bytes and of one, which lie in this order in the lanes, above them zeros.</summary>
    [MethodImpl(Inline)]
    private static void StorePieces(byte* row, int firstAtom, TVector lanes)
    {
        if (!HasPlane(1))
        {
            TSimd.Store32As16(Piece(row, 2, firstAtom), lanes);
        }
        else if (!HasPlane(2))
        {
            TSimd.Store32As8(Piece(row, 1, firstAtom), lanes);
        }
        else
        {
            TSimd.Store32As16(Piece(row, 2, firstAtom), TSimd.And(lanes, TSimd.Broadcast(0xFFFF)));
            TSimd.Store32As8(Piece(row, 1, firstAtom), TSimd.ShiftRight32(lanes, 16));
        }
    }

    /// <summary>Half a vector of atoms, each as one string.</summary>
    [MethodImpl(Inline)]
    private static TVector LoadPieces(byte* row, int firstAtom)
    {
        var atoms = TSimd.Broadcast(0);
        if (HasPlane(4))
        {
            atoms = TSimd.Load32As64(Piece(row, 4, firstAtom));
        }

        if (HasPlane(2))
        {
            var pieces = TSimd.Load16As64(Piece(row, 2, firstAtom));
            atoms = HasPlane(4) ? TSimd.Or(atoms, TSimd.ShiftLeft64(pieces, 32)) : pieces;
        }

        return HasPlane(1)
            ? TSimd.Or(atoms, TSimd.ShiftLeft64(TSimd.Load8As64(Piece(row, 1, firstAtom)), 8 * (TWidth.Bits - 1)))
            : atoms;
    }

    [MethodImpl(Inline)]
    private static bool HasPlane(int pieceBytes) => RowLayout<TWidth, TGroup>.HasPlane(pieceBytes);

    [MethodImpl(Inline)]
    private static byte* Piece(byte* row, int pieceBytes, int atom) => RowLayout<TWidth, TGroup>.Piece(row, pieceBytes, atom);
}
