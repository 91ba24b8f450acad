namespace QuickReduce.Cli.Bench.Cpu;

/// <summary>A rank that all-reduces with others: a thread, or this process.</summary>
internal interface IRank
{
    /// <summary>Number of ranks.</summary>
    int WorldSize { get; }

    /// <summary>This rank's number.</summary>
    int Index { get; }

    /// <summary>Sums the ranks' inputs; every rank gets the same sum.</summary>
    void AllReduce<T>(AllReduceMode mode, ReadOnlySpan<T> input, Span<T> output)
        where T : unmanaged;
}

/// <summary>A rank of a group within this process.</summary>
internal readonly struct ThreadRank(AllReduceRank rank) : IRank
{
    public int WorldSize => rank.WorldSize;

    public int Index => rank.Index;

    public void AllReduce<T>(AllReduceMode mode, ReadOnlySpan<T> input, Span<T> output)
        where T : unmanaged => rank.AllReduce(mode, input, output);
}

/// <summary>The rank that this process is.</summary>
internal readonly struct ProcessRank(Communicator communicator) : IRank
{
    public int WorldSize => communicator.WorldSize;

    public int Index => communicator.Rank;

    public void AllReduce<T>(AllReduceMode mode, ReadOnlySpan<T> input, Span<T> output)
        where T : unmanaged => communicator.AllReduce(mode, input, output);
}
