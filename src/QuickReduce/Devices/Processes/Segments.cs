namespace QuickReduce.Devices.Processes;

/// <summary>How a chunk is shared out among the ranks that reduce it: one segment each, the last ones shorter or empty.</summary>
internal readonly struct Segments
{
    private readonly nint _count;

    /// <summary>Cuts a chunk.</summary>
    /// <param name="count">Elements of the chunk.</param>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="unit">Segments begin at multiples of this many elements.</param>
    public Segments(nint count, int worldSize, int unit)
    {
        _count = count;
        var share = (count + worldSize - 1) / worldSize;
        Length = (share + unit - 1) / unit * unit;
    }

    /// <summary>Elements of a whole segment.</summary>
    public nint Length { get; }

    /// <summary>First element of a rank's segment, counted within the chunk.</summary>
    public nint First(int rank) => nint.Min(rank * Length, _count);

    /// <summary>Elements of a rank's segment.</summary>
    public nint Count(int rank) => nint.Min(Length, _count - First(rank));
}
