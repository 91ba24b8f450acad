using Scriban.Runtime;

namespace QuickReduce.Codegen;

/// <summary>What the template of an algorithm sees of one variant: geometry, and how much it keeps in flight.</summary>
internal sealed class VariantModel
{
    private const int MostRowsAtOnceInTwoShot = 8;
    private const int MostRowsAtOnceInOneShot = 4; // each goes to all other ranks, not to one
    private const int RegistersPerMultiprocessor = 65536;
    private const int MostRegistersPerThread = 128;
    private const int SharedBytesPerBlock = 48 << 10; // without asking for more

    private readonly KernelVariant _variant;
    private readonly KernelGeometry _geometry;

    private VariantModel(KernelVariant variant)
    {
        _variant = variant;
        _geometry = new KernelGeometry(variant);
    }

    /// <summary>Whether a loop of the kernel must stay one, because its body for every row would be too long.</summary>
    public bool KeepsLoops => IsLong || _geometry.IsPipelined || (_variant.Algorithm == AllReduceAlgorithm.OneShot && LoadsRowsTogether);

    /// <summary>Whether encoded rows may be staged in shared memory: where a tile's, and a segment's, fit into what every block may have.</summary>
    public bool StagesRows => FitsShared(_variant.WorldSize + 1);

    /// <summary>Whether what a rank would send itself may stay there as well: of two tiles the own segment, and its sums.</summary>
    public bool KeepsOwn => FitsShared(_variant.WorldSize - 1 + 2 * 2);

    /// <summary>Whether a tile has rows to load together.</summary>
    public bool LoadsRowsTogether => _variant.Algorithm == AllReduceAlgorithm.Direct ? RowsAtOnce > 1 : _geometry.RowsPerTile > 1;

    /// <summary>The most rows that divide what a rank has of a tile evenly and whose elements a thread has registers for.</summary>
    private int RowsAtOnce => Enumerable.Range(1, MostRowsAtOnce).Last(rows => RowsOfLoop % rows == 0);

    private int MostRowsAtOnce => _variant.Algorithm switch
    {
        AllReduceAlgorithm.TwoShot => MostRowsAtOnceInTwoShot,
        AllReduceAlgorithm.OneShot => MostRowsAtOnceInOneShot,
        _ => Math.Max(1, MostRowsAtOnceInTwoShot / _variant.WorldSize), // a row of every rank's
    };

    private int RowsOfLoop => _variant.Algorithm == AllReduceAlgorithm.Direct ? _geometry.RowsPerSegment : _geometry.RowsPerTile;

    private bool IsLong => RowsAtOnce < RowsOfLoop;

    /// <summary>
    /// Registers that a thread may have. Two-shot lives off many blocks on a multiprocessor and has few of them; direct has
    /// few blocks, and much to keep in flight in each. One-shot is faster with few, where all ranks' packets fit with room to
    /// spare: with four ranks, not with eight (H200).
    /// </summary>
    private int RegistersPerThread => _variant.Algorithm switch
    {
        AllReduceAlgorithm.TwoShot => MostRegistersPerThread / 2,
        AllReduceAlgorithm.OneShot when RegistersOfPackets(_variant.WorldSize) <= MostRegistersPerThread / 8 => MostRegistersPerThread / 2,
        _ => MostRegistersPerThread,
    };

    private int BlocksPerMultiprocessor => Math.Max(1, RegistersPerMultiprocessor / RegistersPerThread / _variant.BlockSize);

    /// <summary>One-shot: the ranks whose packets fill no more than half of a thread's registers.</summary>
    private int RanksAtOnce
    {
        get
        {
            var registers = Math.Min(MostRegistersPerThread, RegistersPerMultiprocessor / _variant.BlockSize) / 2;
            var ranks = registers / RegistersOfPackets(1);
            var turns = (_variant.WorldSize + ranks - 1) / ranks;
            return (_variant.WorldSize + turns - 1) / turns;
        }
    }

    /// <summary>One-shot: registers of a lane's packets of some ranks, each a word and a flag.</summary>
    private int RegistersOfPackets(int ranks) => 2 * _geometry.WordsPerLane * ranks;

    public static VariantModel Of(KernelVariant variant) => new(variant);

    public ScriptObject ToScript() => new()
    {
        { "algorithm", KernelVariant.NameOf(_variant.Algorithm) },
        { "scope", _variant.ScopeName },
        { "kernel_name", _variant.KernelName },
        { "world_size", _variant.WorldSize },
        { "rows_per_segment", _geometry.RowsPerSegment },
        { "rows_per_tile", _geometry.RowsPerTile },
        { "rows_at_once", RowsAtOnce },
        { "ranks_at_once", RanksAtOnce },
        { "is_long", IsLong },
        { "is_staged", StagesRows },
        { "keeps_own", KeepsOwn },
        { "blocks", BlocksPerMultiprocessor },
        { "piece", _geometry.Wire.IsQuantized ? "Atom" : "Half" },
        { "elements_per_tile", _geometry.ElementsPerTile },
        { "segment_bytes", _geometry.SegmentBytes },
        { "packet_row_bytes", _geometry.PacketRowBytes },
        { "slot_bytes", _geometry.SlotBytes },
        { "data_offset", _geometry.DataOffset },
    };

    private bool FitsShared(int segments) => _geometry.IsPipelined && segments * _geometry.SegmentBytes <= SharedBytesPerBlock;
}
