namespace QuickReduce.InstructionStreams.Tests;

/// <summary>Every wire format and number of ranks of the original QuickReduce, by every algorithm.</summary>
[AllReduceKernels]
[AllReduceKernels(Algorithms = [AllReduceAlgorithm.OneShot])]
[AllReduceKernels(Regimes = [QuantRegime.FP], Algorithms = [AllReduceAlgorithm.Direct])]
public partial class StreamKernels;
