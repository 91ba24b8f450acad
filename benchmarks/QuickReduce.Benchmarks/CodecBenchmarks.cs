#if !QUICK_ONLY
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

namespace QuickReduce.Benchmarks;

/// <summary>Codecs of every data type and regime over a message that streams, and copying it for comparison.</summary>
[Config(typeof(Config)), MemoryDiagnoser(displayGenColumns: false)]
public class CodecBenchmarks
{
    private const long MessageBytes = 16 << 20;
    private CodecWork _work = null!;

    [Params(DataType.Float16, DataType.BFloat16)]
    public DataType Type { get; set; }

    [ParamsSource(nameof(Modes))]
    public AllReduceMode Mode { get; set; }

    public static IEnumerable<AllReduceMode> Modes =>
        from mode in SpecializationRules.Modes
        where mode.Regime is QuantRegime.Int8 or QuantRegime.Int6 or QuantRegime.Int4 or QuantRegime.Int3 && mode.GroupSize != 64
        select mode;

    [GlobalSetup]
    public void SetUp() => _work = new CodecWork(Type, Mode, MessageBytes);

    [GlobalCleanup]
    public void CleanUp() => _work.Dispose();

    [Benchmark(Baseline = true)]
    public void Copy() => _work.Copy();

    [Benchmark]
    public void Encode() => _work.Encode();

    [Benchmark]
    public void Decode() => _work.Decode();

    [Benchmark]
    public void ReduceFourRanks() => _work.Reduce();

    [Benchmark]
    public void SumFourRanks() => _work.Sum();

    private sealed class Config : ManualConfig
    {
        public Config() => AddColumn(new ThroughputColumn());
    }

    /// <summary>Gigabytes of 16-bit elements per second; the rows of each rank count when ranks are reduced or summed.</summary>
    private sealed class ThroughputColumn : IColumn
    {
        public string Id => "Throughput";

        public string ColumnName => "GB/s";

        public bool AlwaysShow => true;

        public ColumnCategory Category => ColumnCategory.Custom;

        public int PriorityInCategory => 0;

        public bool IsNumeric => true;

        public UnitType UnitType => UnitType.Dimensionless;

        public string Legend => "Gigabytes of 16-bit elements per second";

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase)
        {
            var ranks = benchmarkCase.Descriptor.WorkloadMethod.Name is nameof(ReduceFourRanks) or nameof(SumFourRanks) ? 4 : 1;
            return summary[benchmarkCase]?.ResultStatistics is { } statistics
                ? (ranks * MessageBytes / statistics.Median).ToString("F2", System.Globalization.CultureInfo.InvariantCulture)
                : "?";
        }

        public string GetValue(Summary summary, BenchmarkCase benchmarkCase, SummaryStyle style) => GetValue(summary, benchmarkCase);

        public bool IsAvailable(Summary summary) => true;

        public bool IsDefault(Summary summary, BenchmarkCase benchmarkCase) => false;
    }
}
#endif
