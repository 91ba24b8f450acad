using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace QuickReduce.Accuracy.Arithmetic;

/// <summary>
/// Products with packed matrices in single precision. Every element is one chain of fused multiply-adds in the order of
/// the inner dimension, whatever the vector width and the number of rows: a row gives the same bits alone, in a batch,
/// and on every processor.
/// </summary>
internal static unsafe class MatrixProduct
{
    /// <summary><c>output = left · right</c>.</summary>
    /// <param name="left">The left matrix, <paramref name="rows"/> × <paramref name="depth"/>, row by row.</param>
    /// <param name="leftStride">Elements between two rows of it.</param>
    /// <param name="rows">Rows of the left matrix.</param>
    /// <param name="depth">Inner dimension; at most the rows of <paramref name="panels"/>.</param>
    /// <param name="right">The right matrix, packed.</param>
    /// <param name="panels">How it is packed.</param>
    /// <param name="columns">
    /// Columns to compute: a multiple of <see cref="Panels.HalfWidth"/>, at most those of <paramref name="panels"/>.
    /// </param>
    /// <param name="output">Receives <paramref name="rows"/> × <paramref name="columns"/> elements.</param>
    /// <param name="outputStride">Elements between two rows of it.</param>
    /// <exception cref="ArgumentOutOfRangeException">A span is too short.</exception>
    public static void Multiply(
        ReadOnlySpan<float> left, int leftStride, int rows, int depth,
        ReadOnlySpan<float> right, Panels panels, int columns,
        Span<float> output, int outputStride)
    {
        if (rows == 0)
        {
            return;
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(left.Length, ((rows - 1) * leftStride) + depth);
        ArgumentOutOfRangeException.ThrowIfLessThan(output.Length, ((rows - 1) * outputStride) + columns);
        ArgumentOutOfRangeException.ThrowIfLessThan(right.Length, panels.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(depth, panels.Rows);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(columns, panels.Columns);

        fixed (float* a = left)
        fixed (float* b = right)
        fixed (float* c = output)
        {
            for (var start = 0; start < columns; start += Panels.Width)
            {
                var panel = new Panel(a, leftStride, depth, b + ((long)start * panels.Rows), panels.WidthAt(start), c + start, outputStride);
                Multiply(panel, rows, int.Min(columns - start, panel.Width));
            }
        }
    }

    private static void Multiply(in Panel panel, int rows, int columns)
    {
        var row = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; row <= rows - 8; row += 8)
            {
                if (columns == Panels.Width)
                {
                    Rows8Vectors2<Vector512<float>, Lanes512>(panel, row);
                }
                else
                {
                    Rows8<Vector512<float>, Lanes512>(panel, row);
                }
            }

            for (; row < rows; row++)
            {
                Row<Vector512<float>, Lanes512>(panel, row, columns);
            }
        }
        else
        {
            for (; row <= rows - 4; row += 4)
            {
                for (var column = 0; column < columns; column += 2 * Lanes256.Count)
                {
                    Rows4Vectors2<Vector256<float>, Lanes256>(panel, row, column);
                }
            }

            for (; row < rows; row++)
            {
                Row<Vector256<float>, Lanes256>(panel, row, columns);
            }
        }
    }

    // The shapes below keep as many sums in registers as there are: 16 of 32, or 8 of 16, beside what feeds them.
    private static void Rows8Vectors2<TVector, TLanes>(in Panel panel, int row)
        where TVector : unmanaged
        where TLanes : struct, ILanes<TVector>
    {
        TVector s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default, s30 = default, s31 = default;
        TVector s40 = default, s41 = default, s50 = default, s51 = default, s60 = default, s61 = default, s70 = default, s71 = default;
        nint stride = panel.LeftStride, width = panel.Width;
        var a = panel.Left + (row * stride);
        var d = a + (4 * stride);
        var b = panel.Right;
        for (var end = a + panel.Depth; a < end; a++, d++, b += width)
        {
            var b0 = TLanes.Load(b);
            var b1 = TLanes.Load(b + TLanes.Count);
            var x = TLanes.Broadcast(a[0]);
            s00 = TLanes.MultiplyAdd(x, b0, s00);
            s01 = TLanes.MultiplyAdd(x, b1, s01);
            x = TLanes.Broadcast(a[stride]);
            s10 = TLanes.MultiplyAdd(x, b0, s10);
            s11 = TLanes.MultiplyAdd(x, b1, s11);
            x = TLanes.Broadcast(a[2 * stride]);
            s20 = TLanes.MultiplyAdd(x, b0, s20);
            s21 = TLanes.MultiplyAdd(x, b1, s21);
            x = TLanes.Broadcast(a[3 * stride]);
            s30 = TLanes.MultiplyAdd(x, b0, s30);
            s31 = TLanes.MultiplyAdd(x, b1, s31);
            x = TLanes.Broadcast(d[0]);
            s40 = TLanes.MultiplyAdd(x, b0, s40);
            s41 = TLanes.MultiplyAdd(x, b1, s41);
            x = TLanes.Broadcast(d[stride]);
            s50 = TLanes.MultiplyAdd(x, b0, s50);
            s51 = TLanes.MultiplyAdd(x, b1, s51);
            x = TLanes.Broadcast(d[2 * stride]);
            s60 = TLanes.MultiplyAdd(x, b0, s60);
            s61 = TLanes.MultiplyAdd(x, b1, s61);
            x = TLanes.Broadcast(d[3 * stride]);
            s70 = TLanes.MultiplyAdd(x, b0, s70);
            s71 = TLanes.MultiplyAdd(x, b1, s71);
        }

        Store<TVector, TLanes>(s00, s01, panel.Out(row, 0));
        Store<TVector, TLanes>(s10, s11, panel.Out(row + 1, 0));
        Store<TVector, TLanes>(s20, s21, panel.Out(row + 2, 0));
        Store<TVector, TLanes>(s30, s31, panel.Out(row + 3, 0));
        Store<TVector, TLanes>(s40, s41, panel.Out(row + 4, 0));
        Store<TVector, TLanes>(s50, s51, panel.Out(row + 5, 0));
        Store<TVector, TLanes>(s60, s61, panel.Out(row + 6, 0));
        Store<TVector, TLanes>(s70, s71, panel.Out(row + 7, 0));
    }

    private static void Rows4Vectors2<TVector, TLanes>(in Panel panel, int row, int column)
        where TVector : unmanaged
        where TLanes : struct, ILanes<TVector>
    {
        TVector s00 = default, s01 = default, s10 = default, s11 = default, s20 = default, s21 = default, s30 = default, s31 = default;
        nint stride = panel.LeftStride, width = panel.Width;
        var a = panel.Left + (row * stride);
        var b = panel.Right + column;
        for (var end = a + panel.Depth; a < end; a++, b += width)
        {
            var b0 = TLanes.Load(b);
            var b1 = TLanes.Load(b + TLanes.Count);
            var x = TLanes.Broadcast(a[0]);
            s00 = TLanes.MultiplyAdd(x, b0, s00);
            s01 = TLanes.MultiplyAdd(x, b1, s01);
            x = TLanes.Broadcast(a[stride]);
            s10 = TLanes.MultiplyAdd(x, b0, s10);
            s11 = TLanes.MultiplyAdd(x, b1, s11);
            x = TLanes.Broadcast(a[2 * stride]);
            s20 = TLanes.MultiplyAdd(x, b0, s20);
            s21 = TLanes.MultiplyAdd(x, b1, s21);
            x = TLanes.Broadcast(a[3 * stride]);
            s30 = TLanes.MultiplyAdd(x, b0, s30);
            s31 = TLanes.MultiplyAdd(x, b1, s31);
        }

        Store<TVector, TLanes>(s00, s01, panel.Out(row, column));
        Store<TVector, TLanes>(s10, s11, panel.Out(row + 1, column));
        Store<TVector, TLanes>(s20, s21, panel.Out(row + 2, column));
        Store<TVector, TLanes>(s30, s31, panel.Out(row + 3, column));
    }

    private static void Rows8<TVector, TLanes>(in Panel panel, int row)
        where TVector : unmanaged
        where TLanes : struct, ILanes<TVector>
    {
        TVector s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default, s6 = default, s7 = default;
        nint stride = panel.LeftStride, width = panel.Width;
        var a = panel.Left + (row * stride);
        var d = a + (4 * stride);
        var b = panel.Right;
        for (var end = a + panel.Depth; a < end; a++, d++, b += width)
        {
            var b0 = TLanes.Load(b);
            s0 = TLanes.MultiplyAdd(TLanes.Broadcast(a[0]), b0, s0);
            s1 = TLanes.MultiplyAdd(TLanes.Broadcast(a[stride]), b0, s1);
            s2 = TLanes.MultiplyAdd(TLanes.Broadcast(a[2 * stride]), b0, s2);
            s3 = TLanes.MultiplyAdd(TLanes.Broadcast(a[3 * stride]), b0, s3);
            s4 = TLanes.MultiplyAdd(TLanes.Broadcast(d[0]), b0, s4);
            s5 = TLanes.MultiplyAdd(TLanes.Broadcast(d[stride]), b0, s5);
            s6 = TLanes.MultiplyAdd(TLanes.Broadcast(d[2 * stride]), b0, s6);
            s7 = TLanes.MultiplyAdd(TLanes.Broadcast(d[3 * stride]), b0, s7);
        }

        TLanes.Store(s0, panel.Out(row, 0));
        TLanes.Store(s1, panel.Out(row + 1, 0));
        TLanes.Store(s2, panel.Out(row + 2, 0));
        TLanes.Store(s3, panel.Out(row + 3, 0));
        TLanes.Store(s4, panel.Out(row + 4, 0));
        TLanes.Store(s5, panel.Out(row + 5, 0));
        TLanes.Store(s6, panel.Out(row + 6, 0));
        TLanes.Store(s7, panel.Out(row + 7, 0));
    }

    private static void Row<TVector, TLanes>(in Panel panel, int row, int columns)
        where TVector : unmanaged
        where TLanes : struct, ILanes<TVector>
    {
        for (var column = 0; column < columns; column += TLanes.Count)
        {
            TVector sum = default;
            var a = panel.Left + ((nint)row * panel.LeftStride);
            var b = panel.Right + column;
            for (var end = a + panel.Depth; a < end; a++, b += panel.Width)
            {
                sum = TLanes.MultiplyAdd(TLanes.Broadcast(*a), TLanes.Load(b), sum);
            }

            TLanes.Store(sum, panel.Out(row, column));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<TVector, TLanes>(TVector first, TVector second, float* address)
        where TVector : unmanaged
        where TLanes : struct, ILanes<TVector>
    {
        TLanes.Store(first, address);
        TLanes.Store(second, address + TLanes.Count);
    }

    /// <summary>One panel's share of a product.</summary>
    private readonly struct Panel(float* left, int leftStride, int depth, float* right, int width, float* output, int outputStride)
    {
        public readonly float* Left = left;
        public readonly float* Right = right;
        public readonly int LeftStride = leftStride;
        public readonly int Depth = depth;
        public readonly int Width = width;

        public float* Out(int row, int column) => output + ((nint)row * outputStride) + column;
    }
}
