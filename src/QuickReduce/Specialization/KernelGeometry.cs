#if QUICKREDUCE_CODEGEN
namespace QuickReduce.Codegen;
#else
namespace QuickReduce;
#endif

/// <summary>
/// How a variant's kernel cuts a message, and how a rank's workspace for it is laid out.
/// </summary>
/// <remarks>
/// <para>A message is cut into tiles of <see cref="RowsPerTile"/> rows (<see cref="WireFormat"/>). A block works on one
/// tile at a time, or on a few in a pipeline; the part of the workspace that it uses for them is its slot. Elements past the
/// end of the message count as zero.</para>
/// <para>Workspace of one rank, in bytes:</para>
/// <code>
/// 0             address of every rank's workspace, rank 0 first   (8 × 8)
/// EpochOffset   epoch of every slot                               (MaxSlots × 4)
/// FlagOffset    two-shot: flags [phase][slot][sender]             (2 × MaxSlots × world size × 4)
///               direct: flags [slot][sender]                      (MaxSlots × world size × 4)
/// DataOffset    two-shot: segments [slot][place][sender]          (slots × SlotBytes)
///               one-shot: packets [slot][parity of the epoch][sender][row]
///               direct: addresses of the sender's buffers, in packets [slot][sender]
/// </code>
/// <para>The offset of a slot never depends on the size of a call or of a grid: calls of different sizes can follow
/// each other without a reset. It does depend on the variant: each has workspaces of its own.</para>
/// </remarks>
public sealed class KernelGeometry
{
    /// <summary>Most ranks that a workspace's address table has room for.</summary>
    public const int MaxWorldSize = SpecializationRules.MaxWorldSize;

    /// <summary>Most tiles that can be in flight at once: the largest grid of a launch.</summary>
    public const int MaxSlots = 1024;

    /// <summary>Offset of the epochs in a workspace.</summary>
    public const int EpochOffset = MaxWorldSize * sizeof(ulong);

    /// <summary>Offset of the flags in a workspace.</summary>
    public const int FlagOffset = EpochOffset + MaxSlots * sizeof(uint);

    private const int SentTilesPerSlot = 3;
    private const int ReducedTilesPerSlot = 2;
    private const int DataAlignment = 256;
    private const int PacketBytes = 8;
    private const int WordBits = 32;
    private const int ScaleBits = 16; // a bfloat16 number, whatever the format of the scales in rows

    /// <summary>Creates the geometry of a variant.</summary>
    /// <exception cref="ArgumentException"><paramref name="variant"/> is not supported.</exception>
    public KernelGeometry(KernelVariant variant)
    {
        if (SpecializationRules.Refusal(variant) is { } refusal)
        {
            throw new ArgumentException(refusal, nameof(variant));
        }

        Variant = variant;
        Wire = WireFormat.Of(variant);
        RowsPerSegment = variant.Algorithm == AllReduceAlgorithm.TwoShot ? variant.AtomsPerThread / variant.WorldSize : variant.AtomsPerThread;
        RowsPerTile = variant.Algorithm == AllReduceAlgorithm.OneShot ? RowsPerSegment : variant.WorldSize * RowsPerSegment;
        ElementsPerLane = variant.Algorithm == AllReduceAlgorithm.OneShot && !Wire.IsQuantized ? Wire.ElementsPerAtom / 2 : Wire.ElementsPerAtom;
        ElementsPerTile = RowsPerTile * Wire.LanesPerRow * ElementsPerLane;
    }

    /// <summary>The variant whose geometry this is.</summary>
    public KernelVariant Variant { get; }

    /// <summary>Layout of a row on the wire.</summary>
    public WireFormat Wire { get; }

    /// <summary>
    /// Rows of a tile that one rank reduces: in one-shot all of them, otherwise its segment, of which a thread has all
    /// atoms in direct and one rank's share in two-shot.
    /// </summary>
    public int RowsPerSegment { get; }

    /// <summary>Rows in a tile.</summary>
    public int RowsPerTile { get; }

    /// <summary>
    /// Elements that a lane has of a row: an atom's; in one-shot in full precision half an atom's, so that a short message
    /// keeps more lanes busy and each waits for fewer packets.
    /// </summary>
    public int ElementsPerLane { get; }

    /// <summary>Elements in a tile.</summary>
    public int ElementsPerTile { get; }

    /// <summary>Two-shot: bytes of a segment on the wire.</summary>
    public int SegmentBytes => RowsPerSegment * Wire.RowBytes;

    /// <summary>
    /// One-shot: 32-bit words that a lane sends of a row: its codes and the scale of its group, or its elements.
    /// </summary>
    public int WordsPerLane => Wire.IsQuantized
        ? (ElementsPerLane * Wire.BitsPerCode + ScaleBits + WordBits - 1) / WordBits
        : ElementsPerLane * Wire.BytesPerElement * 8 / WordBits;

    /// <summary>One-shot: bytes of a row in packets, each of one word and its flag.</summary>
    public int PacketRowBytes => Wire.LanesPerRow * WordsPerLane * PacketBytes;

    /// <summary>
    /// Whether a block has several tiles in flight: in two-shot with integer codes. In full precision, more tiles in flight
    /// would take more of the caches than waiting costs.
    /// </summary>
    public bool IsPipelined => Variant.Algorithm == AllReduceAlgorithm.TwoShot && Wire.IsQuantized;

    /// <summary>
    /// Tiles that a slot has room for where each phase ends for all ranks before the next begins, as it does on the CPU.
    /// </summary>
    public int TilesPerSlot => IsPipelined ? ReducedTilesPerSlot : 1;

    /// <summary>
    /// Bytes that one slot takes in a workspace: in two-shot one segment per place and sender, two places for one tile and
    /// five for the tiles of a pipeline; in one-shot one tile of packets per parity and sender, in direct four packets per sender.
    /// </summary>
    public int SlotBytes => Variant.WorldSize * Variant.Algorithm switch
    {
        AllReduceAlgorithm.TwoShot => (IsPipelined ? SentTilesPerSlot + ReducedTilesPerSlot : 2) * SegmentBytes,
        AllReduceAlgorithm.OneShot => 2 * RowsPerTile * PacketRowBytes,
        _ => 4 * PacketBytes,
    };

    /// <summary>Offset of the slots in a workspace.</summary>
    public int DataOffset
    {
        get
        {
            var flags = MaxSlots * Variant.WorldSize * sizeof(uint) * Variant.Algorithm switch
            {
                AllReduceAlgorithm.TwoShot => 2,
                AllReduceAlgorithm.OneShot => 0,
                _ => 1,
            };
            return (FlagOffset + flags + DataAlignment - 1) / DataAlignment * DataAlignment;
        }
    }

    /// <summary>Tiles of a message of <paramref name="elementCount"/> elements.</summary>
    public long TileCount(long elementCount) => (elementCount + ElementsPerTile - 1) / ElementsPerTile;

    /// <summary>
    /// Most elements of whole tiles that are within a number of bytes, and at least one tile. Groups that share a scale don't
    /// straddle tiles: a message can be cut there into several without a change to any bit of the result.
    /// </summary>
    public long ElementsWithin(long maxBytes) => Math.Max(1, maxBytes / Wire.BytesPerElement / ElementsPerTile) * ElementsPerTile;

    /// <summary>Bytes of a workspace with room for <paramref name="slots"/> tiles in flight.</summary>
    public long WorkspaceBytes(int slots) => DataOffset + (long)slots * SlotBytes;

    /// <summary>
    /// Bytes that one rank sends to the others in one all-reduce. Two-shot: in each of the two phases
    /// (world size − 1)/world size of the message in its wire format; direct moves as much, a half of it by being read.
    /// One-shot: the message to every other rank, in packets.
    /// </summary>
    public long WireBytes(long elementCount)
    {
        var others = Variant.WorldSize - 1;
        if (Variant.Algorithm != AllReduceAlgorithm.OneShot)
        {
            return 2 * Wire.MessageBytes(elementCount) * others / Variant.WorldSize;
        }

        var pieces = (elementCount + ElementsPerLane - 1) / ElementsPerLane;
        return pieces * WordsPerLane * PacketBytes * others;
    }
}
