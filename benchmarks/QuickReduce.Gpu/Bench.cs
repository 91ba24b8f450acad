namespace QuickReduce.Gpu;

/// <summary>
/// Measures all-reduces over a range of sizes. Buffers rotate through more memory than the L2 holds, calls are replayed
/// in graphs, times are medians with their spread, and results are compared after the clock has stopped.
/// </summary>
/// <param name="kernels">What is measured.</param>
/// <param name="devices">The device of every rank: one for all, or each its own.</param>
/// <param name="watchdog">Ends the process when a step takes too long.</param>
/// <param name="output">Where the table goes.</param>
/// <param name="largestBytes">Size of the largest message.</param>
/// <param name="largestOneShotBytes">The same in one-shot, which nobody would choose for large ones.</param>
/// <param name="l2BytesPerMicrosecond">Bandwidth of the level-2 cache.</param>
internal sealed class Bench(KernelSet kernels, IReadOnlyList<GpuDevice> devices, Watchdog watchdog, TextWriter output, long largestBytes, long largestOneShotBytes, double l2BytesPerMicrosecond)
{
    private const long SmallestBytes = 2048;
    private const long CopyBytes = 1L << 30;
    private const int WarmUps = 3;
    private const int Replays = 21;
    private const int MaxSets = 64;
    private const int CheckedElements = 512 * 1024;
    private const int PatternElements = 1 << 20;

    private readonly GpuDevice[] _distinct = [.. devices.Distinct()];

    /// <summary>Measures every variant with as many ranks as there are devices.</summary>
    public List<AllReduceRecord> Run()
    {
        List<AllReduceRecord> records = [];
        foreach (var algorithm in kernels.Variants.Where(variant => variant.WorldSize == devices.Count).Select(static variant => variant.Algorithm).Distinct().Order())
        {
            watchdog.Begin("load kernels", null);
            var largest = algorithm == AllReduceAlgorithm.OneShot ? long.Min(largestBytes, largestOneShotBytes) : largestBytes;
            using var ranks = new GpuRanks(kernels, devices, Sizes(largest).Max(bytes => Rotation(bytes) * bytes), algorithm);
            var ceilings = Measure();
            output.WriteLine();
            output.WriteLine("dtype    regime              algorithm      bytes  blocks  sets   time µs      p10      p90   algbw   busbw  of roof  roof    bits");
            foreach (var type in kernels.Variants.Select(static variant => variant.DataType).Distinct())
            {
                Fill(ranks, type);
                foreach (var (variant, maxBlocks) in ranks.Group.LoadedVariants.Where(loaded => loaded.Variant.DataType == type))
                {
                    records.AddRange(Sizes(largest).Select(bytes => Measure(ranks, variant, maxBlocks, bytes, ceilings)));
                }
            }
        }

        return records;
    }

    private static IEnumerable<long> Sizes(long largest)
    {
        for (var bytes = SmallestBytes; bytes <= largest; bytes *= 2)
        {
            yield return bytes;
        }
    }

    /// <summary>Measures what the devices can do. Peers must have been given access to each other.</summary>
    private Ceilings Measure()
    {
        watchdog.Begin("copy ceiling", null);
        var memory = PlainCode.TimeCopies([_distinct[0]], CopyBytes, toNext: false);
        watchdog.Begin("link ceiling", null);
        var link = _distinct.Length > 1 ? PlainCode.TimeCopies(_distinct, CopyBytes, toNext: true) : null;
        var ceilings = new Ceilings(2.0 * CopyBytes / memory.Median, link is null ? null : CopyBytes / link.Median, l2BytesPerMicrosecond);
        output.WriteLine();
        output.WriteLine($"{devices.Count} ranks on {string.Join(", ", _distinct.AsEnumerable())}, {_distinct[0].Multiprocessors} multiprocessors, L2 {_distinct[0].L2CacheBytes >> 20} MiB, driver {ProcessEnvironment.DriverVersion(_distinct[0].Kind)}");
        output.WriteLine($"a copy of 1 GiB reads and writes {ceilings.MemoryBytesPerMicrosecond / 1e6:F2} TB/s (p10 {2.0 * CopyBytes / memory.P90 / 1e6:F2}, p90 {2.0 * CopyBytes / memory.P10 / 1e6:F2}); L2 taken as {ceilings.L2BytesPerMicrosecond / 1e6:F1} TB/s"
            + (link is null ? string.Empty : $"; a copy of 1 GiB from every device to the next, all at once, sends {CopyBytes / link.Median / 1e3:F0} GB/s each"));
        return ceilings;
    }

    /// <summary>Sets of buffers, so that together they are four times as large as the L2, where that many are needed.</summary>
    private long Rotation(long bytes) =>
        long.Clamp(4L * _distinct[0].L2CacheBytes / (devices.Count / _distinct.Length * 2 * bytes) + 1, 2, MaxSets);

    private AllReduceRecord Measure(GpuRanks ranks, KernelVariant variant, int maxBlocks, long bytes, Ceilings ceilings)
    {
        watchdog.Begin($"{variant}, {bytes} bytes", ranks.Group);
        var sets = (int)Rotation(bytes);
        var count = bytes / WireFormat.SizeOf(variant.DataType);
        var calls = int.Max(sets, bytes <= 1 << 20 ? 20 : bytes <= 16 << 20 ? 8 : 2);
        var next = 0;
        var time = GraphTimer.Time(ranks.Streams[0], WarmUps, Replays, calls, () =>
        {
            var offset = next++ % sets * bytes;
            ranks.AllReduce(variant, count, offset, offset);
        }, ranks.Streams);

        var geometry = new KernelGeometry(variant);
        var (roof, roofMicroseconds) = ceilings.Roof(geometry, bytes);
        var bandwidth = bytes / time.Median / 1e3;
        var record = new AllReduceRecord(
            _distinct[0].Name, _distinct.Length, ProcessEnvironment.Machine, ProcessEnvironment.DriverVersion(_distinct[0].Kind),
            KernelVariant.NameOf(variant.DataType), KernelVariant.NameOf(variant.Mode), KernelVariant.NameOf(variant.Algorithm), ranks.Count, bytes, geometry.WireBytes(count),
            time.Median, time.P10, time.P90, bandwidth, bandwidth * 2 * (ranks.Count - 1) / ranks.Count,
            roof, roofMicroseconds, roofMicroseconds / time.Median, sets, IsCorrect(ranks, variant, count));
        var turns = (geometry.TileCount(count) + maxBlocks - 1) / maxBlocks;
        output.WriteLine($"{record.Dtype,-8} {record.Regime,-19} {record.Algorithm,-9} {bytes,10} {(geometry.TileCount(count) + turns - 1) / turns,7} {sets,5} {time.Median,9:F2} {time.P10,8:F2} {time.P90,8:F2} {record.AlgorithmBandwidthGBs,7:F1} {record.BusBandwidthGBs,7:F1} {record.FractionOfRoof,8:P0}  {roof,-6}  {(record.BitIdentical ? "same" : "DIFFER")}");
        return record;
    }

    /// <summary>One more call, into poisoned outputs; head and tail of every rank are compared with the managed backend.</summary>
    private bool IsCorrect(GpuRanks ranks, KernelVariant variant, long count)
    {
        for (var rank = 0; rank < ranks.Count; rank++)
        {
            ranks.Outputs[rank].Fill(0xFF, ranks.Streams[rank]);
        }

        ranks.AllReduce(variant, count, 0, 0);
        ranks.Synchronize();
        var size = WireFormat.SizeOf(variant.DataType);
        var tile = new KernelGeometry(variant).ElementsPerTile;
        foreach (var first in new[] { 0, long.Max(0, count - CheckedElements) / tile * tile })
        {
            var bytes = (int)long.Min(count - first, CheckedElements + tile) * size;
            var messages = Enumerable.Range(0, ranks.Count).Select(rank => ranks.Read(ranks.Inputs, rank, first * size, bytes)).ToArray();
            var expected = Messages.Expected(kernels, variant, messages);
            if (Enumerable.Range(0, ranks.Count).Any(rank => !expected.AsSpan().SequenceEqual(ranks.Read(ranks.Outputs, rank, first * size, bytes))))
            {
                return false;
            }
        }

        return true;
    }

    private void Fill(GpuRanks ranks, DataType type)
    {
        for (var rank = 0; rank < ranks.Count; rank++)
        {
            var pattern = Messages.Moderate(new Random(rank), type, PatternElements);
            for (var offset = 0L; offset < ranks.Inputs[rank].Length; offset += pattern.Length)
            {
                watchdog.Begin("fill inputs", null);
                ranks.Write(ranks.Inputs, rank, offset, pattern.AsSpan(0, (int)long.Min(pattern.Length, ranks.Inputs[rank].Length - offset)));
            }
        }
    }
}
