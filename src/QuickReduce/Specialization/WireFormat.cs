#if QUICKREDUCE_CODEGEN
namespace QuickReduce.Codegen;
#else
namespace QuickReduce;
#endif

/// <summary>
/// How one row of elements is laid out on the wire. A row is what 256 lanes hold when each has one atom of
/// 8 elements: 2048 elements, 64 groups of 32. Everything that C# and the kernels need to agree on about bytes is
/// computed here and in <see cref="TwoShotGeometry"/>, and rendered into the kernels as constants.
/// </summary>
/// <remarks>
/// Quantised row, <c>b</c> bits per code: lane <c>l</c> (elements <c>8l … 8l+7</c>) owns a little-endian string of
/// <c>8·b</c> bits, code of element <c>8l+j</c> at bit <c>b·j</c>. The first four bytes of every lane's string form
/// plane 0, the rest plane 1, and so on (<see cref="PlaneWidths"/>), each plane contiguous by lane so that lanes
/// store side by side; then come the 64 scales, two bytes each, in group order.
/// </remarks>
public sealed class WireFormat
{
    /// <summary>Elements in an atom: what one lane loads or stores at once, 16 bytes.</summary>
    public const int ElementsPerAtom = 8;

    /// <summary>Lanes that work together on a row: the thread-block size on a GPU.</summary>
    public const int LanesPerRow = 256;

    /// <summary>Elements in a row.</summary>
    public const int ElementsPerRow = LanesPerRow * ElementsPerAtom;

    /// <summary>Elements that share one scale; consecutive in memory.</summary>
    public const int GroupSize = 32;

    /// <summary>Groups in a row.</summary>
    public const int GroupsPerRow = ElementsPerRow / GroupSize;

    /// <summary>Bytes of one scale (bfloat16).</summary>
    public const int ScaleBytes = 2;

    private static readonly WireFormat[] All =
    [
        new(QuantRegime.FP, 16, [16]),
        new(QuantRegime.Int8, 8, [8]),
        new(QuantRegime.Int6, 6, [4, 2]),
        new(QuantRegime.Int4, 4, [4]),
    ];

    private WireFormat(QuantRegime regime, int bitsPerCode, int[] planeWidths)
    {
        Regime = regime;
        BitsPerCode = bitsPerCode;
        PlaneWidths = planeWidths;
    }

    /// <summary>The regime whose format this is.</summary>
    public QuantRegime Regime { get; }

    /// <summary>Bits of one element's code; 16 in full precision.</summary>
    public int BitsPerCode { get; }

    /// <summary>Bytes per lane in each plane; they add up to <see cref="BitsPerCode"/>.</summary>
    public IReadOnlyList<int> PlaneWidths { get; }

    /// <summary>Whether elements are quantised (all regimes but full precision).</summary>
    public bool IsQuantized => Regime != QuantRegime.FP;

    /// <summary>Offset in a row of the scales, in bytes; the end of the row in full precision.</summary>
    public int ScaleOffset => LanesPerRow * BitsPerCode;

    /// <summary>Bytes of one row on the wire.</summary>
    public int RowBytes => ScaleOffset + (IsQuantized ? GroupsPerRow * ScaleBytes : 0);

    /// <summary>Mean bits per element on the wire, scales included.</summary>
    public double BitsPerElement => RowBytes * 8.0 / ElementsPerRow;

    /// <summary>The format of a regime.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="regime"/> is not a defined regime.</exception>
    public static WireFormat Of(QuantRegime regime) =>
        (uint)regime < (uint)All.Length
            ? All[(int)regime]
            : throw new ArgumentOutOfRangeException(nameof(regime), regime, "Unknown regime.");

    /// <summary>Offset in a row of a plane, in bytes.</summary>
    public int PlaneOffset(int plane)
    {
        var offset = 0;
        for (var i = 0; i < plane; i++)
        {
            offset += LanesPerRow * PlaneWidths[i];
        }

        return offset;
    }
}
