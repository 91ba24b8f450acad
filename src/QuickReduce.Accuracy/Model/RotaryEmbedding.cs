namespace QuickReduce.Accuracy;

/// <summary>
/// Rotary position embedding in the half-split layout: channel <c>i</c> of a head's first half is turned together with
/// channel <c>i</c> of its second half. Immutable and thread-safe.
/// </summary>
/// <remarks>Source: J. Su et al., RoFormer, arXiv:2104.09864.</remarks>
internal sealed class RotaryEmbedding
{
    private readonly int _half;
    private readonly float[] _cosines;
    private readonly float[] _sines;

    public RotaryEmbedding(int headDimension, float rotaryBase, int positions)
    {
        _half = headDimension / 2;
        _cosines = new float[positions * _half];
        _sines = new float[positions * _half];
        for (var position = 0; position < positions; position++)
        {
            for (var i = 0; i < _half; i++)
            {
                var angle = position * Math.Pow(rotaryBase, -2.0 * i / headDimension);
                _cosines[(position * _half) + i] = (float)Math.Cos(angle);
                _sines[(position * _half) + i] = (float)Math.Sin(angle);
            }
        }
    }

    /// <summary>Turns one head's vector to a position.</summary>
    public void Apply(Span<float> head, int position)
    {
        var cosines = _cosines.AsSpan(position * _half, _half);
        var sines = _sines.AsSpan(position * _half, _half);
        var first = head[.._half];
        var second = head[_half..];
        for (var i = 0; i < cosines.Length; i++)
        {
            var (x, y) = (first[i], second[i]);
            first[i] = (x * cosines[i]) - (y * sines[i]);
            second[i] = (y * cosines[i]) + (x * sines[i]);
        }
    }
}
