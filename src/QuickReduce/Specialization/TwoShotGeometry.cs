#if QUICKREDUCE_CODEGEN
namespace QuickReduce.Codegen;
#else
namespace QuickReduce;
#endif

/// <summary>
/// How a message is cut for the two-shot all-reduce, and how a rank's workspace is laid out.
/// </summary>
/// <remarks>
/// <para>A message is cut into tiles; a tile into one segment per rank, which that rank reduces; a segment into
/// rows (<see cref="WireFormat"/>). Elements past the end of the message count as zero.</para>
/// <para>Workspace of one rank, in bytes:</para>
/// <code>
/// 0                 address of every rank's workspace, rank 0 first   (8 × 8)
/// EpochOffset       epoch of every slot                               (MaxSlots × 4)
/// FlagOffset        flags [phase][slot][sender]                       (2 × MaxSlots × world size × 4)
/// DataOffset        segments [slot][phase][sender]                    (slots × SlotBytes)
/// </code>
/// <para>The offset of a slot never depends on the size of a call or of a grid: calls of different sizes can follow
/// each other without a reset.</para>
/// </remarks>
public sealed class TwoShotGeometry
{
    /// <summary>Most ranks that a workspace's address table has room for.</summary>
    public const int MaxWorldSize = 8;

    /// <summary>Most tiles that can be in flight at once: the largest grid of a launch.</summary>
    public const int MaxSlots = 1024;

    /// <summary>Offset of the epochs in a workspace.</summary>
    public const int EpochOffset = MaxWorldSize * sizeof(ulong);

    /// <summary>Offset of the flags in a workspace.</summary>
    public const int FlagOffset = EpochOffset + MaxSlots * sizeof(uint);

    private const int DataAlignment = 256;

    /// <summary>Creates the geometry of a variant.</summary>
    /// <exception cref="ArgumentException"><paramref name="variant"/> is not supported.</exception>
    public TwoShotGeometry(KernelVariant variant)
    {
        if (!variant.IsSupported)
        {
            throw new ArgumentException("No kernel can be generated for " + variant.DataType + ", " + variant.Regime + ", world size " + variant.WorldSize + ".", nameof(variant));
        }

        Variant = variant;
        Wire = WireFormat.Of(variant.Regime);
    }

    /// <summary>The variant whose geometry this is.</summary>
    public KernelVariant Variant { get; }

    /// <summary>Layout of a row on the wire.</summary>
    public WireFormat Wire { get; }

    /// <summary>Rows in a segment.</summary>
    public int RowsPerSegment => MaxWorldSize / Variant.WorldSize;

    /// <summary>Elements in a segment.</summary>
    public int ElementsPerSegment => RowsPerSegment * WireFormat.ElementsPerRow;

    /// <summary>Elements in a tile.</summary>
    public int ElementsPerTile => Variant.WorldSize * ElementsPerSegment;

    /// <summary>Bytes of a segment on the wire.</summary>
    public int SegmentBytes => RowsPerSegment * Wire.RowBytes;

    /// <summary>Bytes that one slot takes in a workspace: one segment per sender and phase.</summary>
    public int SlotBytes => 2 * Variant.WorldSize * SegmentBytes;

    /// <summary>Offset of the segments in a workspace.</summary>
    public int DataOffset =>
        (FlagOffset + 2 * MaxSlots * Variant.WorldSize * sizeof(uint) + DataAlignment - 1) / DataAlignment * DataAlignment;

    /// <summary>Tiles of a message of <paramref name="elementCount"/> elements.</summary>
    public long TileCount(long elementCount) => (elementCount + ElementsPerTile - 1) / ElementsPerTile;

    /// <summary>Bytes of a workspace with room for <paramref name="slots"/> tiles in flight.</summary>
    public long WorkspaceBytes(int slots) => DataOffset + (long)slots * SlotBytes;

    /// <summary>
    /// Bytes that one rank sends to the others in one all-reduce: in each of the two phases
    /// (world size − 1)/world size of the message in its wire format, rounded up to whole groups.
    /// </summary>
    public long WireBytes(long elementCount)
    {
        var groups = (elementCount + WireFormat.GroupSize - 1) / WireFormat.GroupSize;
        var groupBits = WireFormat.GroupSize * Wire.BitsPerCode + (Wire.IsQuantized ? WireFormat.ScaleBytes * 8 : 0);
        return 2 * groups * (groupBits / 8) * (Variant.WorldSize - 1) / Variant.WorldSize;
    }
}
