namespace QuickReduce.Collectives.Gpu;

/// <summary>One variant's kernel, ready to be launched for every rank of a group.</summary>
/// <param name="index">Its number within the group.</param>
/// <param name="variant">The variant.</param>
/// <param name="functions">Its function on every rank's device.</param>
/// <param name="maxBlocks">Most blocks of a rank.</param>
internal sealed class GpuKernel(int index, KernelVariant variant, nint[] functions, int maxBlocks)
{
    /// <summary>Its number within the group.</summary>
    public int Index { get; } = index;

    /// <summary>The variant.</summary>
    public KernelVariant Variant { get; } = variant;

    /// <summary>How it cuts a message.</summary>
    public TwoShotGeometry Geometry { get; } = new(variant);

    /// <summary>Most blocks of a rank.</summary>
    public int MaxBlocks { get; } = maxBlocks;

    /// <summary>Offset of its workspace within a rank's shared memory.</summary>
    public long WorkspaceOffset { get; set; }

    /// <summary>Its function on a rank's device.</summary>
    public nint Function(int rank) => functions[rank];

    /// <summary>Blocks for a message: as few as need the same number of turns as all would.</summary>
    public int Blocks(long elementCount)
    {
        var tiles = Geometry.TileCount(elementCount);
        var turns = (tiles + MaxBlocks - 1) / MaxBlocks;
        return (int)((tiles + turns - 1) / turns);
    }
}
