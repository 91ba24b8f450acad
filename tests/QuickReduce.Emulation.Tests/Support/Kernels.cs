namespace QuickReduce.Emulation.Tests;

/// <summary>The default data types, regimes and world sizes in every algorithm, with three ranks, Float32 and shared exponents as well.</summary>
[AllReduceKernels(
    DataTypes = [DataType.Float16, DataType.BFloat16],
    Regimes = [QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4],
    WorldSizes = [2, 3, 4, 8],
    Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot])]
[AllReduceKernels(
    DataTypes = [DataType.Float16, DataType.BFloat16],
    Regimes = [QuantRegime.FP],
    WorldSizes = [2, 3, 4, 8],
    Algorithms = [AllReduceAlgorithm.Direct])]
[AllReduceKernels(
    DataTypes = [DataType.Float16, DataType.BFloat16],
    Regimes = [QuantRegime.Int4, QuantRegime.Int5],
    GroupSizes = [16, 32],
    ScaleFormats = [ScaleFormat.SharedExponent],
    WorldSizes = [2],
    Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot])]
[AllReduceKernels(
    DataTypes = [DataType.Float32],
    Regimes = [QuantRegime.FP],
    WorldSizes = [2, 3, 4, 8],
    Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot, AllReduceAlgorithm.Direct])]
public partial class EmulatedKernels;
