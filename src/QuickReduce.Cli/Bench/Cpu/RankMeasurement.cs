using System.Diagnostics;

namespace QuickReduce.Cli.Bench.Cpu;

/// <summary>What one rank found out about a case.</summary>
/// <param name="Samples">Microseconds per call of the slowest rank, of each batch of calls; the same on every rank.</param>
/// <param name="SnrDb">Signal-to-noise ratio of its result.</param>
/// <param name="Matches">Whether its result is, bit for bit, the managed backend's.</param>
internal sealed record RankResult(double[] Samples, double? SnrDb, bool Matches);

/// <summary>
/// One rank's part in measuring: all ranks run the same calls in the same order, as they agree through all-reduces
/// themselves. For one thread at a time.
/// </summary>
/// <param name="options">What the cases have in common.</param>
/// <param name="expectations">What must come out.</param>
/// <param name="buffers">The rank's memory, with room for every case.</param>
internal sealed class RankMeasurement(SweepOptions options, Expectations expectations, RankBuffers buffers)
{
    // The run time compiles a method anew after thirty calls and a tenth of a second without new ones, twice.
    private const int WarmUpRounds = 3;
    private const int WarmUpCalls = 40;
    private const int WarmUpElements = 1 << 14;
    private static readonly TimeSpan WarmUpPause = TimeSpan.FromMilliseconds(120);

    // A batch is long against the microseconds that ranks begin it apart.
    private const double BatchSeconds = 0.002;
    private const int MaxCalls = 5000;
    private const int MinSamples = 5;
    private const int MinSlowSamples = 3;
    private const int MaxSamples = 101;
    private const double SlowSeconds = 1;

    private readonly long _cacheBytes = MachineMemory.LastLevelCacheBytes();
    private readonly HashSet<KernelVariant> _warm = [];
    private DataType? _filled;

    /// <summary>Bytes of input, and of output, that the cases need on each rank.</summary>
    public static long BufferBytes(SweepOptions options, IEnumerable<BenchCase> cases)
    {
        var cacheBytes = MachineMemory.LastLevelCacheBytes();
        return cases.Max(item => options.BufferSets(item.Bytes, item.Variant.WorldSize, cacheBytes) * Stride(item.Bytes));
    }

    /// <summary>Measures a case: checks one call, then times many.</summary>
    public RankResult Run<TRank>(TRank rank, BenchCase item)
        where TRank : struct, IRank => item.Variant.DataType switch
        {
            DataType.Float16 => Run<TRank, Half>(rank, item),
            DataType.BFloat16 => Run<TRank, BFloat16>(rank, item),
            _ => Run<TRank, float>(rank, item),
        };

    private RankResult Run<TRank, T>(TRank rank, BenchCase item)
        where TRank : struct, IRank
        where T : unmanaged
    {
        if (_filled != item.Variant.DataType)
        {
            buffers.Fill(expectations.Pattern(item.Variant.DataType, rank.Index));
            _filled = item.Variant.DataType;
        }

        WarmUp<TRank, T>(rank, item);
        var (snr, matches) = Check<TRank, T>(rank, item);
        var sets = options.BufferSets(item.Bytes, rank.WorldSize, _cacheBytes);
        var once = Slowest(rank, SecondsPerCall<TRank, T>(rank, item, calls: 1, sets));
        var calls = (int)double.Clamp(BatchSeconds / once, 1, MaxCalls);
        if (calls > 1)
        {
            once = Slowest(rank, SecondsPerCall<TRank, T>(rank, item, calls, sets));
            calls = (int)double.Clamp(BatchSeconds / once, 1, MaxCalls);
        }

        var count = (int)double.Clamp(options.Seconds / (once * calls), once > SlowSeconds ? MinSlowSamples : MinSamples, MaxSamples);
        var samples = new double[count];
        foreach (ref var sample in samples.AsSpan())
        {
            sample = Slowest(rank, SecondsPerCall<TRank, T>(rank, item, calls, sets)) * 1e6;
        }

        return new RankResult(samples, snr, matches);
    }

    private void WarmUp<TRank, T>(TRank rank, BenchCase item)
        where TRank : struct, IRank
        where T : unmanaged
    {
        if (!_warm.Add(item.Variant))
        {
            return;
        }

        var small = item with { Bytes = long.Min(item.Bytes, (long)WarmUpElements * WireFormat.SizeOf(item.Variant.DataType)) };
        for (var round = 0; round < WarmUpRounds; round++)
        {
            SecondsPerCall<TRank, T>(rank, small, WarmUpCalls, sets: 1);
            Thread.Sleep(WarmUpPause);
        }
    }

    private (double? SnrDb, bool Matches) Check<TRank, T>(TRank rank, BenchCase item)
        where TRank : struct, IRank
        where T : unmanaged
    {
        var (head, tail) = expectations.Of(item);
        buffers.Poison(item.Bytes);
        rank.AllReduce(ModeOf(item), buffers.Input<T>(0, item.Count), buffers.Output<T>(0, item.Count));
        return (expectations.SnrDb(item.Variant, buffers.Output<byte>(0, head.Length)), buffers.OutputIs(head, tail, item.Bytes));
    }

    private double SecondsPerCall<TRank, T>(TRank rank, BenchCase item, int calls, int sets)
        where TRank : struct, IRank
        where T : unmanaged
    {
        var mode = ModeOf(item);
        var stride = Stride(item.Bytes);

        // All ranks begin together.
        _ = Slowest(rank, 0);
        var started = Stopwatch.GetTimestamp();
        var set = 0;
        for (var call = 0; call < calls; call++)
        {
            rank.AllReduce(mode, buffers.Input<T>(set * stride, item.Count), buffers.Output<T>(set * stride, item.Count));
            set = set + 1 == sets ? 0 : set + 1;
        }

        return Stopwatch.GetElapsedTime(started).TotalSeconds / calls;
    }

    /// <summary>The slowest rank's time: every rank adds its own in a place of its own, so that the sum holds them all.</summary>
    private static double Slowest<TRank>(TRank rank, double seconds)
        where TRank : struct, IRank
    {
        Span<float> times = stackalloc float[KernelGeometry.MaxWorldSize];
        times.Clear();
        times[rank.Index] = (float)seconds;
        rank.AllReduce<float>(QuantRegime.FP, times[..rank.WorldSize], times[..rank.WorldSize]);
        var slowest = 0f;
        foreach (var time in times)
        {
            slowest = float.Max(slowest, time);
        }

        return slowest;
    }

    private static AllReduceMode ModeOf(BenchCase item) => item.Variant.Mode;

    /// <summary>Bytes from one set of buffers to the next: whole cache lines, and whole elements.</summary>
    private static long Stride(long bytes) => (bytes + 63) / 64 * 64;
}
