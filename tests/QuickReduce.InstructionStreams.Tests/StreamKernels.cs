namespace QuickReduce.InstructionStreams.Tests;

/// <summary>Every wire format and number of ranks of the original QuickReduce, by every algorithm.</summary>
[AllReduceKernels]
[AllReduceKernels(Algorithms = [AllReduceAlgorithm.OneShot])]
[AllReduceKernels(Regimes = [QuantRegime.FP], Algorithms = [AllReduceAlgorithm.Direct])]
public partial class StreamKernels;

/// <summary>Groups and scale formats of INT4, side by side.</summary>
[AllReduceKernels(
    Regimes = [QuantRegime.Int4],
    GroupSizes = [16, 32],
    ScaleFormats = [ScaleFormat.BFloat16, ScaleFormat.SharedExponent],
    WorldSizes = [2],
    Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot])]
public partial class FormatKernels;
