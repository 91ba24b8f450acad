namespace QuickReduce.Collectives.Processes;

/// <summary>
/// Where things are in the memory that the processes of a group share.
/// </summary>
/// <remarks>
/// <code>
/// 0                 fault record, one for the group             (4096)
/// 4096              board of every rank: two lines of flag and request, its presence, its processors   (world size × 4096)
/// DataOffset        data: [region][rank]                        (Regions × world size × RegionBytes)
/// </code>
/// <para>A rank writes only to its own board and its own part of the data, except for the generated kernels, which write
/// to the rank that will read, and outputs in shared buffers, which have memory of their own. Regions are used in turn, one per epoch (<see cref="EpochBoard"/>).</para>
/// </remarks>
internal readonly struct SharedLayout(int worldSize, int regionBytes)
{
    /// <summary>Version of all that the ranks share; they agree on it before they map anything.</summary>
    public const int Version = 3;

    /// <summary>
    /// Regions per rank. What region i holds may be read until its reader raises i + 3 (<see cref="CallSchedule"/>), and
    /// whoever writes to region i + n has seen all raise i + n − 1: so four. A power of two, to survive the wrap-around.
    /// </summary>
    public const int Regions = 4;

    /// <summary>Number of ranks.</summary>
    public int WorldSize => worldSize;

    /// <summary>Bytes of a rank's part of a region, a multiple of 4096.</summary>
    public int RegionBytes => regionBytes;

    /// <summary>Offset of the data.</summary>
    public int DataOffset => FaultBoard.BoardBytes * (1 + worldSize);

    /// <summary>Bytes from one rank's part of a region to the next rank's.</summary>
    public nint RankStride => regionBytes;

    /// <summary>Size of the memory.</summary>
    public long Bytes => DataOffset + (long)Regions * worldSize * regionBytes;

    /// <summary>Offset of rank 0's part of the region of an epoch.</summary>
    public nint RegionOffset(uint epoch) => DataOffset + (nint)(epoch % Regions) * worldSize * regionBytes;
}
