using QuickReduce.Cli.Bench;

namespace QuickReduce.Cli.Tune;

/// <summary>Makes a profile's entries of measurements.</summary>
internal static class ProfileBuilder
{
    /// <summary>
    /// For every type, number of ranks and size, the fastest geometry of each regime and algorithm, without those whose
    /// signal-to-noise ratio is below the floor. Each stands for the sizes that are nearer to its own than to any other
    /// that was measured; the smallest and the largest for all beyond.
    /// </summary>
    /// <param name="device">What ran the kernels.</param>
    /// <param name="results">Measurements.</param>
    /// <param name="minSnrDb">The floor, in dB; null for none. Full precision is never below it.</param>
    public static IReadOnlyList<TuningEntry> Entries(DeviceKind device, IReadOnlyList<(BenchCase Case, CaseResult Result)> results, double? minSnrDb)
    {
        long[] sizes = [.. results.Select(static item => item.Case.Bytes).Distinct().Order()];
        return
        [
            .. results
                .Where(item => IsExactEnough(item.Case.Variant, item.Result, minSnrDb))
                .GroupBy(static item => (item.Case.Variant.DataType, item.Case.Variant.WorldSize, item.Case.Bytes, item.Case.Variant.Mode, item.Case.Variant.Algorithm))
                .Select(static group => group.MinBy(static item => item.Result.Time.Median))
                .OrderBy(static item => item.Case.Variant.DataType).ThenBy(static item => item.Case.Variant.WorldSize).ThenBy(static item => item.Case.Bytes)
                .ThenBy(static item => item.Result.Time.Median)
                .Select(item => new TuningEntry
                {
                    Device = device,
                    Variant = item.Case.Variant,
                    MinBytes = Range(sizes, item.Case.Bytes).Min,
                    MaxBytes = Range(sizes, item.Case.Bytes).Max,
                    MedianMicroseconds = Math.Round(item.Result.Time.Median, 3),
                    SnrDb = item.Result.SnrDb is { } snr ? Math.Round(snr, 2) : null,
                }),
        ];
    }

    private static bool IsExactEnough(KernelVariant variant, CaseResult result, double? minSnrDb) =>
        variant.Regime == QuantRegime.FP || minSnrDb is not { } floor || result.SnrDb >= floor;

    /// <summary>Sizes nearer to one than to its neighbours, by ratio.</summary>
    private static (long Min, long Max) Range(long[] sizes, long size)
    {
        var index = Array.IndexOf(sizes, size);
        return (index == 0 ? 0 : Middle(sizes[index - 1], size) + 1, index == sizes.Length - 1 ? long.MaxValue : Middle(size, sizes[index + 1]));
    }

    private static long Middle(long smaller, long larger) => (long)Math.Sqrt((double)smaller * larger);
}
