namespace QuickReduce.Gpu.FaultMatrix;

/// <summary>What one rank got in one case.</summary>
/// <param name="Machine">The machine.</param>
/// <param name="Device">Name of the rank's device.</param>
/// <param name="WorldSize">Number of ranks.</param>
/// <param name="SharesOneGpu">Whether all were on the first device.</param>
/// <param name="Fault">What happened, as <see cref="FaultMatrix.Fault"/> has it.</param>
/// <param name="Moment">When, as <see cref="FaultMatrix.Moment"/> has it.</param>
/// <param name="Culprit">The rank that it happened to.</param>
/// <param name="Rank">The rank.</param>
/// <param name="Exception">Type of its exception, with its problem where it has one; empty where all results were right.</param>
/// <param name="NamedRanks">The ranks that the exception names.</param>
/// <param name="Milliseconds">Time from the fault to the exception; null where there was none.</param>
/// <param name="DeviceIsUsable">Whether an all-reduce on the device was right, bit for bit, afterwards.</param>
/// <param name="IsRight">Whether all of this is as it must be.</param>
/// <param name="Text">The exception's message, or what is wrong.</param>
public sealed record FaultOutcome(
    string Machine, string Device, int WorldSize, bool SharesOneGpu, string Fault, string Moment, int Culprit, int Rank, string Exception, string NamedRanks,
    double? Milliseconds, bool DeviceIsUsable, bool IsRight, string Text);
