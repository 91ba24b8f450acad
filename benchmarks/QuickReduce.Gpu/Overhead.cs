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
            var (pointers, allocated) = Time(ranks, ranks.Count, () => ranks.AllReduce(Variant, Count, 0, 0));
            var (buffers, _) = Time(ranks, ranks.Count, () =>
            {
                for (var rank = 0; rank < ranks.Count; rank++)
                {
                    ranks.Group[rank].AllReduce(inputs[rank], outputs[rank], QuantRegime.FP, ranks.Streams[rank]);
                }
            });
            var (graphs, _) = Time(ranks, 1, () => graph.Launch(ranks.Streams[0]));
            var ownStreams = ranks.Streams.Where(stream => ReferenceEquals(stream.Device, devices[0])).ToArray();
            var raw = ProcessEnvironment.WithCurrentContext(devices[0], () => plain.TimeRawLaunch(ownStreams, Samples, Calls));
            var record = new OverheadRecord(
                devices[0].Name, ProcessEnvironment.Machine, ProcessEnvironment.DriverVersion(devices[0].Kind), devices.Count, raw, pointers, buffers, graphs, plain.TimeEmptyNode(), allocated);
            output.WriteLine($"{record.WorldSize} ranks: one rank's call with raw pointers {pointers.Median:F2} µs on the host ({allocated:F0} bytes allocated), with buffers {buffers.Median:F2} µs; the driver's own launch call {raw.Median:F2} µs: "
                + $"QuickReduce adds {pointers.Median - raw.Median:F2} µs; a graph of the all-reduce {graphs.Median:F2} µs to launch; an empty node {record.EmptyNode.Median:F2} µs on the device");
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

    private (Statistics Microseconds, double AllocatedBytes) Time(GpuRanks ranks, int launchesPerCall, Action enqueue)
    {
        var times = new double[Samples];
        var allocated = 0L;
        for (var sample = -WarmUps; sample < Samples; sample++)
        {
            watchdog.Begin("launch overhead, sample " + sample, ranks.Group);
            var bytes = GC.GetAllocatedBytesForCurrentThread();
            var start = Stopwatch.GetTimestamp();
            for (var call = 0; call < Calls; call++)
            {
                enqueue();
            }

            var time = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
            bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
            ranks.Synchronize();
            if (sample >= 0)
            {
                times[sample] = time / (Calls * launchesPerCall);
                allocated += bytes;
            }
        }

        return (Statistics.Of(times), (double)allocated / (Samples * Calls * launchesPerCall));
    }
}
