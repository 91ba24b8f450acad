namespace FusedRmsNorm;

/// <summary>The same norm in plain C#, once to the bit as the kernel calculates and once as exactly as can be.</summary>
internal static class Reference
{
    private const int Lanes = 256;
    private const int ElementsPerLane = 8;

    /// <summary>
    /// What the kernel has to give, bit for bit: fp32, with the sum of squares in the kernel's order. Each lane sums its
    /// elements eight at a time, then lanes are added as a tree, neighbours first.
    /// </summary>
    public static void Run<T>(
        ElementType<T> type, ReadOnlySpan<T> input, Span<T> residual, ReadOnlySpan<T> weight, Span<T> output, int rows, int hiddenSize, float epsilon)
    {
        Span<float> lanes = stackalloc float[Lanes];
        for (var row = 0; row < rows; row++)
        {
            var x = input.Slice(row * hiddenSize, hiddenSize);
            var r = residual.Slice(row * hiddenSize, hiddenSize);
            var y = output.Slice(row * hiddenSize, hiddenSize);
            for (var i = 0; i < hiddenSize; i++)
            {
                r[i] = type.Round(type.Widen(x[i]) + type.Widen(r[i]));
            }

            lanes.Clear();
            for (var first = 0; first < hiddenSize; first += ElementsPerLane)
            {
                float Square(ReadOnlySpan<T> values, int i) => first + i < values.Length ? type.Widen(values[first + i]) * type.Widen(values[first + i]) : 0;
                var even = Square(r, 0) + Square(r, 2) + (Square(r, 4) + Square(r, 6));
                var odd = Square(r, 1) + Square(r, 3) + (Square(r, 5) + Square(r, 7));
                lanes[first / ElementsPerLane % Lanes] += even + odd;
            }

            for (var step = 1; step < Lanes; step *= 2)
            {
                for (var lane = 0; lane < Lanes; lane += 2 * step)
                {
                    lanes[lane] += lanes[lane + step];
                }
            }

            var scale = 1 / MathF.Sqrt(lanes[0] / hiddenSize + epsilon);
            for (var i = 0; i < hiddenSize; i++)
            {
                y[i] = type.Round(type.Widen(r[i]) * scale * type.Widen(weight[i]));
            }
        }
    }

    /// <summary>
    /// The largest distance of an output from the norm in fp64 of the same, already rounded sums, in units of the last
    /// place of the exact value. Correct rounding of the exact value would be half a unit.
    /// </summary>
    public static double WorstUlps<T>(
        ElementType<T> type, ReadOnlySpan<T> residual, ReadOnlySpan<T> weight, ReadOnlySpan<T> output, int rows, int hiddenSize, float epsilon)
    {
        var worst = 0.0;
        for (var row = 0; row < rows; row++)
        {
            var sums = residual.Slice(row * hiddenSize, hiddenSize);
            var squares = 0.0;
            foreach (var sum in sums)
            {
                squares += (double)type.Widen(sum) * type.Widen(sum);
            }

            var norm = Math.Sqrt(squares / hiddenSize + epsilon);
            for (var i = 0; i < hiddenSize; i++)
            {
                var exact = type.Widen(sums[i]) * (double)type.Widen(weight[i]) / norm;
                worst = Math.Max(worst, Math.Abs(type.Widen(output[row * hiddenSize + i]) - exact) / type.UnitInTheLastPlace(exact));
            }
        }

        return worst;
    }
}
