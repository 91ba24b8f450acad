#if !QUICK_ONLY
using BenchmarkDotNet.Attributes;

namespace QuickReduce.Benchmarks;

/// <summary>An edit that has nothing to do with the annotated classes, and what of its cost is the driver's own.</summary>
[MemoryDiagnoser(displayGenColumns: false)]
public class GeneratorEditBenchmarks
{
    private GeneratorWork _work = null!;
    private GeneratorWork _driverAlone = null!;

    [Params(1, 1000)]
    public int Classes { get; set; }

    [GlobalSetup]
    public void SetUp()
    {
        _work = GeneratorWork.WithClasses(Classes);
        _work.Prepare();
        _driverAlone = GeneratorWork.WithClasses(Classes, driverAlone: true);
        _driverAlone.Prepare();
    }

    [Benchmark]
    public void EditElsewhere() => _work.EditElsewhere();

    [Benchmark(Baseline = true)]
    public void DriverAlone() => _driverAlone.EditElsewhere();
}

/// <summary>Everything generated for one class in a warm compiler: 6 variants for each regime and block size.</summary>
[MemoryDiagnoser(displayGenColumns: false)]
public class GeneratorBenchmarks
{
    private GeneratorWork _work = null!;

    [Params(1, 4, 8)]
    public int Regimes { get; set; }

    [Params(1, 4)]
    public int BlockSizes { get; set; }

    [GlobalSetup]
    public void SetUp() => _work = GeneratorWork.WithVariants(Regimes, BlockSizes);

    [Benchmark]
    public object Generate() => _work.Generate();
}
#endif
