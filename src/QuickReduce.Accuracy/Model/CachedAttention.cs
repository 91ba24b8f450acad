using System.Numerics.Tensors;
using QuickReduce.Accuracy.Arithmetic;

namespace QuickReduce.Accuracy;

/// <summary>
/// Causal attention of one rank's heads of one layer, and the keys and values of the positions so far. Both are kept
/// packed, as right sides of products: keys as columns, values as rows.
/// </summary>
internal sealed class CachedAttention
{
    private const int BlockRows = 8;

    private readonly LlamaShard _shard;
    private readonly RotaryEmbedding _rotary;
    private readonly Panels _keyPanels;
    private readonly Panels _valuePanels;
    private readonly float[][] _keys;
    private readonly float[][] _values;

    /// <param name="shard">Whose heads.</param>
    /// <param name="rotary">For heads of this size, and as many positions as <paramref name="capacity"/>.</param>
    /// <param name="capacity">Most positions.</param>
    public CachedAttention(LlamaShard shard, RotaryEmbedding rotary, int capacity)
    {
        _shard = shard;
        _rotary = rotary;
        _keyPanels = Panels.For(capacity, HeadDimension);
        _valuePanels = Panels.For(HeadDimension, capacity);
        _keys = [.. Enumerable.Range(0, shard.KeyValueHeadCount).Select(_ => new float[_keyPanels.Length])];
        _values = [.. Enumerable.Range(0, shard.KeyValueHeadCount).Select(_ => new float[_valuePanels.Length])];
    }

    private int HeadDimension => _shard.Model.Configuration.HeadDimension;

    private int OutputWidth => _shard.HeadCount * HeadDimension;

    /// <summary>Elements of scratch memory for <see cref="Attend"/>.</summary>
    public static int ScratchLength(LlamaShard shard, int capacity) =>
        BlockRows * (Panels.PaddedColumns(capacity) + Panels.PaddedColumns(shard.Model.Configuration.HeadDimension));

    /// <summary>Appends positions and computes what their queries attend to.</summary>
    /// <param name="queryKeyValue">Rows with queries, keys and values of all heads of the rank; changed.</param>
    /// <param name="stride">Elements between two of these rows.</param>
    /// <param name="rows">New positions.</param>
    /// <param name="past">Positions before them.</param>
    /// <param name="output">Receives a row of all query heads per position.</param>
    /// <param name="scratch"><see cref="ScratchLength"/> elements.</param>
    public void Attend(Span<float> queryKeyValue, int stride, int rows, int past, Span<float> output, Span<float> scratch)
    {
        for (var row = 0; row < rows; row++)
        {
            Append(queryKeyValue.Slice(row * stride, stride), past + row);
        }

        var headsPerKeyValue = _shard.HeadCount / _shard.KeyValueHeadCount;
        for (var head = 0; head < _shard.HeadCount; head++)
        {
            for (var row = 0; row < rows; row += BlockRows)
            {
                AttendBlock(
                    head, head / headsPerKeyValue, queryKeyValue[((row * stride) + (head * HeadDimension))..], stride,
                    int.Min(BlockRows, rows - row), past + row, output[(row * OutputWidth)..], scratch);
            }
        }
    }

    private void Append(Span<float> queryKeyValue, int position)
    {
        var scale = 1 / MathF.Sqrt(HeadDimension);
        for (var head = 0; head < _shard.HeadCount; head++)
        {
            var query = queryKeyValue.Slice(head * HeadDimension, HeadDimension);
            _rotary.Apply(query, position);
            TensorPrimitives.Multiply(query, scale, query);
        }

        var keys = queryKeyValue[OutputWidth..];
        var values = keys[(_shard.KeyValueHeadCount * HeadDimension)..];
        for (var head = 0; head < _shard.KeyValueHeadCount; head++)
        {
            var key = keys.Slice(head * HeadDimension, HeadDimension);
            _rotary.Apply(key, position);
            for (var i = 0; i < HeadDimension; i++)
            {
                _keys[head][_keyPanels.IndexOf(i, position)] = key[i];
            }

            var value = values.Slice(head * HeadDimension, HeadDimension);
            for (var start = 0; start < HeadDimension; start += Panels.Width)
            {
                var part = value[start..int.Min(start + Panels.Width, HeadDimension)];
                part.CopyTo(_values[head].AsSpan(_valuePanels.IndexOf(position, start)));
            }
        }
    }

    private void AttendBlock(int head, int keyValueHead, ReadOnlySpan<float> queries, int stride, int rows, int firstPosition, Span<float> output, Span<float> scratch)
    {
        // Columns past a row's own position are computed with the rest of the block and then set to zero: adding
        // nothing, they leave a row's result what it would be alone.
        var positions = firstPosition + rows;
        var columns = Panels.PaddedColumns(positions);
        var scores = scratch[..(rows * columns)];
        var attended = scratch.Slice(scores.Length, rows * _valuePanels.Columns);
        Span<float> inverseSums = stackalloc float[BlockRows];

        MatrixProduct.Multiply(queries, stride, rows, HeadDimension, _keys[keyValueHead], _keyPanels, columns, scores, columns);
        for (var row = 0; row < rows; row++)
        {
            var visible = firstPosition + row + 1;
            var weights = scores.Slice(row * columns, columns);
            weights[visible..].Clear();
            weights = weights[..visible];
            TensorPrimitives.Subtract(weights, TensorPrimitives.Max<float>(weights), weights);
            TensorPrimitives.Exp(weights, weights);
            inverseSums[row] = 1 / TensorPrimitives.Sum<float>(weights);
        }

        MatrixProduct.Multiply(scores, columns, rows, positions, _values[keyValueHead], _valuePanels, _valuePanels.Columns, attended, _valuePanels.Columns);
        for (var row = 0; row < rows; row++)
        {
            TensorPrimitives.Multiply(
                attended.Slice(row * _valuePanels.Columns, HeadDimension), inverseSums[row],
                output.Slice((row * OutputWidth) + (head * HeadDimension), HeadDimension));
        }
    }
}
