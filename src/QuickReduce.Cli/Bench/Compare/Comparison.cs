using System.Text.Json.Serialization;

namespace QuickReduce.Cli.Bench.Compare;

/// <summary>How a time has changed, as far as the spread of the measurements lets one tell.</summary>
internal enum Verdict
{
    /// <summary>The ranges from the tenth to the ninetieth percentile overlap, or the change is within the threshold.</summary>
    [JsonStringEnumMemberName("same")]
    Same,

    [JsonStringEnumMemberName("faster")]
    Faster,

    [JsonStringEnumMemberName("slower")]
    Slower,

    /// <summary>The result was the managed backend's, and is not any more.</summary>
    [JsonStringEnumMemberName("wrong")]
    Wrong,
}

/// <summary>One all-reduce in two files.</summary>
/// <param name="Device">What ran the kernels.</param>
/// <param name="Dtype">Element type.</param>
/// <param name="Regime">Wire format.</param>
/// <param name="Algorithm">Algorithm; where it has changed, both.</param>
/// <param name="WorldSize">Number of ranks.</param>
/// <param name="Bytes">Size of each rank's message.</param>
/// <param name="BaseMicroseconds">Median time in the first file.</param>
/// <param name="NewMicroseconds">Median time in the second.</param>
/// <param name="Ratio">The second over the first: above 1 is slower.</param>
/// <param name="WithinNoise">Whether the ranges from the tenth to the ninetieth percentile overlap.</param>
/// <param name="Verdict">What to make of it.</param>
internal sealed record ComparedRecord(
    string Device, string Dtype, string Regime, string Algorithm, int WorldSize, long Bytes,
    double BaseMicroseconds, double NewMicroseconds, double Ratio, bool WithinNoise, Verdict Verdict);

/// <summary>Two files of results, record by record.</summary>
/// <param name="Records">What is in both, in the second one's order.</param>
/// <param name="GeometricMeanRatio">Of all ratios; null where there are none.</param>
/// <param name="OnlyInBase">Records that the second file lacks.</param>
/// <param name="OnlyInNew">Records that the first lacks.</param>
/// <param name="SameMachine">Whether both were measured on the same machine in the same way.</param>
internal sealed record Comparison(IReadOnlyList<ComparedRecord> Records, double? GeometricMeanRatio, int OnlyInBase, int OnlyInNew, bool SameMachine)
{
    /// <summary>Compares.</summary>
    /// <param name="before">Records of the first file.</param>
    /// <param name="after">Records of the second.</param>
    /// <param name="thresholdPercent">Changes up to this many percent count as none.</param>
    public static Comparison Of(IReadOnlyList<BenchRecord> before, IReadOnlyList<BenchRecord> after, double thresholdPercent)
    {
        var exact = before.ToDictionary(static record => (Key(record), record.Algorithm));

        // What a group chooses by size may have changed: where there is one record each, the algorithm does not matter.
        var single = before.GroupBy(Key).Where(static group => group.Count() == 1).ToDictionary(static group => group.Key, static group => group.Single());
        var singleAfter = after.GroupBy(Key).Where(static group => group.Count() == 1).Select(static group => group.Key).ToHashSet();
        List<ComparedRecord> records = [];
        foreach (var record in after)
        {
            if (exact.TryGetValue((Key(record), record.Algorithm), out var old) || (singleAfter.Contains(Key(record)) && single.TryGetValue(Key(record), out old)))
            {
                records.Add(Compare(old, record, thresholdPercent));
            }
        }

        return new Comparison(
            records,
            records.Count > 0 ? Math.Round(Math.Exp(records.Average(static record => Math.Log(record.Ratio))), 4) : null,
            before.Count - records.Count,
            after.Count - records.Count,
            before.Select(static record => record.Machine).ToHashSet().SetEquals(after.Select(static record => record.Machine)));
    }

    private static (string Device, string Dtype, string Regime, int WorldSize, long Bytes) Key(BenchRecord record) =>
        (record.Device, record.Dtype, record.Regime, record.WorldSize, record.Bytes);

    private static ComparedRecord Compare(BenchRecord before, BenchRecord after, double thresholdPercent)
    {
        var ratio = after.MedianMicroseconds / before.MedianMicroseconds;
        var overlap = after.P10Microseconds <= before.P90Microseconds && before.P10Microseconds <= after.P90Microseconds;
        var factor = 1 + thresholdPercent / 100;
        var verdict = before.BitIdentical && !after.BitIdentical ? Verdict.Wrong
            : overlap ? Verdict.Same
            : ratio > factor ? Verdict.Slower
            : ratio < 1 / factor ? Verdict.Faster
            : Verdict.Same;
        return new ComparedRecord(
            after.Device, after.Dtype, after.Regime, before.Algorithm == after.Algorithm ? after.Algorithm : before.Algorithm + " → " + after.Algorithm, after.WorldSize, after.Bytes,
            before.MedianMicroseconds, after.MedianMicroseconds, Math.Round(ratio, 4), overlap, verdict);
    }
}
