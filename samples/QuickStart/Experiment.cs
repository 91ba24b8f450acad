using System.Diagnostics;
using System.Runtime.InteropServices;
using QuickReduce;

namespace QuickStart;

/// <summary>All-reduces the partial sums in every regime, at one world size, in one element type, on one device.</summary>
/// <typeparam name="T">Element type.</typeparam>
/// <param name="dataType">The same, as the vocabulary names it.</param>
/// <param name="round">fp32 to the element type.</param>
/// <param name="widen">Element type to fp64.</param>
/// <param name="reduce">The generated call for the element type.</param>
/// <param name="reduceRank">The generated call of one rank for the element type.</param>
internal sealed class Experiment<T>(
    DataType dataType,
    Func<float, T> round,
    Func<T, double> widen,
    Action<LlamaCollectives.Group, ReadOnlyMemory<T>[], Memory<T>[], LlamaCollectives.Regime> reduce,
    Action<LlamaCollectives.Rank, T[], T[], LlamaCollectives.Regime> reduceRank)
    where T : unmanaged
{
    private const int Repetitions = 15;

    // Bits of the first device's results, which every other device has to match.
    private readonly Dictionary<(int Ranks, LlamaCollectives.Regime Regime), T[]> reference = [];

    public IEnumerable<Measurement> Run(PartialSums partialSums, DeviceKind device, LlamaCollectives.WorldSize worldSize)
    {
        using var group = LlamaCollectives.CreateGroup(worldSize, new GroupOptions { Device = device });
        var inputs = partialSums.ForWorldSize(group.RankCount, round);
        var exact = Enumerable.Range(0, partialSums.ElementCount).Select(i => inputs.Sum(rank => widen(rank[i]))).ToArray();
        var fullPrecisionBytes = WireBytes(LlamaCollectives.Regime.FP, group.RankCount, exact.Length);

        foreach (var regime in Enum.GetValues<LlamaCollectives.Regime>())
        {
            var outputs = inputs.Select(static input => new T[input.Length]).ToArray();
            var time = MedianTime(group, inputs, outputs, regime);
            var wireBytes = WireBytes(regime, group.RankCount, exact.Length);
            yield return new Measurement(
                group.Device, dataType, regime, group.RankCount, wireBytes, (double)fullPrecisionBytes / wireBytes,
                SignalToNoise(exact, outputs[0]), time,
                IsSameEverywhere(outputs, regime) && IsSameFromRanks(group, inputs, outputs[0], regime));
        }
    }

    private TimeSpan MedianTime(LlamaCollectives.Group group, T[][] inputs, T[][] outputs, LlamaCollectives.Regime regime)
    {
        var from = inputs.Select(static input => (ReadOnlyMemory<T>)input).ToArray();
        var to = outputs.Select(static output => (Memory<T>)output).ToArray();
        reduce(group, from, to, regime);
        var times = new TimeSpan[Repetitions];
        foreach (ref var time in times.AsSpan())
        {
            var start = Stopwatch.GetTimestamp();
            reduce(group, from, to, regime);
            time = Stopwatch.GetElapsedTime(start);
        }

        Array.Sort(times);
        return times[Repetitions / 2];
    }

    private bool IsSameEverywhere(T[][] outputs, LlamaCollectives.Regime regime)
    {
        var key = (outputs.Length, regime);
        reference.TryAdd(key, outputs[0]);
        return outputs.All(output => HaveSameBits(output, reference[key]));
    }

    // The other way to call: every rank on its own thread, as in a real program.
    private bool IsSameFromRanks(LlamaCollectives.Group group, T[][] inputs, T[] expected, LlamaCollectives.Regime regime)
    {
        var outputs = inputs.Select(static input => new T[input.Length]).ToArray();
        group.RunAsync(rank => reduceRank(rank, inputs[rank.Index], outputs[rank.Index], regime)).GetAwaiter().GetResult();
        return outputs.All(output => HaveSameBits(output, expected));
    }

    private double SignalToNoise(double[] exact, T[] result)
    {
        double signal = 0, noise = 0;
        for (var i = 0; i < exact.Length; i++)
        {
            var error = widen(result[i]) - exact[i];
            signal += exact[i] * exact[i];
            noise += error * error;
        }

        return 10 * Math.Log10(signal / noise);
    }

    private long WireBytes(LlamaCollectives.Regime regime, int ranks, int elements) =>
        new KernelGeometry(new KernelVariant(dataType, (QuantRegime)regime, ranks)).WireBytes(elements);

    private static bool HaveSameBits(T[] left, T[] right) =>
        MemoryMarshal.AsBytes<T>(left).SequenceEqual(MemoryMarshal.AsBytes<T>(right));
}
