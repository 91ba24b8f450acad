using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>Where the parts of a quantised row are, as constants to the JIT.</summary>
/// <remarks>
/// Eight codes are one atom: a string of 8·bits bits. Its first 32 bits are in plane 0 and bits 32–47 in plane 1;
/// with eight bits per code there is one plane with whole atoms. <see cref="WireFormat"/> says so for everyone, and a
/// test holds the two together.
/// </remarks>
internal static unsafe class RowLayout<TWidth>
    where TWidth : struct, ICodeWidth
{
    /// <summary>Bytes of an atom in plane 0.</summary>
    public static int AtomBytes0
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TWidth.Bits == 8 ? 8 : 4;
    }

    /// <summary>Bytes of an atom in plane 1, none if there is no such plane.</summary>
    public static int AtomBytes1
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => TWidth.Bits - AtomBytes0;
    }

    /// <summary>Offset of plane 1.</summary>
    public static int Plane1
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => RowShape.LanesPerRow * AtomBytes0;
    }

    /// <summary>Offset of the scales.</summary>
    public static int Scales
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => RowShape.LanesPerRow * TWidth.Bits;
    }

    /// <summary>Bytes of a row.</summary>
    public static int RowBytes
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => Scales + RowShape.GroupsPerRow * WireFormat.ScaleBytes;
    }

    private const int AtomsPerGroup = RowShape.GroupSize / RowShape.ElementsPerAtom;

    /// <summary>Copies groups from a place in one row to a place in another.</summary>
    public static void CopyGroups(byte* source, int sourceGroup, byte* destination, int destinationGroup, int count)
    {
        var group0 = AtomsPerGroup * AtomBytes0;
        var group1 = AtomsPerGroup * AtomBytes1;
        Copy(source + sourceGroup * group0, destination + destinationGroup * group0, count * group0);
        Copy(source + Plane1 + sourceGroup * group1, destination + Plane1 + destinationGroup * group1, count * group1);
        Copy(
            source + Scales + sourceGroup * WireFormat.ScaleBytes,
            destination + Scales + destinationGroup * WireFormat.ScaleBytes,
            count * WireFormat.ScaleBytes);
    }

    /// <summary>Gives every element of a group the greatest code: all bits set, in every plane.</summary>
    public static void FillWithTop(byte* row, int group)
    {
        var group0 = AtomsPerGroup * AtomBytes0;
        var group1 = AtomsPerGroup * AtomBytes1;
        new Span<byte>(row + group * group0, group0).Fill(0xFF);
        new Span<byte>(row + Plane1 + group * group1, group1).Fill(0xFF);
    }

    private static void Copy(byte* source, byte* destination, int bytes) =>
        new Span<byte>(source, bytes).CopyTo(new Span<byte>(destination, bytes));
}
