namespace QuickReduce.Gpu.Tests;

/// <summary>Kernels that the stand-in driver really runs: two ranks, all algorithms.</summary>
[AllReduceKernels(
    DataTypes = [DataType.Float16],
    Regimes = [QuantRegime.FP, QuantRegime.Int4],
    WorldSizes = [2],
    Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot])]
[AllReduceKernels(DataTypes = [DataType.Float16], Regimes = [QuantRegime.FP], WorldSizes = [2], Algorithms = [AllReduceAlgorithm.Direct])]
[AllReduceKernels(DataTypes = [DataType.Float32], Regimes = [QuantRegime.FP], WorldSizes = [2], BlockSizes = [128])]
public partial class RealKernels;

/// <summary>Kernels for ranks in processes.</summary>
[AllReduceKernels(
    DataTypes = [DataType.Float16],
    Regimes = [QuantRegime.FP, QuantRegime.Int4],
    WorldSizes = [2, 3, 4],
    Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot])]
[AllReduceKernels(DataTypes = [DataType.Float16], Regimes = [QuantRegime.FP], WorldSizes = [2, 3], Algorithms = [AllReduceAlgorithm.Direct])]
public partial class JobKernels;

/// <summary>A full cross product, whose bindings are one group type.</summary>
[AllReduceKernels(DataTypes = [DataType.Float16], Regimes = [QuantRegime.FP, QuantRegime.Int4], WorldSizes = [2], GroupSizes = [32, 64])]
public partial class TypedKernels;

/// <summary>Kernels that do nothing, for tests of everything around them.</summary>
internal static class TestKernels
{
    public static KernelVariant Variant { get; } = new(DataType.Float16, QuantRegime.FP, 2);

    public static KernelSet Silent { get; } = Of("QuickReduce.Gpu.Tests.Silent", [Variant, Variant with { Algorithm = AllReduceAlgorithm.OneShot, AtomsPerThread = 1 }]);

    public static KernelSet Of(string name, IReadOnlyList<KernelVariant> variants) =>
        new(name, variants, [.. variants.Select(static variant => variant.UnitName).Distinct().Select(unit => new KernelUnit(name + "." + unit, "0123456789abcdef"))]);
}
