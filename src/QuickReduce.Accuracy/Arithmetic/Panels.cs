namespace QuickReduce.Accuracy.Arithmetic;

/// <summary>
/// Where the elements of a packed matrix lie. Its columns are cut into panels of <see cref="Width"/>, the last one into
/// <see cref="Width"/> or half of it; a panel holds its columns row by row. So the inner loop of a product reads memory
/// from front to back, and a cache that grows by rows or by columns can be kept packed.
/// </summary>
/// <param name="Columns">Columns, rounded up to half a panel.</param>
/// <param name="Rows">Rows that there is room for.</param>
internal readonly record struct Panels(int Columns, int Rows)
{
    /// <summary>Columns in a panel.</summary>
    public const int Width = 32;

    /// <summary>What columns are rounded up to.</summary>
    public const int HalfWidth = Width / 2;

    /// <summary>Elements of the whole.</summary>
    public int Length => Columns * Rows;

    /// <summary>Panels for a matrix with at least so many columns.</summary>
    public static Panels For(int columns, int rows) => new(PaddedColumns(columns), rows);

    /// <summary>Rounds up to what <see cref="Columns"/> can be.</summary>
    public static int PaddedColumns(int columns) => (columns + HalfWidth - 1) / HalfWidth * HalfWidth;

    /// <summary>Index of an element.</summary>
    public int IndexOf(int row, int column)
    {
        var start = column / Width * Width;
        return (start * Rows) + (row * WidthAt(start)) + column - start;
    }

    /// <summary>Columns of the panel that starts at a column.</summary>
    public int WidthAt(int start) => int.Min(Width, Columns - start);
}
