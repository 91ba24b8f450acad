namespace QuickReduce.Codegen;

/// <summary>
/// Where a code of some width lies in its word when it is picked out as a float: at bit p, below the exponent of
/// 2^(23 − p), so that the float is 2^(23 − p) plus the code.
/// </summary>
/// <remarks>
/// A float has 23 bits for that, so p + bits is at most 23. And p is at least 9 − bits: then the float of the code of
/// zero has so few significant bits that its product with a scale, which has eight, is exact. Codes that lie elsewhere
/// are shifted, by one distance for all those that are too low and one for all that are too high.
/// </remarks>
internal readonly struct CodePlace
{
    private const int MantissaBits = 23;
    private const int ScaleBits = 8;
    private const int ExponentBias = 127;
    private const int LeftShift = 8;
    private const int RightShift = 12;

    private readonly int _bits;
    private readonly int _position;

    /// <summary>The place of a code.</summary>
    /// <param name="bits">Width of a code.</param>
    /// <param name="index">Number of the code in its word.</param>
    public CodePlace(int bits, int index)
    {
        var position = bits * index;
        Shift = position < MinPosition(bits) ? LeftShift : position + bits > MantissaBits ? -RightShift : 0;
        _bits = bits;
        _position = position + Shift;
    }

    /// <summary>By how much the word is shifted to the left; negative to the right.</summary>
    public int Shift { get; }

    /// <summary>The code's bits in the shifted word.</summary>
    public uint Mask => ((1u << _bits) - 1) << _position;

    /// <summary>What stands above and below them: the bits of 2^(23 − p).</summary>
    public uint Base => (uint)(ExponentBias + MantissaBits - _position) << MantissaBits;

    /// <summary>The float of the code of zero.</summary>
    public int Zero => (1 << (MantissaBits - _position)) + (1 << (_bits - 1));

    private static int MinPosition(int bits) => ScaleBits + 1 - bits;
}
