namespace QuickReduce.Mi300xModel;

/// <summary>An all-reduce whose time is asked: what it has to compute and to move.</summary>
/// <param name="WorldSize">Number of ranks, all connected to each other.</param>
/// <param name="Codec">Wire format: FP, INT8, INT6, INT4.</param>
/// <param name="Bytes">A rank's message, of elements of two bytes.</param>
/// <param name="VectorInstructions">Vector instructions that a wave needs for one tile.</param>
internal sealed record Work(int WorldSize, string Codec, long Bytes, double VectorInstructions)
{
    /// <summary>Tiles of 256 threads with eight atoms of 16 bytes each, in the peers' kernels and, by default, in ours.</summary>
    public const int TileBytes = 32 * 1024;

    public const int ElementsPerThreadAndTile = 64;
    private const int WavesPerTile = 4;

    public static IReadOnlyList<string> Codecs { get; } = ["FP", "INT8", "INT6", "INT4"];

    public bool IsQuantized => Codec != "FP";

    /// <summary>Bytes on the wire over bytes in memory: codes and one scale of 16 bits for 32 elements.</summary>
    public double WireRatio => Codec switch { "FP" => 1, "INT8" => 8.5 / 16, "INT6" => 6.5 / 16, "INT4" => 4.5 / 16, _ => throw new ArgumentException(Codec) };

    /// <summary>Megabytes that each link carries in each direction: every segment goes out once to be reduced and comes back once.</summary>
    public double LinkMegabytes => LinkMegabytesOf(Bytes);

    /// <summary>The same of the tiles that are resident at once.</summary>
    public double ResidentLinkMegabytes => LinkMegabytesOf(Math.Min(Bytes, (long)Machine.ResidentBlocks * TileBytes));

    /// <summary>Time in which all SIMDs, evenly loaded, start the vector instructions.</summary>
    public double ComputeMicroseconds => (Bytes + TileBytes - 1) / TileBytes * WavesPerTile * VectorInstructions / Machine.VectorInstructionsPerMicrosecond;

    /// <summary>Time in which memory moves input, output and what comes in and is read again.</summary>
    public double MemoryMicroseconds => Bytes * (2 + 4 * WireRatio) / (Machine.MemoryGigabytesPerSecond * 1e3);

    /// <summary>Time below which no all-reduce of this kind can be: the links' bytes at their usable rate.</summary>
    public double LinkFloorMicroseconds => LinkMegabytes / Machine.UsableLinkGigabytesPerSecond * 1e3;

    private double LinkMegabytesOf(long bytes) => 2.0 * bytes / WorldSize * WireRatio / 1e6;
}
