namespace QuickReduce.Collectives.Gpu;

/// <summary>One variant's kernel, ready to be launched for every rank of a group.</summary>
/// <param name="index">Its number within the group.</param>
/// <param name="variant">The variant.</param>
/// <param name="functions">Its function on the device of every rank of this process.</param>
/// <param name="maxBlocks">Most blocks of a rank.</param>
/// <param name="maxBytes">Most bytes of a message that one launch takes.</param>
internal sealed class GpuKernel(int index, KernelVariant variant, nint[] functions, int maxBlocks, long maxBytes)
{
    private int _mostBlocks;
    private int _mostTurns;

    /// <summary>Its number within the group.</summary>
    public int Index { get; } = index;

    /// <summary>The variant.</summary>
    public KernelVariant Variant { get; } = variant;

    /// <summary>How it cuts a message.</summary>
    public KernelGeometry Geometry { get; } = new(variant);

    /// <summary>Threads of a block.</summary>
    public int ThreadsPerBlock { get; } = variant.BlockSize;

    /// <summary>Most elements of a message that one launch takes: whole tiles.</summary>
    public nint ElementsAtOnce { get; } = (nint)new KernelGeometry(variant).ElementsWithin(maxBytes);

    /// <summary>Most blocks of a rank; the same on all ranks.</summary>
    public int MaxBlocks { get; private set; } = maxBlocks;

    /// <summary>Offset of its workspace within a rank's shared memory.</summary>
    public long WorkspaceOffset { get; set; }

    /// <summary>Blocks that a call had at most so far; 0 where there was none.</summary>
    public int MostBlocks => Volatile.Read(ref _mostBlocks);

    /// <summary>Tiles that a block had at most in a call so far.</summary>
    public int MostTurns => Volatile.Read(ref _mostTurns);

    /// <summary>Its function on the device of a rank of this process.</summary>
    /// <param name="index">The how manieth of this process's ranks.</param>
    public nint Function(int index) => functions[index];

    /// <summary>Lowers the number of blocks to what other ranks can have too; before the first call.</summary>
    public void LimitBlocks(int blocks) => MaxBlocks = int.Min(MaxBlocks, blocks);

    /// <summary>
    /// Blocks for a message of at least one element that is about to be launched: as few as need the same number of turns as all
    /// would. Remembered for whoever has to end the kernel's wait. Thread-safe.
    /// </summary>
    public int BlocksToLaunch(long elementCount)
    {
        var tiles = Geometry.TileCount(elementCount);
        var turns = tiles <= MaxBlocks ? 1 : (tiles + MaxBlocks - 1) / MaxBlocks;
        var blocks = (int)(turns == 1 ? tiles : (tiles + turns - 1) / turns);
        Raise(ref _mostTurns, (int)turns);
        Raise(ref _mostBlocks, blocks);
        return blocks;
    }

    private static void Raise(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); seen < value; seen = Volatile.Read(ref most))
        {
            _ = Interlocked.CompareExchange(ref most, value, seen);
        }
    }
}
