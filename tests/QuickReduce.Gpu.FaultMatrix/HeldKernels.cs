namespace QuickReduce.Gpu.FaultMatrix;

/// <summary>
/// Two-shot kernels whose first block the host can hold at a moment of its call (<c>held_two_shot.scriban</c>). They read 16
/// bytes before the output: the moment to hold at, or 0, and that at which the block is held.
/// </summary>
[AllReduceKernels(DataTypes = [DataType.Float16], Regimes = [QuantRegime.FP, QuantRegime.Int4], WorldSizes = [2, 3, 4])]
public partial class HeldKernels;
