using System.Numerics.Tensors;
using QuickReduce.Accuracy.Arithmetic;

namespace QuickReduce.Accuracy;

/// <summary>
/// One rank that computes a model together with others: all have the same residual stream, each adds its heads' and
/// channels' share, and two all-reduces a layer make sums of the shares.
/// </summary>
/// <remarks>
/// <para>Used from one thread at a time. A position's result does not depend on how the positions before it were split
/// into calls, to the bit: groups of the all-reduce lie within a position wherever their size divides the hidden size.</para>
/// <para>Everything is single precision; only what is all-reduced is rounded, by the <see cref="IPartialSums"/>.</para>
/// </remarks>
public sealed class LlamaRank
{
    private readonly LlamaShard _shard;
    private readonly CachedAttention[] _attention;
    private readonly float[] _residual;
    private readonly float[] _normed;
    private readonly float[] _projected;
    private readonly float[] _narrow;
    private readonly float[] _partial;
    private readonly float[] _scratch;
    private int _lastRows;

    /// <summary>Creates a rank without any position yet.</summary>
    /// <param name="shard">Its part of the model.</param>
    public LlamaRank(LlamaShard shard)
    {
        ArgumentNullException.ThrowIfNull(shard);
        _shard = shard;
        var capacity = Configuration.ContextLength;
        var rotary = new RotaryEmbedding(Configuration.HeadDimension, Configuration.RotaryBase, capacity);
        _attention = [.. shard.Layers.Select(_ => new CachedAttention(shard, rotary, capacity))];

        var layer = shard.Layers[0];
        _residual = new float[capacity * Configuration.HiddenSize];
        _normed = new float[capacity * Configuration.HiddenSize];
        _partial = new float[capacity * Configuration.HiddenSize];
        _projected = new float[capacity * int.Max(int.Max(layer.QueryKeyValue.Columns, layer.GateUp.Columns), shard.Output.Columns)];
        _narrow = new float[capacity * int.Max(layer.AttentionOutput.Rows, layer.Down.Rows)];
        _scratch = new float[CachedAttention.ScratchLength(shard, capacity)];
    }

    /// <summary>Positions so far.</summary>
    public int Position { get; private set; }

    private LlamaConfiguration Configuration => _shard.Model.Configuration;

    /// <summary>Forgets all positions.</summary>
    public void Reset() => Position = _lastRows = 0;

    /// <summary>Computes further positions; every rank does so with the same tokens.</summary>
    /// <param name="tokens">One or more.</param>
    /// <param name="partialSums">Connects this rank with the others.</param>
    /// <exception cref="ArgumentException">There is no token, or there are more than the context has room for.</exception>
    public void Append(ReadOnlySpan<byte> tokens, IPartialSums partialSums)
    {
        ArgumentNullException.ThrowIfNull(partialSums);
        if (tokens.IsEmpty || tokens.Length > Configuration.ContextLength - Position)
        {
            throw new ArgumentException(tokens.Length + " tokens after " + Position + " are not from 1 to what the context of " + Configuration.ContextLength + " has room for.", nameof(tokens));
        }

        var hidden = Configuration.HiddenSize;
        for (var row = 0; row < tokens.Length; row++)
        {
            _shard.Model.Embedding.AsSpan(tokens[row] * hidden, hidden).CopyTo(_residual.AsSpan(row * hidden));
        }

        for (var i = 0; i < _attention.Length; i++)
        {
            var layer = _shard.Layers[i];
            Attend(layer, _attention[i], tokens.Length);
            AddSum(tokens.Length, partialSums);
            Mlp(layer, tokens.Length);
            AddSum(tokens.Length, partialSums);
        }

        Position += tokens.Length;
        _lastRows = tokens.Length;
    }

    /// <summary>Logits of the tokens that follow positions of the last <see cref="Append"/>.</summary>
    /// <param name="first">The first position, counted from the first of that call.</param>
    /// <param name="count">Number of positions.</param>
    /// <returns>One logit per token of the vocabulary and position; valid until the next call.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are no such positions.</exception>
    public ReadOnlySpan<float> Logits(int first, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _lastRows - first);
        Normalize(_shard.Model.FinalNorm, first, count);
        _shard.Output.Multiply(_normed, Configuration.HiddenSize, count, _projected);
        return _projected.AsSpan(0, count * Configuration.VocabularySize);
    }

    private void Attend(ShardLayer layer, CachedAttention attention, int rows)
    {
        Normalize(layer.AttentionNorm, 0, rows);
        layer.QueryKeyValue.Multiply(_normed, Configuration.HiddenSize, rows, _projected);
        attention.Attend(_projected, layer.QueryKeyValue.Columns, rows, Position, _narrow, _scratch);
        layer.AttentionOutput.Multiply(_narrow, layer.AttentionOutput.Rows, rows, _partial);
    }

    private void Mlp(ShardLayer layer, int rows)
    {
        Normalize(layer.MlpNorm, 0, rows);
        layer.GateUp.Multiply(_normed, Configuration.HiddenSize, rows, _projected);
        var inner = layer.Down.Rows;
        for (var row = 0; row < rows; row++)
        {
            var gate = _projected.AsSpan(row * layer.GateUp.Columns, inner);
            var up = _projected.AsSpan((row * layer.GateUp.Columns) + inner, inner);
            var gated = _narrow.AsSpan(row * inner, inner);
            TensorPrimitives.Sigmoid(gate, gated);
            TensorPrimitives.Multiply(gated, gate, gated);
            TensorPrimitives.Multiply(gated, up, gated);
        }

        layer.Down.Multiply(_narrow, inner, rows, _partial);
    }

    private void AddSum(int rows, IPartialSums partialSums)
    {
        var count = rows * Configuration.HiddenSize;
        var partial = _partial.AsSpan(0, count);
        partialSums.AllReduce(partial);
        TensorPrimitives.Add(_residual.AsSpan(0, count), partial, _residual);
    }

    // Root mean square norm. Source: B. Zhang, R. Sennrich, arXiv:1910.07467.
    private void Normalize(float[] weight, int first, int rows)
    {
        var hidden = Configuration.HiddenSize;
        for (var row = 0; row < rows; row++)
        {
            var from = _residual.AsSpan((first + row) * hidden, hidden);
            var to = _normed.AsSpan(row * hidden, hidden);
            var inverse = 1 / MathF.Sqrt((TensorPrimitives.SumOfSquares<float>(from) / hidden) + Configuration.NormEpsilon);
            TensorPrimitives.Multiply(from, inverse, to);
            TensorPrimitives.Multiply(to, weight, to);
        }
    }
}
