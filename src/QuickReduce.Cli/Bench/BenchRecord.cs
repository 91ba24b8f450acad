using QuickReduce.Cli.CommandLine;
using QuickReduce.Measurement;

namespace QuickReduce.Cli.Bench;

/// <summary>One measured all-reduce of one size: what <c>bench</c> writes, and <c>bench compare</c> reads.</summary>
/// <param name="Device"><c>managed</c>, <c>host</c>, <c>cuda</c> or <c>hip</c>.</param>
/// <param name="Machine">What it was measured on, and how the ranks were spread over it.</param>
/// <param name="Dtype">Element type: <c>fp16</c>, <c>bf16</c>, <c>fp32</c>.</param>
/// <param name="Regime">Wire format: <c>fp</c>, <c>int8</c> ….</param>
/// <param name="Algorithm">What ran: <c>one-shot</c>, <c>two-shot</c>, <c>direct</c>.</param>
/// <param name="WorldSize">Number of ranks.</param>
/// <param name="Bytes">Size of each rank's message.</param>
/// <param name="WireBytes">Bytes that each rank sends to the others.</param>
/// <param name="MedianMicroseconds">Time of one all-reduce of all ranks.</param>
/// <param name="P10Microseconds">The tenth percentile.</param>
/// <param name="P90Microseconds">The ninetieth.</param>
/// <param name="AlgorithmBandwidthGBs">Size of the message over the time, in 10⁹ bytes per second.</param>
/// <param name="BusBandwidthGBs">The same times 2 (N − 1) / N, as NCCL's tests report it.</param>
/// <param name="SnrDb">Signal-to-noise ratio against the fp64 sum, on normally distributed data; null where there is no noise, or no number.</param>
/// <param name="BitIdentical">Whether every rank's whole result is, bit for bit, the managed backend's.</param>
internal sealed record BenchRecord(
    string Device,
    string Machine,
    string Dtype,
    string Regime,
    string Algorithm,
    int WorldSize,
    long Bytes,
    long WireBytes,
    double MedianMicroseconds,
    double P10Microseconds,
    double P90Microseconds,
    double AlgorithmBandwidthGBs,
    double BusBandwidthGBs,
    double? SnrDb,
    bool BitIdentical)
{
    /// <summary>The record of a measurement.</summary>
    public static BenchRecord Of(DeviceKind device, string machine, BenchCase measured, CaseResult result)
    {
        var variant = measured.Variant;
        var bandwidth = measured.Bytes / result.Time.Median / 1e3;
        return new BenchRecord(
            AxisNames.Devices.NameOf(device),
            machine,
            AxisNames.NameOf(variant.DataType),
            KernelVariant.NameOf(variant.Mode),
            AxisNames.NameOf(variant.Algorithm),
            variant.WorldSize,
            measured.Bytes,
            new KernelGeometry(variant).WireBytes(measured.Count),
            Math.Round(result.Time.Median, 3),
            Math.Round(result.Time.P10, 3),
            Math.Round(result.Time.P90, 3),
            Math.Round(bandwidth, 4),
            Math.Round(bandwidth * 2 * (variant.WorldSize - 1) / variant.WorldSize, 4),
            result.SnrDb is { } snr ? Math.Round(snr, 2) : null,
            result.BitIdentical);
    }
}

/// <summary>One all-reduce to measure.</summary>
/// <param name="Variant">The kernel.</param>
/// <param name="Bytes">Size of each rank's message: whole elements.</param>
internal readonly record struct BenchCase(KernelVariant Variant, long Bytes)
{
    /// <summary>Number of elements.</summary>
    public int Count => checked((int)(Bytes / WireFormat.SizeOf(Variant.DataType)));

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Variant.WorldSize} ranks, {AxisNames.NameOf(Variant.DataType)}, {KernelVariant.NameOf(Variant.Mode)}, {AxisNames.NameOf(Variant.Algorithm)}, {MessageSize.Describe(Bytes)}";
}

/// <summary>What measuring a case gave.</summary>
/// <param name="Time">Microseconds of one all-reduce.</param>
/// <param name="SnrDb">Signal-to-noise ratio; null where there is no noise, or no number.</param>
/// <param name="BitIdentical">Whether every rank's result is the managed backend's.</param>
internal sealed record CaseResult(Statistics Time, double? SnrDb, bool BitIdentical);

/// <summary>Runs cases, one after the other, on one kind of device.</summary>
internal interface ISweep
{
    /// <summary>Measures the cases; a result for each, in their order.</summary>
    IAsyncEnumerable<CaseResult> RunAsync(IReadOnlyList<BenchCase> cases, CancellationToken cancellation);
}
