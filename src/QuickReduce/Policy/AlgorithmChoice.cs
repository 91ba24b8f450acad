namespace QuickReduce.Policy;

/// <summary>Which algorithm suits a message where nobody says so.</summary>
internal static class AlgorithmChoice
{
    private const int KiB = 1024;

    /// <summary>
    /// The message, in bytes per rank, up to which one hop with all data is faster than two with a part of it. One-shot
    /// sends the message to every other rank and two-shot does not, so that it ends earlier the more ranks there are, and
    /// later where codes make the message smaller. From measurements on H100 and H200 (docs/performance.md).
    /// </summary>
    public static long DefaultOneShotMaxBytes(int worldSize, bool isQuantized)
    {
        var inFullPrecision = worldSize switch
        {
            2 => 1024 * KiB,
            3 or 4 => 256 * KiB,
            _ => 64 * KiB,
        };
        return isQuantized ? 2 * inFullPrecision : inFullPrecision;
    }

    /// <summary>
    /// What serves a message, best first: one-shot up to a limit; above it, and in full precision, direct gives two-shot's
    /// result with less to move.
    /// </summary>
    public static ReadOnlySpan<AllReduceAlgorithm> Order(long bytes, long oneShotMaxBytes) => bytes <= oneShotMaxBytes
        ? [AllReduceAlgorithm.OneShot, AllReduceAlgorithm.Direct, AllReduceAlgorithm.TwoShot]
        : [AllReduceAlgorithm.Direct, AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot];
}
