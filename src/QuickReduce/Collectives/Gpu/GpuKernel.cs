namespace QuickReduce.Collectives.Gpu;

/// <summary>One variant's kernel, ready to be launched for every rank of a group.</summary>
/// <param name="index">Its number within the group.</param>
/// <param name="variant">The variant.</param>
/// <param name="functions">Its function on every rank's device.</param>
/// <param name="maxBlocks">Most blocks of a rank.</param>
internal sealed class GpuKernel(int index, KernelVariant variant, nint[] functions, int maxBlocks)
{
    private int _mostTurns;
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

    /// <summary>Tiles that one block had at most in a call so far; 0 where nothing was called.</summary>
    public int MostTurns => Volatile.Read(ref _mostTurns);

    /// <summary>Blocks that a call had at most so far.</summary>
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

    /// <summary>Remembers what a call is about to launch, for whoever has to end its wait.</summary>
    public void Remember(long elementCount, int blocks)
    {
        Raise(ref _mostTurns, (int)((Geometry.TileCount(elementCount) + blocks - 1) / blocks));
        Raise(ref _mostBlocks, blocks);
    }

    private static void Raise(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); seen < value; seen = Volatile.Read(ref most))
        {
            _ = Interlocked.CompareExchange(ref most, value, seen);
        }
    }
}
