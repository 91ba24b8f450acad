#if !QUICK_ONLY
using BenchmarkDotNet.Attributes;

namespace QuickReduce.Benchmarks;

/// <summary>
/// The all-reduce over in-process ranks, called at once and by every rank, beside copying as many bytes on one thread.
/// </summary>
[MemoryDiagnoser(displayGenColumns: false)]
public class AllReduceBenchmarks
{
    private const int CallsPerRun = 64;
    private AllReduceWork _work = null!;
    private byte[] _source = [];
    private byte[] _target = [];

    [Params(QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4)]
    public QuantRegime Regime { get; set; }

    [Params(2, 4, 8)]
    public int WorldSize { get; set; }

    [Params(2 << 10, 1 << 20, 32 << 20)]
    public int BytesPerRank { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _work = new AllReduceWork(WorldSize, BytesPerRank);
        _source = new byte[WorldSize * BytesPerRank];
        _target = new byte[WorldSize * BytesPerRank];
    }

    [GlobalCleanup]
    public void CleanUp() => _work.Dispose();

    [Benchmark(Baseline = true)]
    public void Copy() => _source.CopyTo(_target, 0);

    [Benchmark]
    public void AtOnce() => _work.AtOnce(Regime);

    /// <summary>Starting the run is shared by its calls; what it allocates is the run's, not the calls'.</summary>
    [Benchmark(OperationsPerInvoke = CallsPerRun + 1)]
    public void PerRank() => _work.PerRank(Regime, CallsPerRun);
}
#endif
