namespace QuickReduce.Accuracy.Arithmetic;

/// <summary>A matrix of weights, packed to be the right side of a product. Immutable and thread-safe.</summary>
internal sealed class PackedMatrix
{
    private readonly float[] _elements;
    private readonly Panels _panels;

    private PackedMatrix(float[] elements, Panels panels)
    {
        _elements = elements;
        _panels = panels;
    }

    /// <summary>Columns of the product, with those of zeros that fill the last panel.</summary>
    public int Columns => _panels.Columns;

    /// <summary>Inner dimension.</summary>
    public int Rows => _panels.Rows;

    /// <summary>
    /// Packs parts of linear layers, side by side. A layer's weight is [outputs, inputs], as checkpoints have it; the
    /// packed matrix is its transpose.
    /// </summary>
    /// <param name="parts">The parts, all with the same number of inputs.</param>
    public static PackedMatrix Of(params ReadOnlySpan<WeightSlice> parts)
    {
        var rows = parts[0].InputCount;
        var columns = 0;
        foreach (var part in parts)
        {
            columns += part.OutputCount;
        }

        var panels = Panels.For(columns, rows);
        var elements = new float[panels.Length];
        var column = 0;
        foreach (var part in parts)
        {
            for (var output = 0; output < part.OutputCount; output++, column++)
            {
                var weights = part.Row(output);
                for (var row = 0; row < rows; row++)
                {
                    elements[panels.IndexOf(row, column)] = weights[row];
                }
            }
        }

        return new PackedMatrix(elements, panels);
    }

    /// <summary><c>output = left · this</c>.</summary>
    /// <param name="left">Row by row; only the first <see cref="Rows"/> elements of a row are used.</param>
    /// <param name="leftStride">Elements between two rows of it.</param>
    /// <param name="rows">Number of rows.</param>
    /// <param name="output">Receives rows of <see cref="Columns"/> elements.</param>
    public void Multiply(ReadOnlySpan<float> left, int leftStride, int rows, Span<float> output) =>
        MatrixProduct.Multiply(left, leftStride, rows, Rows, _elements, _panels, Columns, output, Columns);
}

/// <summary>Consecutive outputs and inputs of a linear layer's weight.</summary>
/// <param name="Weight">The whole weight, [outputs, inputs].</param>
/// <param name="Inputs">Inputs of the whole.</param>
/// <param name="FirstOutput">First output of the part.</param>
/// <param name="OutputCount">Outputs of the part.</param>
/// <param name="FirstInput">First input of the part.</param>
/// <param name="InputCount">Inputs of the part.</param>
internal readonly record struct WeightSlice(float[] Weight, int Inputs, int FirstOutput, int OutputCount, int FirstInput, int InputCount)
{
    /// <summary>The part's share of one output, counted from the part's first.</summary>
    public ReadOnlySpan<float> Row(int output) => Weight.AsSpan(((FirstOutput + output) * Inputs) + FirstInput, InputCount);
}
