#if QUICKREDUCE_CODEGEN
namespace QuickReduce.Codegen;
#else
namespace QuickReduce;
#endif

/// <summary>
/// How one row of elements is laid out on the wire. A row is what the lanes of a block hold when each has one atom of
/// 16 bytes: 2048 elements of 16 bits in a block of 256. Everything that C# and the kernels need to agree on about bytes
/// is computed here and in <see cref="KernelGeometry"/>, and rendered into the kernels as constants.
/// </summary>
/// <remarks>
/// Quantised row, <c>b</c> bits per code: lane <c>l</c> (elements <c>8l … 8l+7</c>) owns a little-endian string of
/// <c>b</c> bytes, code of element <c>8l+j</c> at bit <c>b·j</c>. The string is cut into pieces of 8, 4, 2 and 1 bytes,
/// the largest first (<see cref="PlaneWidths"/>); the first pieces of all lanes form plane 0, the next ones plane 1, and
/// so on, each plane contiguous by lane so that lanes store side by side. Then come the scales: two bytes for each group, in
/// group order, or four for each four groups that share an exponent.
/// </remarks>
public sealed class WireFormat
{
    /// <summary>Bytes of an atom: what one lane loads or stores at once.</summary>
    public const int AtomBytes = 16;

    private const int GroupsOfSharedExponent = 4;
    private const int BytesOfSharedExponent = 4;
    private const int BytesOfBFloat16 = 2;

    private readonly int[] _planeWidths;

    /// <summary>Creates the format of a data type and a mode.</summary>
    /// <param name="dataType">Element type.</param>
    /// <param name="mode">How elements travel.</param>
    /// <param name="lanesPerRow">Lanes of a row, one of <see cref="SpecializationRules.BlockSizes"/>.</param>
    /// <exception cref="ArgumentException">There is no such format.</exception>
    public WireFormat(DataType dataType, AllReduceMode mode, int lanesPerRow = SpecializationRules.DefaultBlockSize)
    {
        var variant = new KernelVariant(dataType, mode, SpecializationRules.MaxWorldSize) { BlockSize = lanesPerRow };
        if (SpecializationRules.Refusal(variant) is { } refusal)
        {
            throw new ArgumentException(refusal, nameof(mode));
        }

        Regime = mode.Regime;
        GroupSize = mode.GroupSize;
        ScaleFormat = mode.ScaleFormat;
        LanesPerRow = lanesPerRow;
        BytesPerElement = SizeOf(dataType);
        _planeWidths = IsQuantized ? PlanesOf(BitsPerCode) : [AtomBytes];
    }

    /// <summary>The regime whose format this is.</summary>
    public QuantRegime Regime { get; }

    /// <summary>Whether elements are quantised (all regimes but full precision).</summary>
    public bool IsQuantized => Regime != QuantRegime.FP;

    /// <summary>Bytes of one element in memory.</summary>
    public int BytesPerElement { get; }

    /// <summary>Elements in an atom.</summary>
    public int ElementsPerAtom => AtomBytes / BytesPerElement;

    /// <summary>Lanes that work together on a row: the block size on a GPU.</summary>
    public int LanesPerRow { get; }

    /// <summary>Elements in a row.</summary>
    public int ElementsPerRow => LanesPerRow * ElementsPerAtom;

    /// <summary>Elements that share one scale, consecutive in memory; 0 in full precision.</summary>
    public int GroupSize { get; }

    /// <summary>How scales travel.</summary>
    public ScaleFormat ScaleFormat { get; }

    /// <summary>Groups, consecutive in memory, whose scales are encoded together: four where they share an exponent, else 1.</summary>
    public int GroupsPerScaleField => ScaleFormat == ScaleFormat.SharedExponent ? GroupsOfSharedExponent : 1;

    /// <summary>Bytes of what is encoded together: 4 where groups share an exponent, else 2.</summary>
    public int ScaleFieldBytes => ScaleFormat == ScaleFormat.SharedExponent ? BytesOfSharedExponent : BytesOfBFloat16;

    /// <summary>Neighbouring lanes that hold a group; 0 in full precision.</summary>
    public int LanesPerGroup => GroupSize / ElementsPerAtom;

    /// <summary>Groups in a row; 0 in full precision.</summary>
    public int GroupsPerRow => IsQuantized ? ElementsPerRow / GroupSize : 0;

    /// <summary>Bits of one element's code; all its bits in full precision.</summary>
    public int BitsPerCode => IsQuantized ? (int)Regime : 8 * BytesPerElement;

    /// <summary>Bytes per lane in each plane; they add up to those of a lane's codes.</summary>
    public IReadOnlyList<int> PlaneWidths => _planeWidths;

    /// <summary>Offset in a row of the scales, in bytes; the end of the row in full precision.</summary>
    public int ScaleOffset => ElementsPerRow * BitsPerCode / 8;

    /// <summary>Bytes of one row on the wire.</summary>
    public int RowBytes => ScaleOffset + GroupsPerRow / GroupsPerScaleField * ScaleFieldBytes;

    /// <summary>Mean bits per element on the wire, scales included.</summary>
    public double BitsPerElement => RowBytes * 8.0 / ElementsPerRow;

    /// <summary>The format of a variant.</summary>
    /// <exception cref="ArgumentException">There is no such format.</exception>
    public static WireFormat Of(KernelVariant variant) => new(variant.DataType, variant.Mode, variant.BlockSize);

    /// <summary>Bytes of one element in memory.</summary>
    public static int SizeOf(DataType dataType) => dataType == DataType.Float32 ? 4 : 2;

    /// <summary>Offset in a row of a plane, in bytes.</summary>
    public int PlaneOffset(int plane) => LanesPerRow * _planeWidths.Take(plane).Sum();

    /// <summary>Bytes of a message on the wire, rounded up to whole groups, four where they share an exponent.</summary>
    public long MessageBytes(long elementCount)
    {
        if (!IsQuantized)
        {
            return elementCount * BytesPerElement;
        }

        var elementsPerField = GroupSize * GroupsPerScaleField;
        var fields = (elementCount + elementsPerField - 1) / elementsPerField;
        return fields * (elementsPerField * BitsPerCode / 8 + ScaleFieldBytes);
    }

    private static int[] PlanesOf(int bytes)
    {
        const int Widest = 8;
        var count = 0;
        for (var width = Widest; width > 0; width >>= 1)
        {
            count += (bytes & width) != 0 ? 1 : 0;
        }

        var planes = new int[count];
        var plane = 0;
        for (var width = Widest; width > 0; width >>= 1)
        {
            if ((bytes & width) != 0)
            {
                planes[plane++] = width;
            }
        }

        return planes;
    }
}
