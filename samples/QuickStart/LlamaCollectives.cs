using QuickReduce;

namespace QuickStart;

/// <summary>
/// All that a user writes. The generator adds one specialised kernel for each of the 2 × 4 × 3 combinations and the
/// typed members that run them; the build compiles the kernels for the architectures in the project file. A kernel that
/// spilled registers on an AMD GPU, or left room for fewer than five waves per SIMD, would be an error here.
/// </summary>
[AllReduceKernels(
    DataTypes = [DataType.Float16, DataType.BFloat16],
    Regimes = [QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4],
    WorldSizes = [2, 4, 8],
    NoSpills = true,
    MinOccupancy = 5)]
public partial class LlamaCollectives;
