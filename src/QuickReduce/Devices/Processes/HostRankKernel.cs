using QuickReduce.Devices.Host;

namespace QuickReduce.Devices.Processes;

/// <summary>
/// One rank's phases of a generated kernel on this processor, with workspaces in memory that the ranks share. Flags are
/// raised and awaited between the phases, by the caller, and not by the kernel.
/// </summary>
/// <remarks>
/// A rank's part of each region is a workspace of its own, as <see cref="KernelGeometry"/> lays it out; a tile of a chunk
/// has a slot, or its share of one. Processes map the memory at different addresses: a rank's workspaces hold the addresses that hold for it,
/// which no other rank reads.
/// </remarks>
internal sealed unsafe class HostRankKernel : RankKernel
{
    private readonly int _tileElements;
    private readonly int _slots;
    private readonly delegate* unmanaged<HostPhaseArguments*, uint, uint, void> _send;
    private readonly delegate* unmanaged<HostPhaseArguments*, uint, uint, void> _reduce;
    private readonly delegate* unmanaged<HostPhaseArguments*, uint, uint, void> _receive;

    public HostRankKernel(KernelVariant variant, HostLibrary library, int regionBytes)
        : base(variant, regionBytes)
    {
        _tileElements = Geometry.ElementsPerTile;
        _slots = int.Min(KernelGeometry.MaxSlots, (regionBytes - Geometry.DataOffset) / Geometry.SlotBytes) * Geometry.TilesPerSlot;
        var isTwoShot = variant.Algorithm == AllReduceAlgorithm.TwoShot;
        _send = Phase(1);
        _reduce = isTwoShot ? Phase(2) : null;
        _receive = Phase(isTwoShot ? 3 : 2);

        delegate* unmanaged<HostPhaseArguments*, uint, uint, void> Phase(int phase) =>
            (delegate* unmanaged<HostPhaseArguments*, uint, uint, void>)library.EntryPoint(variant.KernelName + "_phase" + phase, LibraryUse.OfAllReduce(variant.ToString()));
    }

    /// <summary>Bytes that a rank's part of a region needs for any of a set's kernels.</summary>
    public static long LeastRegionBytes(KernelSet kernels, int worldSize) => kernels.Variants
        .Where(variant => variant.WorldSize == worldSize)
        .Max(static variant => new KernelGeometry(variant).WorkspaceBytes(slots: 1));

    /// <summary>Writes into a rank's workspace of a region where this process sees those of all ranks.</summary>
    public static void Prepare(byte* region, nint rankStride, int rank, int worldSize)
    {
        var addresses = (ulong*)(region + rank * rankStride);
        for (var peer = 0; peer < worldSize; peer++)
        {
            addresses[peer] = (ulong)(region + peer * rankStride);
        }
    }

    public override int Hops(nint elementCount) => _reduce == null ? 1 : 2;

    public override int ChunkElements(nint elementCount) => _slots * _tileElements;

    public override void Send(in RankCall call, in RankChunk chunk) => Run(_send, call, chunk);

    public override void Reduce(in RankCall call, in RankChunk chunk) => Run(_reduce, call, chunk);

    public override void Receive(in RankCall call, in RankChunk chunk) => Run(_receive, call, chunk);

    private void Run(delegate* unmanaged<HostPhaseArguments*, uint, uint, void> phase, in RankCall call, in RankChunk chunk)
    {
        var arguments = new HostPhaseArguments
        {
            Input = call.Input,
            Output = call.Output,
            Workspace = chunk.Region + call.Rank * RankStride,
            ElementCount = (ulong)call.ElementCount,
            Rank = (uint)call.Rank,
        };
        var firstTile = (uint)(chunk.First / _tileElements);
        var tiles = (uint)((chunk.Count + _tileElements - 1) / _tileElements);
        for (uint slot = 0; slot < tiles; slot++)
        {
            phase(&arguments, firstTile + slot, slot);
        }
    }
}
