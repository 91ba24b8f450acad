namespace QuickReduce.Integration.Kernels;

/// <summary>
/// Variants all along the axes, for the host CPU only: every width in every group size, every world size with every
/// algorithm, every block size and every number of atoms.
/// </summary>
[AllReduceKernels(
    DataTypes = [DataType.Float16],
    Regimes = [QuantRegime.Int2, QuantRegime.Int3, QuantRegime.Int4, QuantRegime.Int5, QuantRegime.Int6, QuantRegime.Int7, QuantRegime.Int8],
    GroupSizes = [16, 32, 64, 128],
    WorldSizes = [3])]
[AllReduceKernels(
    DataTypes = [DataType.BFloat16],
    Regimes = [QuantRegime.Int2, QuantRegime.Int3, QuantRegime.Int4, QuantRegime.Int5, QuantRegime.Int6, QuantRegime.Int7, QuantRegime.Int8],
    WorldSizes = [5],
    Algorithms = [AllReduceAlgorithm.OneShot])]
[AllReduceKernels(
    DataTypes = [DataType.BFloat16],
    Regimes = [QuantRegime.Int6],
    GroupSizes = [16, 64, 128],
    WorldSizes = [7],
    Algorithms = [AllReduceAlgorithm.OneShot])]
[AllReduceKernels(
    DataTypes = [DataType.Float16],
    Regimes = [QuantRegime.Int2, QuantRegime.Int3, QuantRegime.Int4, QuantRegime.Int5, QuantRegime.Int6, QuantRegime.Int7, QuantRegime.Int8],
    GroupSizes = [16, 32],
    ScaleFormats = [ScaleFormat.SharedExponent],
    WorldSizes = [3])]
[AllReduceKernels(
    DataTypes = [DataType.BFloat16],
    Regimes = [QuantRegime.Int2, QuantRegime.Int4, QuantRegime.Int7],
    GroupSizes = [16, 32],
    ScaleFormats = [ScaleFormat.SharedExponent],
    WorldSizes = [2],
    Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot])]
[AllReduceKernels(
    DataTypes = [DataType.BFloat16],
    Regimes = [QuantRegime.Int4],
    GroupSizes = [16],
    ScaleFormats = [ScaleFormat.SharedExponent],
    WorldSizes = [3],
    Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot],
    BlockSizes = [128, 512, 1024])]
[AllReduceKernels(
    DataTypes = [DataType.Float16],
    Regimes = [QuantRegime.Int5],
    WorldSizes = [2, 4, 5, 6, 7, 8],
    Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot])]
[AllReduceKernels(
    DataTypes = [DataType.Float32],
    Regimes = [QuantRegime.FP],
    WorldSizes = [2, 3, 4, 5, 6, 7, 8],
    Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot, AllReduceAlgorithm.Direct])]
[AllReduceKernels(
    Regimes = [QuantRegime.FP],
    WorldSizes = [6],
    Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot, AllReduceAlgorithm.Direct])]
[AllReduceKernels(
    DataTypes = [DataType.Float16],
    Regimes = [QuantRegime.FP],
    WorldSizes = [3],
    Algorithms = [AllReduceAlgorithm.Direct],
    AtomsPerThread = [2, 4, 16])]
[AllReduceKernels(
    DataTypes = [DataType.BFloat16],
    Regimes = [QuantRegime.Int7],
    GroupSizes = [128],
    WorldSizes = [8],
    Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot],
    BlockSizes = [128, 512, 1024])]
[AllReduceKernels(
    DataTypes = [DataType.Float32],
    Regimes = [QuantRegime.FP],
    WorldSizes = [7],
    BlockSizes = [128, 512, 1024])]
[AllReduceKernels(
    DataTypes = [DataType.Float16],
    Regimes = [QuantRegime.Int3],
    WorldSizes = [3],
    Algorithms = [AllReduceAlgorithm.OneShot],
    AtomsPerThread = [1, 2, 4, 8, 16, 32, 64])]
[AllReduceKernels(
    DataTypes = [DataType.Float16],
    Regimes = [QuantRegime.Int3],
    WorldSizes = [3],
    AtomsPerThread = [4, 16, 32, 64])]
public partial class WideKernels;
