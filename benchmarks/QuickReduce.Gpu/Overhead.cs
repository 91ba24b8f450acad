using System.Diagnostics;

namespace QuickReduce.Gpu;

/// <summary>Measures what a call costs the host: enqueueing alone, never the device's work.</summary>
internal sealed class Overhead(IReadOnlyList<GpuDevice> devices, Watchdog watchdog, TextWriter output)
{
    private const int Samples = 51;
    private const int WarmUps = 5;
    private const int Calls = 50;
    private const int Count = 1024;

    private static readonly KernelVariant Variant = new(DataType.Float16, QuantRegime.FP, 2, AllReduceAlgorithm.OneShot);

    public OverheadRecord Run()
    {
        watchdog.Begin("launch overhead", null);
        using var ranks = new GpuRanks(GpuKernels.Kernels, devices, Count * sizeof(ushort), algorithm: null, TimeSpan.FromSeconds(60));
        using var plain = new PlainCode(devices[0]);
        using var graph = GpuGraph.Capture(ranks.Streams, () => ranks.AllReduce(Variant, Count, 0, 0));
        var inputs = devices.Select(static device => device.Allocate<Half>(Count)).ToArray();
        var outputs = devices.Select(static device => device.Allocate<Half>(Count)).ToArray();
        try
        {
            var ownStreams = ranks.Streams.Where(stream => ReferenceEquals(stream.Device, devices[0])).Select(static stream => stream.Handle).ToArray();
            using var launches = new RawLaunches(devices[0], GpuKernels.Kernels, Variant with { WorldSize = ranks.Count }, output);
            var pointersAlone = TimeOf(ranks.Count, () => ranks.AllReduce(Variant, Count, 0, 0));
            var times = Time(
                ranks,
                pointersAlone,
                WithCurrentDevice(pointersAlone),
                WithCurrentDevice(TimeOf(ranks.Count, () =>
                {
                    for (var rank = 0; rank < ranks.Count; rank++)
                    {
                        ranks.Group[rank].AllReduce(inputs[rank], outputs[rank], QuantRegime.FP, ranks.Streams[rank]);
                    }
                })),
                WithCurrentDevice(() => launches.Time(ownStreams, Calls)),
                WithCurrentDevice(TimeOf(1, () => graph.Launch(ranks.Streams[0]))));
            var (alone, pointers, buffers, raw, graphs) = (times[0], times[1], times[2], times[3], times[4]);
            var record = new OverheadRecord(
                devices[0].Name, ProcessEnvironment.Machine, ProcessEnvironment.DriverVersion(devices[0].Kind), devices.Count, launches.AreFromC, raw, pointers, buffers, alone, graphs, plain.TimeEmptyNode(),
                AllocatedBytes(ranks));
            output.WriteLine($"{record.WorldSize} ranks: one rank's call with raw pointers {pointers.Median:F2} µs on the host ({record.AllocatedBytesPerCall:F0} bytes allocated), with buffers {buffers.Median:F2} µs; the driver's own launch call from {(launches.AreFromC ? "C" : "C#")} {raw.Median:F2} µs: "
                + $"QuickReduce takes {pointers.Median / raw.Median:F2} and {buffers.Median / raw.Median:F2} times as long, {alone.Median:F2} µs where the thread has no current device; a graph of the all-reduce {graphs.Median:F2} µs to launch; an empty node {record.EmptyNode.Median:F2} µs on the device");
            return record;
        }
        finally
        {
            foreach (var buffer in inputs.Concat(outputs))
            {
                buffer.Dispose();
            }
        }
    }

    /// <summary>As in a C program, which makes its device current once.</summary>
    private Func<double> WithCurrentDevice(Func<double> loop) => () =>
    {
        using var current = devices[0].MakeCurrent();
        return loop();
    };

    private static Func<double> TimeOf(int launchesPerCall, Action enqueue) => () =>
    {
        var start = Stopwatch.GetTimestamp();
        for (var call = 0; call < Calls; call++)
        {
            enqueue();
        }

        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / (Calls * launchesPerCall);
    };

    /// <summary>Microseconds of some loops, by turns, so that what slows the machine down slows all of them.</summary>
    private Statistics[] Time(GpuRanks ranks, params Func<double>[] loops)
    {
        var times = loops.Select(static _ => new double[Samples]).ToArray();
        for (var sample = -WarmUps; sample < Samples; sample++)
        {
            watchdog.Begin("launch overhead, sample " + sample, ranks.Group);
            for (var loop = 0; loop < loops.Length; loop++)
            {
                var time = loops[loop]();
                ranks.Synchronize();
                if (sample >= 0)
                {
                    times[loop][sample] = time;
                }
            }
        }

        return [.. times.Select(static samples => Statistics.Of(samples))];
    }

    /// <summary>Bytes that one rank's call allocates.</summary>
    private static double AllocatedBytes(GpuRanks ranks)
    {
        var bytes = GC.GetAllocatedBytesForCurrentThread();
        for (var call = 0; call < Calls; call++)
        {
            ranks.AllReduce(Variant, Count, 0, 0);
        }

        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        ranks.Synchronize();
        return (double)bytes / (Calls * ranks.Count);
    }
}
