using System.Diagnostics;

namespace QuickReduce.Gpu;

/// <summary>
/// Measures all-reduces of ranks that share one device. Buffers rotate through more memory than the L2 holds, calls are
/// replayed in graphs, times are medians with their spread, and results are compared after the clock has stopped.
/// </summary>
internal sealed class Bench(GpuDevice device, Watchdog watchdog, TextWriter output, long largestBytes)
{
    private const long SmallestBytes = 2048;
    private const long CopyBytes = 1L << 30;
    private const int WarmUps = 2;
    private const int Replays = 15;
    private const int MaxSets = 64;
    private const int CheckedElements = 512 * 1024;
    private const int PatternElements = 1 << 22;

    /// <summary>Measures everything for some numbers of ranks.</summary>
    public BenchReport Run(IReadOnlyList<int> worldSizes)
    {
        using var plain = new PlainCode(device);
        watchdog.Begin("copy ceiling", null);
        var copy = plain.TimeCopy(CopyBytes);
        var bytesPerMicrosecond = 2.0 * CopyBytes / copy.Median;
        output.WriteLine($"{device}, {device.Multiprocessors} multiprocessors, L2 {device.L2CacheBytes >> 20} MiB; copy of 1 GiB: {bytesPerMicrosecond / 1e6:F2} TB/s read and written (p10 {2.0 * CopyBytes / copy.P90 / 1e6:F2}, p90 {2.0 * CopyBytes / copy.P10 / 1e6:F2})");
        var report = new BenchReport(device.Name, device.Architecture, CopyBytes, bytesPerMicrosecond / 1e6, [], []);
        foreach (var worldSize in worldSizes)
        {
            watchdog.Begin("load kernels of " + worldSize + " ranks", null);
            using var ranks = new VirtualRanks([.. Enumerable.Repeat(device, worldSize)], Sizes().Max(bytes => Rotation(worldSize, bytes) * bytes));
            Fill(ranks);
            report.Overheads.Add(Overhead(ranks, plain));
            output.WriteLine();
            output.WriteLine("ranks dtype    regime      bytes  blocks  sets   time µs      p10      p90   copy µs  of copy  correct");
            foreach (var variant in GpuKernels.Kernels.Variants.Where(variant => variant.WorldSize == worldSize))
            {
                foreach (var bytes in Sizes())
                {
                    var row = Measure(ranks, variant, bytes, bytesPerMicrosecond);
                    report.AllReduces.Add(row);
                    output.WriteLine($"{row.Ranks,5} {row.DataType,-8} {row.Regime,-6} {row.Bytes,10} {row.Blocks,7} {row.BufferSets,5} {row.Microseconds.Median,9:F2} {row.Microseconds.P10,8:F2} {row.Microseconds.P90,8:F2} {row.CopyMicroseconds,9:F2} {row.ShareOfCopy,8:P0}  {(row.Correct ? "yes" : "NO")}{(row.L2Hot ? "  L2-hot" : "")}");
                }
            }
        }

        return report;
    }

    private IEnumerable<long> Sizes()
    {
        for (var bytes = SmallestBytes; bytes <= largestBytes; bytes *= 4)
        {
            yield return bytes;
        }
    }

    /// <summary>Sets of buffers, so that together they are four times as large as the L2, where that many are needed.</summary>
    private long Rotation(int worldSize, long bytes) => long.Clamp(4L * device.L2CacheBytes / (worldSize * 2 * bytes) + 1, 2, MaxSets);

    private AllReduceRow Measure(VirtualRanks ranks, KernelVariant variant, long bytes, double bytesPerMicrosecond)
    {
        watchdog.Begin($"{variant}, {bytes} bytes", ranks.Group);
        var sets = (int)Rotation(ranks.Count, bytes);
        var count = bytes / sizeof(ushort);
        var calls = int.Max(sets, bytes <= 1 << 20 ? 20 : bytes <= 16 << 20 ? 8 : 2);
        var next = 0;
        var time = GraphTimer.Time(ranks.Streams[0], WarmUps, Replays, calls, () =>
        {
            var offset = next++ % sets * bytes;
            ranks.AllReduce(variant.DataType, variant.Regime, count, offset, offset);
        }, ranks.Streams);

        var copyTime = 2.0 * ranks.Count * bytes / bytesPerMicrosecond;
        var geometry = new TwoShotGeometry(variant);
        var maxBlocks = ranks.Group.MaxBlocks(variant.DataType, variant.Regime);
        var turns = (geometry.TileCount(count) + maxBlocks - 1) / maxBlocks;
        return new AllReduceRow(
            ranks.Count, variant.DataType.ToString(), variant.Regime.ToString(), bytes, (int)((geometry.TileCount(count) + turns - 1) / turns), sets,
            ranks.Count * 2 * bytes * sets < 4L * device.L2CacheBytes, time, copyTime, copyTime / time.Median, IsCorrect(ranks, variant, count));
    }

    /// <summary>One more call, into poisoned outputs; head and tail of every rank are compared with the managed backend.</summary>
    private static bool IsCorrect(VirtualRanks ranks, KernelVariant variant, long count)
    {
        for (var rank = 0; rank < ranks.Count; rank++)
        {
            ranks.Outputs[rank].Fill(0xFF, ranks.Streams[rank]);
        }

        ranks.AllReduce(variant.DataType, variant.Regime, count, 0, 0);
        ranks.Synchronize();
        var tile = new TwoShotGeometry(variant).ElementsPerTile;
        foreach (var first in new[] { 0, long.Max(0, count - CheckedElements) / tile * tile })
        {
            var length = (int)long.Min(count - first, CheckedElements + tile);
            var messages = Enumerable.Range(0, ranks.Count).Select(rank => ranks.Read(ranks.Inputs, rank, first * sizeof(ushort), length)).ToArray();
            var expected = Messages.Expected(variant.DataType, variant.Regime, messages);
            for (var rank = 0; rank < ranks.Count; rank++)
            {
                if (!expected.AsSpan().SequenceEqual(ranks.Read(ranks.Outputs, rank, first * sizeof(ushort), length)))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private CallOverhead Overhead(VirtualRanks ranks, PlainCode plain)
    {
        const int Samples = 21, Calls = 50;
        const int Count = 1024;
        watchdog.Begin("launch overhead", ranks.Group);
        var calls = new double[Samples];
        var graphs = new double[Samples];
        long allocated = 0;
        using var graph = GpuGraph.Capture(ranks.Streams, () => ranks.AllReduce(DataType.Float16, QuantRegime.FP, Count, 0, 0));
        for (var sample = -WarmUps; sample < Samples; sample++)
        {
            var bytes = GC.GetAllocatedBytesForCurrentThread();
            var start = Stopwatch.GetTimestamp();
            for (var call = 0; call < Calls; call++)
            {
                ranks.AllReduce(DataType.Float16, QuantRegime.FP, Count, 0, 0);
            }

            var enqueued = Stopwatch.GetElapsedTime(start);
            bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
            ranks.Synchronize();
            start = Stopwatch.GetTimestamp();
            for (var call = 0; call < Calls; call++)
            {
                graph.Launch(ranks.Streams[0]);
            }

            var launched = Stopwatch.GetElapsedTime(start);
            ranks.Synchronize();
            if (sample >= 0)
            {
                calls[sample] = enqueued.TotalMicroseconds / (Calls * ranks.Count);
                graphs[sample] = launched.TotalMicroseconds / Calls;
                allocated += bytes;
            }
        }

        var overhead = new CallOverhead(
            ranks.Count, plain.TimeEmptyLaunch(), plain.TimeEmptyNode(), Statistics.Of(calls), Statistics.Of(graphs), (double)allocated / (Samples * Calls * ranks.Count));
        output.WriteLine();
        output.WriteLine($"{overhead.Ranks} ranks: one rank's call {overhead.AllReduceCall.Median:F2} µs on the host, {overhead.AllocatedBytesPerCall:F0} bytes allocated; an empty launch {overhead.EmptyLaunch.Median:F2} µs; "
            + $"a graph of the all-reduce {overhead.GraphLaunch.Median:F2} µs to launch; an empty node {overhead.EmptyNode.Median:F2} µs on the device");
        return overhead;
    }

    // Normal numbers of moderate size in either type: 0x2C00 to 0x3FFF with both signs.
    private void Fill(VirtualRanks ranks)
    {
        for (var rank = 0; rank < ranks.Count; rank++)
        {
            var random = new Random(rank);
            var pattern = new ushort[int.Min(PatternElements, (int)long.Min(int.MaxValue, ranks.Inputs[rank].Length / sizeof(ushort)))];
            for (var i = 0; i < pattern.Length; i++)
            {
                pattern[i] = (ushort)(0x2C00 + random.Next(0x1400) | random.Next(2) << 15);
            }

            for (var offset = 0L; offset < ranks.Inputs[rank].Length; offset += pattern.Length * sizeof(ushort))
            {
                watchdog.Begin("fill inputs", null);
                var elements = (int)long.Min(pattern.Length, (ranks.Inputs[rank].Length - offset) / sizeof(ushort));
                ranks.Write(ranks.Inputs, rank, offset, pattern.AsSpan(0, elements));
            }
        }
    }
}
