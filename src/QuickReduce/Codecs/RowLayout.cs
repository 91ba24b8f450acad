using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>Where the parts of a quantised row are, as constants to the JIT.</summary>
/// <remarks>
/// Eight codes are one atom: a string of 8·bits bits, cut into pieces of 8, 4, 2 and 1 bytes, the largest first, each
/// piece in a plane of its own. A width's binary digits say which pieces it has. <see cref="WireFormat"/> says so for
/// everyone, and a test holds the two together.
/// </remarks>
internal static unsafe class RowLayout<TWidth, TGroup>
    where TWidth : struct, ICodeWidth
    where TGroup : struct, IGroupSize
{
    /// <summary>Offset of the scales.</summary>
    public static int Scales
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => RowCodec.LanesPerRow * TWidth.Bits;
    }

    /// <summary>Bytes of a row.</summary>
    public static int RowBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Scales + RowCodec.ElementsPerRow / TGroup.Elements / GroupsPerField * FieldBytes;
    }

    /// <summary>Groups whose scales are encoded together.</summary>
    public static int GroupsPerField
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TGroup.SharesExponents ? SharedExponent.Groups : 1;
    }

    /// <summary>Bytes of the scales that are encoded together.</summary>
    private static int FieldBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TGroup.SharesExponents ? sizeof(uint) : sizeof(ushort);
    }

    /// <summary>Atoms of a group.</summary>
    public static int AtomsPerGroup
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TGroup.Elements / RowCodec.ElementsPerAtom;
    }

    /// <summary>Groups that hold some of the elements, and those whose scales are encoded together with theirs.</summary>
    public static int GroupCount(int elementCount)
    {
        var fieldElements = TGroup.Elements * GroupsPerField;
        return (elementCount + fieldElements - 1) / fieldElements * GroupsPerField;
    }

    /// <summary>Whether there is a plane of pieces of this many bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasPlane(int pieceBytes) => (TWidth.Bits & pieceBytes) != 0;

    /// <summary>An atom's place in the plane of pieces of this many bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Piece(byte* row, int pieceBytes, int atom) =>
        row + RowCodec.LanesPerRow * (TWidth.Bits & ~(2 * pieceBytes - 1)) + atom * pieceBytes;

    /// <summary>The place of a group's scale, where each has its own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort* Scale(byte* row, int group) => (ushort*)(row + Scales) + group;

    /// <summary>The place of the scales of four groups that share an exponent; the first of them is given.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint* SharedScales(byte* row, int group) => (uint*)(row + Scales) + (nint)((uint)group / SharedExponent.Groups);

    /// <summary>Copies groups, which all of their scales' fields belong to, from a place in one row to a place in another.</summary>
    public static void CopyGroups(byte* source, int sourceGroup, byte* destination, int destinationGroup, int count)
    {
        for (var piece = sizeof(ulong); piece > 0; piece >>= 1)
        {
            if (HasPlane(piece))
            {
                Copy(
                    Piece(source, piece, sourceGroup * AtomsPerGroup),
                    Piece(destination, piece, destinationGroup * AtomsPerGroup),
                    count * AtomsPerGroup * piece);
            }
        }

        Copy(
            source + Scales + sourceGroup / GroupsPerField * FieldBytes,
            destination + Scales + destinationGroup / GroupsPerField * FieldBytes,
            count / GroupsPerField * FieldBytes);
    }

    /// <summary>Gives every element of a group the greatest code: all bits set, in every plane.</summary>
    public static void FillWithTop(byte* row, int group)
    {
        for (var piece = sizeof(ulong); piece > 0; piece >>= 1)
        {
            if (HasPlane(piece))
            {
                new Span<byte>(Piece(row, piece, group * AtomsPerGroup), AtomsPerGroup * piece).Fill(0xFF);
            }
        }
    }

    private static void Copy(byte* source, byte* destination, int bytes) =>
        new Span<byte>(source, bytes).CopyTo(new Span<byte>(destination, bytes));
}
