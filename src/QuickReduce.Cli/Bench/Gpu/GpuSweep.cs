using System.Runtime.CompilerServices;
using QuickReduce.Measurement;

namespace QuickReduce.Cli.Bench.Gpu;

/// <summary>
/// Ranks on GPUs: one each, or all on the first. Calls are replayed in graphs between two events, so that what is timed is
/// the device and not the host.
/// </summary>
/// <param name="options">What the cases have in common.</param>
/// <param name="gpus">The devices.</param>
internal sealed class GpuSweep(SweepOptions options, BenchDevice gpus) : ISweep
{
    private const int WarmUps = 3;
    private const int MinReplays = 5;
    private const int MaxReplays = 101;
    private const int MaxCalls = 20;
    private const int TrialReplays = 1;
    private const double GraphMicroseconds = 2000;
    private static readonly TimeSpan StepLimit = TimeSpan.FromSeconds(120);

    private readonly Expectations _expectations = new(options.Kernels);

    /// <inheritdoc/>
    public async IAsyncEnumerable<CaseResult> RunAsync(IReadOnlyList<BenchCase> cases, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var watchdog = new Watchdog(StepLimit);
        foreach (var worldSize in cases.Select(static item => item.Variant.WorldSize).Distinct())
        {
            BenchCase[] mine = [.. cases.Where(item => item.Variant.WorldSize == worldSize)];
            GpuRanks? ranks = null;
            BenchCase? last = null;
            try
            {
                foreach (var item in mine)
                {
                    cancellation.ThrowIfCancellationRequested();
                    watchdog.Begin("load and fill for " + item, ranks?.Group);
                    if (last is null || SweepOptions.KindOf(last.Value.Variant) != SweepOptions.KindOf(item.Variant))
                    {
                        ranks?.Dispose();
                        ranks = Create(item.Variant, mine);
                        last = null;
                    }

                    if (last is null || last.Value.Variant.DataType != item.Variant.DataType)
                    {
                        Fill(ranks!, item.Variant.DataType, watchdog);
                    }

                    last = item;
                    watchdog.Begin(item.ToString(), ranks!.Group);

                    // Off the caller's thread, which draws the progress.
                    yield return await Task.Run(() => Measure(ranks, item), CancellationToken.None).ConfigureAwait(false);
                }
            }
            finally
            {
                ranks?.Dispose();
            }
        }
    }

    private GpuRanks Create(KernelVariant variant, BenchCase[] cases)
    {
        var devices = gpus.ForRanks(variant.WorldSize);
        return new GpuRanks(options.KernelsFor(variant), devices, cases.Max(item => Sets(devices, item) * Stride(item)), variant.Algorithm, libraryDirectory: options.LibraryDirectory);
    }

    private CaseResult Measure(GpuRanks ranks, BenchCase item)
    {
        var (snr, identical) = Check(ranks, item);
        var sets = Sets(ranks.Group.Devices, item);
        var next = 0;
        var once = Time(TrialReplays, int.Min(sets, MaxCalls)).Median;
        var calls = (int)double.Clamp(GraphMicroseconds / once, 1, MaxCalls);
        var replays = (int)double.Clamp(options.Seconds * 1e6 / (once * calls), MinReplays, MaxReplays);
        return new CaseResult(Time(replays, calls), snr, identical);

        Statistics Time(int count, int callsPerGraph) => GraphTimer.Time(
            ranks.Streams[0],
            WarmUps,
            count,
            callsPerGraph,
            () =>
            {
                var offset = next++ % sets * Stride(item);
                ranks.AllReduce(item.Variant, item.Count, offset, offset);
            },
            ranks.Streams);
    }

    /// <summary>One call into poisoned outputs, which are all read back and compared.</summary>
    private (double? SnrDb, bool Identical) Check(GpuRanks ranks, BenchCase item)
    {
        for (var rank = 0; rank < ranks.Count; rank++)
        {
            ranks.Outputs[rank].Fill(0xFF, ranks.Streams[rank]);
        }

        ranks.AllReduce(item.Variant, item.Count, 0, 0);
        ranks.Synchronize();
        var (head, tail) = _expectations.Of(item);
        double? snr = null;
        var identical = true;
        for (var rank = 0; rank < ranks.Count; rank++)
        {
            for (var offset = 0L; offset < item.Bytes; offset += head.Length)
            {
                var expected = item.Bytes - offset >= head.Length ? head : tail;
                var actual = ranks.Read(ranks.Outputs, rank, offset, expected.Length);
                identical &= expected.AsSpan().SequenceEqual(actual);
                snr = (rank, offset) == (0, 0) ? _expectations.SnrDb(item.Variant, actual) : snr;
            }
        }

        return (snr, identical);
    }

    private void Fill(GpuRanks ranks, DataType type, Watchdog watchdog)
    {
        for (var rank = 0; rank < ranks.Count; rank++)
        {
            var pattern = _expectations.Pattern(type, rank);
            for (var offset = 0L; offset < ranks.Inputs[rank].Length; offset += pattern.Length)
            {
                watchdog.Begin("fill inputs", null);
                ranks.Write(ranks.Inputs, rank, offset, pattern.AsSpan(0, (int)long.Min(pattern.Length, ranks.Inputs[rank].Length - offset)));
            }
        }
    }

    private int Sets(IReadOnlyList<GpuDevice> devices, BenchCase item) =>
        options.BufferSets(item.Bytes, devices.Count / devices.Distinct().Count(), devices[0].L2CacheBytes);

    private static long Stride(BenchCase item) => (item.Bytes + 255) / 256 * 256;
}
