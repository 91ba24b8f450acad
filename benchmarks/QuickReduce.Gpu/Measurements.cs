using System.Text.Json.Serialization;

namespace QuickReduce.Gpu;

/// <summary>One row: an all-reduce of one size.</summary>
/// <param name="Ranks">Number of ranks.</param>
/// <param name="DataType">Element type.</param>
/// <param name="Regime">Wire format.</param>
/// <param name="Bytes">Size of each rank's message.</param>
/// <param name="Blocks">Blocks of each rank.</param>
/// <param name="BufferSets">Sets of inputs and outputs that the calls take in turn.</param>
/// <param name="L2Hot">Whether those sets fit into four times the L2, so that some of the messages may be read from it.</param>
/// <param name="Microseconds">Time of one all-reduce of all ranks, in a graph.</param>
/// <param name="CopyMicroseconds">
/// What the device's measured copy rate makes of reading every input and writing every output once, in microseconds.
/// </param>
/// <param name="ShareOfCopy">The latter over the former: 1 is the roof.</param>
/// <param name="Correct">Whether head and tail of every rank's output are, bit for bit, what the managed backend gives.</param>
internal sealed record AllReduceRow(
    int Ranks, string DataType, string Regime, long Bytes, int Blocks, int BufferSets, bool L2Hot,
    Statistics Microseconds, double CopyMicroseconds, double ShareOfCopy, bool Correct);

/// <summary>What calling costs the host.</summary>
/// <param name="EmptyLaunch">Launch of an empty kernel through the driver, back to back, in microseconds.</param>
/// <param name="EmptyNode">An empty kernel in a graph, on the device, in microseconds.</param>
/// <param name="AllReduceCall">One rank's call, on the host, in microseconds: look-up, checks and launch.</param>
/// <param name="GraphLaunch">Launch of a graph of one all-reduce of all ranks, on the host, in microseconds.</param>
/// <param name="AllocatedBytesPerCall">Bytes that one rank's call allocates.</param>
/// <param name="Ranks">Number of ranks.</param>
internal sealed record CallOverhead(int Ranks, Statistics EmptyLaunch, Statistics EmptyNode, Statistics AllReduceCall, Statistics GraphLaunch, double AllocatedBytesPerCall);

/// <summary>All that one run of <c>bench</c> measured.</summary>
/// <param name="Device">The device.</param>
/// <param name="Architecture">What its code is compiled for.</param>
/// <param name="CopyBytes">Bytes that the copy read, and as many that it wrote.</param>
/// <param name="CopyTerabytesPerSecond">Read and written together, median.</param>
/// <param name="Overheads">What calling costs.</param>
/// <param name="AllReduces">The rows.</param>
internal sealed record BenchReport(
    string Device, string Architecture, long CopyBytes, double CopyTerabytesPerSecond, List<CallOverhead> Overheads, List<AllReduceRow> AllReduces);

/// <summary>How reports become JSON, without reflection.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BenchReport))]
internal sealed partial class ReportJson : JsonSerializerContext;
