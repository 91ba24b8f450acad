using QuickReduce.Cli.Bench;

namespace QuickReduce.Cli.Tune;

/// <summary>Which block geometries are tried.</summary>
internal enum GeometryChoice
{
    /// <summary>All that are likely to be good somewhere.</summary>
    All,

    /// <summary>The usual one of each algorithm: what the tool carries.</summary>
    Usual,
}

/// <summary>What to measure for a profile.</summary>
internal static class TuningPlan
{
    private static readonly int[] BlockSizes = [128, 256, 512];
    private static readonly int[] TimesUsualAtoms = [1, 2];

    /// <summary>The sizes that are measured where none are given: far enough apart that each stands for a range.</summary>
    public static IReadOnlyList<long> DefaultSizes { get; } = [2 << 10, 16 << 10, 128 << 10, 1 << 20, 8 << 20, 64 << 20];

    /// <summary>The cases of a plan in every geometry.</summary>
    public static IReadOnlyList<BenchCase> WithGeometries(IReadOnlyList<BenchCase> cases, GeometryChoice geometries) => geometries == GeometryChoice.Usual
        ? cases
        : BenchPlan.InOrder(
            from item in cases
            from blockSize in BlockSizes
            from times in TimesUsualAtoms
            let variant = item.Variant with { BlockSize = blockSize, AtomsPerThread = times * SpecializationRules.DefaultAtomsPerThread(item.Variant.Algorithm) }
            where variant.IsSupported
            select item with { Variant = variant });

    /// <summary>The variants that cases need: their own, and those that keep ranks in step.</summary>
    public static IReadOnlyCollection<KernelVariant> VariantsOf(IReadOnlyList<BenchCase> cases) =>
    [
        .. cases.Select(static item => item.Variant)
            .Concat(cases.Select(static item => new KernelVariant(DataType.Float32, QuantRegime.FP, item.Variant.WorldSize, item.Variant.Algorithm)))
            .Distinct()
            .Order(),
    ];
}
