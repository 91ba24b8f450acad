namespace QuickReduce.Cli.Kernels;

/// <summary>What <c>bench</c> measures: the usual regimes in every algorithm and number of ranks, and INT4 with shared exponents.</summary>
[AllReduceKernels(
    DataTypes = [DataType.Float16, DataType.BFloat16],
    Regimes = [QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4],
    WorldSizes = [2, 3, 4, 5, 6, 7, 8],
    Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot])]
[AllReduceKernels(
    DataTypes = [DataType.Float16, DataType.BFloat16],
    Regimes = [QuantRegime.Int4],
    GroupSizes = [16],
    ScaleFormats = [ScaleFormat.SharedExponent],
    WorldSizes = [2, 4, 8],
    Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot])]
[AllReduceKernels(
    DataTypes = [DataType.Float32],
    Regimes = [QuantRegime.FP],
    WorldSizes = [2, 3, 4, 5, 6, 7, 8],
    Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot])]
[AllReduceKernels(
    DataTypes = [DataType.Float16, DataType.BFloat16, DataType.Float32],
    Regimes = [QuantRegime.FP],
    WorldSizes = [2, 3, 4, 5, 6, 7, 8],
    Algorithms = [AllReduceAlgorithm.Direct])]
internal static partial class ToolKernels;
