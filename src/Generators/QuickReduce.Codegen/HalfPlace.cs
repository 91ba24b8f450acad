namespace QuickReduce.Codegen;

/// <summary>
/// Where a code of some width lies in its word when it is picked out as a half: at bit p of the upper or lower half, below
/// the exponent, so that the half is the subnormal code · 2^(p − 24).
/// </summary>
/// <remarks>
/// A half has 10 bits for that, so p + bits is at most 10. Codes that lie elsewhere are shifted, all by the same distance
/// where that will do, so that one mask picks the codes of both halves.
/// </remarks>
internal readonly struct HalfPlace
{
    private const int HalfBits = 16;
    private const int SignificandBits = 10;
    private const int SubnormalBits = 24; // the least half is 2^−24
    private const int CommonShift = 8;

    private readonly int _bits;
    private readonly int _position;

    /// <summary>The place of a code.</summary>
    /// <param name="bits">Width of a code.</param>
    /// <param name="index">Number of the code in its word.</param>
    public HalfPlace(int bits, int index)
    {
        var start = bits * index;
        Shift = new[] { 0, CommonShift, start % HalfBits }.First(shift => shift <= start && (start - shift) % HalfBits + bits <= SignificandBits);
        IsUpper = start - Shift >= HalfBits;
        _bits = bits;
        _position = (start - Shift) % HalfBits;
    }

    /// <summary>By how much the word is shifted to the right.</summary>
    public int Shift { get; }

    /// <summary>Whether the code then lies in the upper half of the word.</summary>
    public bool IsUpper { get; }

    /// <summary>The bits of a code at this place of either half.</summary>
    public uint Mask => (((1u << _bits) - 1) << _position) * 0x10001;

    /// <summary>What the half has to be multiplied with to be the code.</summary>
    public int Factor => 1 << (SubnormalBits - _position);
}
