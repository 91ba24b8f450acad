using QuickReduce;

namespace QuickStart;

/// <summary>One row of the table.</summary>
/// <param name="Device">What ran the kernels.</param>
/// <param name="DataType">Element type.</param>
/// <param name="Regime">Wire format.</param>
/// <param name="Ranks">Number of ranks.</param>
/// <param name="WireBytes">Bytes that one rank sends to the others in one all-reduce.</param>
/// <param name="Compression">Bytes in full precision over <paramref name="WireBytes"/>.</param>
/// <param name="SignalToNoise">Of the result against the fp64 sum of the same partial sums, in dB.</param>
/// <param name="Time">Median time of one all-reduce of all ranks.</param>
/// <param name="BitIdentical">
/// Whether every rank, every way to call and every backend so far gave the same bits.
/// </param>
internal sealed record Measurement(
    DeviceKind Device,
    DataType DataType,
    LlamaCollectives.Regime Regime,
    int Ranks,
    long WireBytes,
    double Compression,
    double SignalToNoise,
    TimeSpan Time,
    bool BitIdentical)
{
    /// <summary>
    /// What the documentation promises of Gaussian data for every regime (docs/numerics.md), less 3 dB for the
    /// outliers of real activations; in full precision what rounding to the element type costs.
    /// </summary>
    public double PromisedSignalToNoise => (Regime, DataType) switch
    {
        (LlamaCollectives.Regime.FP, DataType.Float16) => 60,
        (LlamaCollectives.Regime.FP, _) => 48,
        (LlamaCollectives.Regime.Int8, _) => 39,
        (LlamaCollectives.Regime.Int6, _) => 27.3,
        _ => 15.2,
    };

    /// <summary>Whether the row is as promised.</summary>
    public bool IsAsPromised => BitIdentical && SignalToNoise >= PromisedSignalToNoise;
}
