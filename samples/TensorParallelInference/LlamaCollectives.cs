using QuickReduce;

namespace TensorParallelInference;

/// <summary>
/// The all-reduces of the model. A value added to an axis here is in the commands' options, in the tables and in the
/// chart.
/// </summary>
[AllReduceKernels(
    DataTypes = [DataType.Float16, DataType.BFloat16],
    Regimes = [QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4],
    WorldSizes = [2, 4, 8],
    NoSpills = true,
    MinOccupancy = 5)]
public partial class LlamaCollectives;
