namespace QuickReduce.Collectives.Hosts;

/// <summary>How a message is shared out among the ranks of a host, of which each exchanges its part with the other hosts.</summary>
/// <param name="Elements">Elements of the message, or of the piece of it that goes at once.</param>
/// <param name="Ranks">Ranks of the host.</param>
/// <param name="ElementBytes">Bytes of an element.</param>
internal readonly record struct HostParts(long Elements, int Ranks, int ElementBytes)
{
    /// <summary>Elements of what ranks of one host add up to hear of each other.</summary>
    public const int BarrierElements = 64;

    // Below it a part costs its latency, not its bytes.
    private const int LeastBytes = 32 * 1024;

    // Parts begin at cache lines in any element type.
    private const int Unit = 64;

    /// <summary>Elements of each rank's part; the last ones may have fewer, or none.</summary>
    public long PartElements { get; } = RoundUp(long.Max((Elements + Ranks - 1) / Ranks, LeastBytes / ElementBytes));

    /// <summary>Bytes of device memory that each rank keeps: two places for its part, in turn, and one for the barrier.</summary>
    public static long MemoryBytes(long stagingBytes) => 2 * stagingBytes + BarrierElements * sizeof(float);

    /// <summary>Elements that go at once.</summary>
    public static long MostElements(long stagingBytes, int ranks, int elementBytes) => stagingBytes / elementBytes / Unit * Unit * ranks;

    /// <summary>First element of a rank's part.</summary>
    public long First(int rank) => rank * PartElements;

    /// <summary>Elements of a rank's part.</summary>
    public long Count(int rank) => long.Clamp(Elements - First(rank), 0, PartElements);

    private static long RoundUp(long elements) => (elements + Unit - 1) / Unit * Unit;
}
