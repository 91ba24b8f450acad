using System.Collections.Concurrent;
using QuickReduce.Measurement;

namespace QuickReduce.Cli.Bench;

/// <summary>
/// What every rank puts in, and what must come out. A rank's message repeats a pattern, whose length is a multiple of any
/// group's; so the result repeats too, and the managed backend has to compute no more than one length of it. Thread-safe.
/// </summary>
internal sealed class Expectations(KernelSet kernels)
{
    /// <summary>Elements of the pattern.</summary>
    public const int PatternElements = 1 << 18;

    private readonly ConcurrentDictionary<(DataType, int Rank), Lazy<byte[]>> _patterns = [];
    private readonly ConcurrentDictionary<(DataType, int Ranks), Lazy<double[]>> _exact = [];
    private readonly ConcurrentDictionary<(KernelVariant, int Elements), Lazy<byte[]>> _results = [];

    /// <summary>A rank's pattern: normally distributed, another one for every rank.</summary>
    public byte[] Pattern(DataType dataType, int rank) =>
        _patterns.GetOrAdd((dataType, rank), static key => new(() => Messages.Gaussian(new Random(1 + 31 * key.Rank), key.Item1, PatternElements))).Value;

    /// <summary>The beginning of a result, as far as the pattern goes, and what comes after the last whole pattern.</summary>
    public (byte[] Head, byte[] Tail) Of(BenchCase item)
    {
        var head = Result(item.Variant, int.Min(item.Count, PatternElements));
        var tail = item.Count % PatternElements;
        return (head, item.Count < PatternElements || tail == 0 ? [] : Result(item.Variant, tail));
    }

    /// <summary>Signal-to-noise ratio of a result's beginning against the sum in fp64; null where it is exact, or not finite.</summary>
    public double? SnrDb(KernelVariant variant, ReadOnlySpan<byte> result)
    {
        var exact = _exact.GetOrAdd((variant.DataType, variant.WorldSize), key => new(() => Exact(key.Item1, key.Ranks))).Value;
        double signal = 0, noise = 0;
        for (var i = 0; i < result.Length / WireFormat.SizeOf(variant.DataType); i++)
        {
            var error = Messages.Widen(variant.DataType, result, i) - exact[i];
            signal += exact[i] * exact[i];
            noise += error * error;
        }

        var snr = 10 * Math.Log10(signal / noise);
        return double.IsFinite(snr) ? snr : null;
    }

    private byte[] Result(KernelVariant variant, int elements) => _results.GetOrAdd((variant, elements), key => new(() => Messages.Expected(
        kernels,
        key.Item1,
        [.. Enumerable.Range(0, key.Item1.WorldSize).Select(rank => Pattern(key.Item1.DataType, rank)[..(key.Elements * WireFormat.SizeOf(key.Item1.DataType))])]))).Value;

    private double[] Exact(DataType dataType, int ranks)
    {
        var sum = new double[PatternElements];
        for (var rank = 0; rank < ranks; rank++)
        {
            var pattern = Pattern(dataType, rank);
            for (var i = 0; i < sum.Length; i++)
            {
                sum[i] += Messages.Widen(dataType, pattern, i);
            }
        }

        return sum;
    }
}
