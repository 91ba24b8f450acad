using System.Text.Json.Serialization;

namespace QuickReduce.Gpu;

/// <summary>One measured all-reduce of one size.</summary>
/// <param name="Device">Name of the devices.</param>
/// <param name="Devices">How many of them: 1 where all ranks share it.</param>
/// <param name="Machine">What they are in.</param>
/// <param name="Driver">Version of the driver.</param>
/// <param name="Dtype">Element type: <c>float16</c>, <c>bfloat16</c> or <c>float32</c>.</param>
/// <param name="Regime">Wire format: <c>fp</c>, <c>int8</c> ….</param>
/// <param name="Algorithm"><c>two_shot</c>, <c>one_shot</c>, or the name of another library.</param>
/// <param name="WorldSize">Number of ranks.</param>
/// <param name="Bytes">Size of each rank's message.</param>
/// <param name="WireBytes">Bytes that each rank sends to the others.</param>
/// <param name="MedianMicroseconds">Time of one all-reduce of all ranks, in a graph.</param>
/// <param name="P10Microseconds">The tenth percentile.</param>
/// <param name="P90Microseconds">The ninetieth.</param>
/// <param name="AlgorithmBandwidthGBs">Size of the message over the time, in 10⁹ bytes per second.</param>
/// <param name="BusBandwidthGBs">The same times 2 (N − 1) / N, as NCCL's tests report it.</param>
/// <param name="Roof">What limits the time: <c>memory</c>, <c>l2</c> or <c>link</c>.</param>
/// <param name="RoofMicroseconds">The time that this limit alone would take.</param>
/// <param name="FractionOfRoof">The latter over the median.</param>
/// <param name="BufferSets">Sets of inputs and outputs that the calls take in turn.</param>
/// <param name="BitIdentical">Whether head and tail of every rank's output are, bit for bit, what the managed backend gives.</param>
internal sealed record AllReduceRecord(
    string Device, int Devices, string Machine, string Driver, string Dtype, string Regime, string Algorithm, int WorldSize, long Bytes, long WireBytes,
    double MedianMicroseconds, double P10Microseconds, double P90Microseconds, double AlgorithmBandwidthGBs, double BusBandwidthGBs,
    string? Roof, double? RoofMicroseconds, double? FractionOfRoof, int BufferSets, bool BitIdentical);

/// <summary>What calling costs the host. Times in microseconds.</summary>
/// <param name="Device">Name of the device.</param>
/// <param name="Machine">What it is in.</param>
/// <param name="Driver">Version of the driver.</param>
/// <param name="WorldSize">Number of ranks.</param>
/// <param name="RawLaunchesFromC">Whether a loop in C made the driver's own launch calls, for want of a C compiler one in C#.</param>
/// <param name="RawLaunch">The driver's own launch call of the same kernel with no elements.</param>
/// <param name="AllReduceOfPointers">One rank's call with raw pointers: choice of the kernel, checks, account and launch.</param>
/// <param name="AllReduceOfBuffers">The same with buffers and a stream of QuickReduce's own.</param>
/// <param name="AllReduceWithoutCurrentDevice">The call with raw pointers on a thread that has no current device.</param>
/// <param name="GraphLaunch">Launch of a graph of one all-reduce of all ranks.</param>
/// <param name="EmptyNode">An empty kernel in a graph, on the device.</param>
/// <param name="AllocatedBytesPerCall">Bytes that one rank's call allocates.</param>
internal sealed record OverheadRecord(
    string Device, string Machine, string Driver, int WorldSize, bool RawLaunchesFromC, Statistics RawLaunch, Statistics AllReduceOfPointers, Statistics AllReduceOfBuffers, Statistics AllReduceWithoutCurrentDevice,
    Statistics GraphLaunch, Statistics EmptyNode, double AllocatedBytesPerCall);

/// <summary>One codec alone, encoding or decoding one message.</summary>
/// <param name="Device">Name of the device.</param>
/// <param name="Machine">What it is in.</param>
/// <param name="Driver">Version of the driver.</param>
/// <param name="Dtype">Element type.</param>
/// <param name="Regime">Wire format.</param>
/// <param name="Direction"><c>encode</c> or <c>decode</c>.</param>
/// <param name="Bytes">Size of the message.</param>
/// <param name="WireBytes">Its size on the wire.</param>
/// <param name="MedianMicroseconds">Time of one call, in a graph.</param>
/// <param name="P10Microseconds">The tenth percentile.</param>
/// <param name="P90Microseconds">The ninetieth.</param>
/// <param name="BandwidthGBs">Both sizes over the time, in 10⁹ bytes per second.</param>
/// <param name="CopyBandwidthGBs">Bytes that a plain copy reads and writes, over its time, measured just before.</param>
/// <param name="FractionOfCopy">The one over the other.</param>
/// <param name="BitIdentical">Whether head and tail are, bit for bit, what the managed codec gives.</param>
internal sealed record CodecRecord(
    string Device, string Machine, string Driver, string Dtype, string Regime, string Direction, long Bytes, long WireBytes,
    double MedianMicroseconds, double P10Microseconds, double P90Microseconds, double BandwidthGBs, double CopyBandwidthGBs, double FractionOfCopy, bool BitIdentical);

/// <summary>How records become JSON and back, without reflection.</summary>
[JsonSourceGenerationOptions(WriteIndented = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AllReduceRecord[]))]
[JsonSerializable(typeof(OverheadRecord[]))]
[JsonSerializable(typeof(CodecRecord[]))]
[JsonSerializable(typeof(Processes.ProcessRecord[]))]
[JsonSerializable(typeof(FaultMatrix.FaultOutcome[]))]
internal sealed partial class RecordJson : JsonSerializerContext;
