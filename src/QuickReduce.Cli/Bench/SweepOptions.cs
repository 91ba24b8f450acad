namespace QuickReduce.Cli.Bench;

/// <summary>What all cases of a sweep have in common.</summary>
/// <param name="Device">What runs the kernels; not <see cref="DeviceKind.Auto"/>.</param>
/// <param name="Kernels">The kernels.</param>
/// <param name="LibraryDirectory">Where their libraries lie, in <c>quickreduce/</c>.</param>
/// <param name="Seconds">How long one case is to be measured, about.</param>
/// <param name="MemoryBytes">Most memory for the buffers of all ranks.</param>
internal sealed record SweepOptions(DeviceKind Device, KernelSet Kernels, string LibraryDirectory, double Seconds, long MemoryBytes)
{
    // What rotates through more than the last-level cache is at least this much memory, and never more sets than these.
    private const int TimesTheCache = 4;
    private const int MaxSets = 64;
    private const long MaxRotationBytes = 1L << 30;

    /// <summary>
    /// Sets of inputs and outputs that the calls of a case take in turn, so that what one reads is not in the cache of the
    /// one before.
    /// </summary>
    /// <param name="bytes">Size of a message.</param>
    /// <param name="ranksOfDevice">Ranks that share the cache.</param>
    /// <param name="cacheBytes">Size of the cache.</param>
    public int BufferSets(long bytes, int ranksOfDevice, long cacheBytes)
    {
        var wanted = long.Min(TimesTheCache * cacheBytes, MaxRotationBytes);
        var set = 2 * ranksOfDevice * bytes;
        return (int)long.Clamp(long.Min(wanted / set + 1, MemoryBytes / set), 1, MaxSets);
    }

    /// <summary>
    /// The kernels that a group has for cases of this variant's kind, and to keep ranks in step: in a group, the first
    /// variant that fits a call is the one that runs.
    /// </summary>
    public KernelSet KernelsFor(KernelVariant variant) => new(
        Kernels.Name,
        [
            .. Kernels.Variants
                .Where(other => other.WorldSize == variant.WorldSize && other.Algorithm == variant.Algorithm)
                .Where(other => other.DataType == DataType.Float32 || KindOf(other) == KindOf(variant))
                .OrderBy(other => KindOf(other) == KindOf(variant) ? 0 : 1),
        ],
        Kernels.Units);

    /// <summary>What cases have to have in common to share a group.</summary>
    public static (int WorldSize, AllReduceAlgorithm Algorithm, int BlockSize, int AtomsPerThread) KindOf(KernelVariant variant) =>
        (variant.WorldSize, variant.Algorithm, variant.BlockSize, variant.AtomsPerThread);
}
