namespace QuickReduce.Gpu;

/// <summary>
/// What the hardware can do at most, and so the least time that an all-reduce can take: measured in this process with a
/// plain copy, where it is not said to be given.
/// </summary>
/// <param name="MemoryBytesPerMicrosecond">Read and written by a copy within a device's memory.</param>
/// <param name="LinkBytesPerMicrosecond">Sent by every device to the next one, all at once; none where all ranks share one.</param>
/// <param name="L2BytesPerMicrosecond">Of the level-2 cache; given.</param>
internal sealed record Ceilings(double MemoryBytesPerMicrosecond, double? LinkBytesPerMicrosecond, double L2BytesPerMicrosecond)
{
    /// <summary>Whose limit is the tightest for one all-reduce, and the microseconds that it takes.</summary>
    /// <param name="geometry">The variant's.</param>
    /// <param name="bytes">Size of each rank's message.</param>
    public (string Name, double Microseconds) Roof(KernelGeometry geometry, long bytes)
    {
        var count = bytes / geometry.Wire.BytesPerElement;
        var sharers = LinkBytesPerMicrosecond is null ? geometry.Variant.WorldSize : 1;

        // Every message is read and every sum written once; through the cache goes, besides, all that is on the wire, once
        // each way. In two-shot a rank's own segments are, too; in direct nothing is.
        var wire = geometry.Variant.Algorithm switch
        {
            AllReduceAlgorithm.TwoShot => 2 * geometry.Wire.MessageBytes(count),
            AllReduceAlgorithm.OneShot => geometry.WireBytes(count),
            _ => 0,
        };
        List<(string Name, double Microseconds)> limits =
        [
            ("memory", sharers * 2.0 * bytes / MemoryBytesPerMicrosecond),
            ("l2", sharers * (2.0 * bytes + 2.0 * wire) / L2BytesPerMicrosecond),
        ];
        if (LinkBytesPerMicrosecond is { } link)
        {
            limits.Add(("link", geometry.WireBytes(count) / link));
        }

        return limits.MaxBy(static limit => limit.Microseconds);
    }
}
