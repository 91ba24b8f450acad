using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace FusedRmsNorm;

/// <summary>One row of the sample's table.</summary>
internal sealed record Measurement(string DataType, int HiddenSize, int Rows, double WorstUlps, bool SameBits, TimeSpan Kernel, TimeSpan Reference)
{
    /// <summary>Half a unit is what correct rounding of the exact value costs; fp32 adds a little on the way there.</summary>
    public bool IsAsPromised => SameBits && WorstUlps <= 0.51;

    /// <summary>The row as text.</summary>
    public IEnumerable<string> Cells => new[]
    {
        DataType, HiddenSize.ToString(CultureInfo.InvariantCulture), Rows.ToString(CultureInfo.InvariantCulture),
        WorstUlps.ToString("F4", CultureInfo.InvariantCulture), SameBits ? "yes" : "no",
        Kernel.TotalMicroseconds.ToString("N0", CultureInfo.InvariantCulture), Reference.TotalMicroseconds.ToString("N0", CultureInfo.InvariantCulture),
    };
}

/// <summary>Runs the kernel and the reference on the same values.</summary>
internal static class Experiment
{
    private const float Epsilon = 1e-5f;
    private const int Repetitions = 15;

    public static Measurement Run<T>(ResidualStream stream, ElementType<T> type, int hiddenSize)
        where T : unmanaged
    {
        var rows = stream.RowsOf(hiddenSize);
        var input = stream.Input(hiddenSize, type.Round);
        var residual = stream.Residual(hiddenSize, type.Round);

        // The norm's weights are not among the recorded tensors; these are around one, as trained ones are.
        var weight = Enumerable.Range(0, hiddenSize).Select(i => type.Round(1 + 0.25f * MathF.Sin(i))).ToArray();

        var (sums, output) = ((T[])residual.Clone(), new T[input.Length]);
        Norms.FusedRmsNorm(input, sums, weight, output, rows, hiddenSize, Epsilon);
        var (expectedSums, expectedOutput) = ((T[])residual.Clone(), new T[input.Length]);
        Reference.Run(type, input, expectedSums, weight, expectedOutput, rows, hiddenSize, Epsilon);

        return new Measurement(
            type.Name,
            hiddenSize,
            rows,
            Reference.WorstUlps<T>(type, sums, weight, output, rows, hiddenSize, Epsilon),
            BytesOf(sums).SequenceEqual(BytesOf(expectedSums)) && BytesOf(output).SequenceEqual(BytesOf(expectedOutput)),
            MedianOf(() => Norms.FusedRmsNorm(input, sums, weight, output, rows, hiddenSize, Epsilon)),
            MedianOf(() => Reference.Run(type, input, sums, weight, output, rows, hiddenSize, Epsilon)));
    }

    private static ReadOnlySpan<byte> BytesOf<T>(T[] values)
        where T : unmanaged => MemoryMarshal.AsBytes(values.AsSpan());

    private static TimeSpan MedianOf(Action action)
    {
        var times = new TimeSpan[Repetitions];
        foreach (ref var time in times.AsSpan())
        {
            var start = Stopwatch.GetTimestamp();
            action();
            time = Stopwatch.GetElapsedTime(start);
        }

        Array.Sort(times);
        return times[Repetitions / 2];
    }
}
