namespace QuickReduce.Collectives.Gpu;

/// <summary>One variant's kernel, ready to be launched for every rank of a group.</summary>
/// <param name="index">Its number within the group.</param>
/// <param name="variant">The variant.</param>
/// <param name="functions">Its function on every rank's device.</param>
/// <param name="maxBlocks">Most blocks of a rank.</param>
internal sealed class GpuKernel(int index, KernelVariant variant, nint[] functions, int maxBlocks)
{
    private int _mostBlocks;

    /// <summary>Its number within the group.</summary>
    public int Index { get; } = index;

    /// <summary>The variant.</summary>
    public KernelVariant Variant { get; } = variant;

    /// <summary>How it cuts a message.</summary>
    public KernelGeometry Geometry { get; } = new(variant);

    /// <summary>Most blocks of a rank.</summary>
    public int MaxBlocks { get; } = maxBlocks;

    /// <summary>Offset of its workspace within a rank's shared memory.</summary>
    public long WorkspaceOffset { get; set; }

    /// <summary>Blocks that a call had at most so far; 0 where there was none.</summary>
    public int MostBlocks => Volatile.Read(ref _mostBlocks);

    /// <summary>Its function on a rank's device.</summary>
    public nint Function(int rank) => functions[rank];

    /// <summary>Blocks for a message of at least one element: as few as need the same number of turns as all would.</summary>
    public int Blocks(long elementCount)
    {
        var tiles = Geometry.TileCount(elementCount);
        var turns = (tiles + MaxBlocks - 1) / MaxBlocks;
        return (int)((tiles + turns - 1) / turns);
    }

    /// <summary>Remembers how many blocks a call is about to launch, for whoever has to end their wait. Thread-safe.</summary>
    public void Remember(int blocks)
    {
        for (var seen = MostBlocks; seen < blocks; seen = MostBlocks)
        {
            _ = Interlocked.CompareExchange(ref _mostBlocks, blocks, seen);
        }
    }
}
