namespace QuickReduce.Collectives.Gpu;

/// <summary>
/// Where the workspaces of a group's kernels are in every rank's memory: one for each layout, so that calls with different
/// layouts never share a byte. A slow rank may still read its part of one call while a fast one writes that of the next.
/// Variants whose workspaces look alike down to the lane share one, as calls of one variant do: to the protocol they are
/// the same.
/// </summary>
internal sealed class WorkspaceLayout
{
    private const int Alignment = 256;

    private readonly List<WorkspaceRegion> _regions = [];

    /// <summary>Lays out the workspaces of kernels, and tells each kernel where its own begins.</summary>
    public WorkspaceLayout(IReadOnlyList<GpuKernel> kernels)
    {
        foreach (var sameLayout in kernels.GroupBy(LayoutOf))
        {
            foreach (var kernel in sameLayout)
            {
                kernel.WorkspaceOffset = Bytes;
            }

            var region = new WorkspaceRegion(Bytes, [.. sameLayout]);
            _regions.Add(region);
            Bytes += (region.Bytes + Alignment - 1) / Alignment * Alignment;
        }
    }

    /// <summary>Bytes of one rank's memory.</summary>
    public long Bytes { get; }

    /// <summary>One for each layout.</summary>
    public IReadOnlyList<WorkspaceRegion> Regions => _regions;

    /// <summary>Those whose kernels have been called.</summary>
    public IEnumerable<WorkspaceRegion> RegionsInUse => _regions.Where(static region => region.MostBlocks > 0);

    // What decides where each lane finds its part. The world size is the same for all.
    private static (AllReduceAlgorithm Algorithm, int Lanes, int Rows, int SlotBytes) LayoutOf(GpuKernel kernel) =>
        (kernel.Variant.Algorithm, kernel.Variant.BlockSize, kernel.Geometry.RowsPerTile, kernel.Geometry.SlotBytes);
}

/// <summary>The workspace of a layout within each rank's memory.</summary>
/// <param name="Offset">Where it begins, in bytes.</param>
/// <param name="Kernels">The kernels that use it.</param>
internal sealed record WorkspaceRegion(long Offset, IReadOnlyList<GpuKernel> Kernels)
{
    public KernelGeometry Geometry => Kernels[0].Geometry;

    public AllReduceAlgorithm Algorithm => Geometry.Variant.Algorithm;

    public int WorldSize => Geometry.Variant.WorldSize;

    /// <summary>Phases that end with flags.</summary>
    public int FlagPhases => Algorithm switch
    {
        AllReduceAlgorithm.TwoShot => 2,
        AllReduceAlgorithm.OneShot => 0,
        _ => 1,
    };

    public long Bytes => Geometry.WorkspaceBytes(Kernels.Max(static kernel => kernel.MaxBlocks));

    /// <summary>Bytes from the start up to the last flag: all, where data holds flags of its own.</summary>
    public long BytesWithFlags => Algorithm == AllReduceAlgorithm.TwoShot ? Geometry.DataOffset : Bytes;

    /// <summary>Most blocks that a call of any of the kernels had so far.</summary>
    public int MostBlocks => Kernels.Max(static kernel => kernel.MostBlocks);

    /// <summary>Most tiles that one block had in a call so far.</summary>
    public int MostTurns => Kernels.Max(static kernel => kernel.MostTurns);

    /// <summary>32-bit words of a slot.</summary>
    public int SlotWords => Geometry.SlotBytes / sizeof(uint);

    /// <summary>One-shot: words of the packets that a sender has in one half of a slot.</summary>
    public int PartWords => Geometry.RowsPerTile * Geometry.PacketRowBytes / sizeof(uint);

    /// <summary>One-shot: index, in words from the first slot, of a sender's first flag in a half; each slot has two.</summary>
    public int FlagOfPart(int half, int sender) => (half * WorldSize + sender) * PartWords + 1;

    /// <summary>Index of a flag, in words from the start of the workspace.</summary>
    public int FlagIndex(int phase, int slot, int sender) =>
        KernelGeometry.FlagOffset / sizeof(uint) + (phase * KernelGeometry.MaxSlots + slot) * WorldSize + sender;
}
