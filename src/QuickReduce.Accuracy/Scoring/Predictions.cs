using System.Numerics.Tensors;

namespace QuickReduce.Accuracy;

/// <summary>
/// What a model made of every byte of a text. Ranks write different positions at the same time; reading is for when
/// they are done.
/// </summary>
/// <param name="windows">The text.</param>
public sealed class Predictions(ByteWindows windows)
{
    private readonly double[] _losses = new double[windows.Count * windows.Length];
    private readonly byte[] _likeliest = new byte[windows.Count * windows.Length];

    /// <summary>Mean negative natural logarithm of the probability that the model gave to the byte that came.</summary>
    public double NatsPerByte => _losses.Sum() / _losses.Length;

    /// <summary>Share of bytes that the model held for the likeliest.</summary>
    public double NextByteAccuracy
    {
        get
        {
            var right = 0;
            for (var window = 0; window < windows.Count; window++)
            {
                right += CountEqual(LikeliestOf(window), windows.Targets(window));
            }

            return (double)right / _likeliest.Length;
        }
    }

    /// <summary>Share of positions at which another model held the same byte for the likeliest.</summary>
    /// <exception cref="ArgumentException">The other predictions are not of the same text.</exception>
    public double AgreementWith(Predictions other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return other._likeliest.Length == _likeliest.Length
            ? (double)CountEqual(_likeliest, other._likeliest) / _likeliest.Length
            : throw new ArgumentException("Predictions of " + _likeliest.Length + " and " + other._likeliest.Length + " bytes cannot be compared.", nameof(other));
    }

    /// <summary>Takes a part of a window that a rank has computed.</summary>
    /// <param name="rank">The rank; the window's tokens are what it appended last.</param>
    /// <param name="window">The window.</param>
    /// <param name="first">First position within it.</param>
    /// <param name="count">Number of positions.</param>
    internal void Take(LlamaRank rank, int window, int first, int count)
    {
        var logits = rank.Logits(first, count);
        var vocabulary = logits.Length / int.Max(count, 1);
        Span<float> exponentials = stackalloc float[vocabulary];
        for (var i = 0; i < count; i++)
        {
            var row = logits.Slice(i * vocabulary, vocabulary);
            var likeliest = TensorPrimitives.IndexOfMax(row);
            TensorPrimitives.Subtract(row, row[likeliest], exponentials);
            TensorPrimitives.Exp<float>(exponentials, exponentials);
            var target = windows.Targets(window)[first + i];
            var position = (window * windows.Length) + first + i;
            _losses[position] = Math.Log(TensorPrimitives.Sum<float>(exponentials)) + row[likeliest] - row[target];
            _likeliest[position] = (byte)likeliest;
        }
    }

    private ReadOnlySpan<byte> LikeliestOf(int window) => _likeliest.AsSpan(window * windows.Length, windows.Length);

    private static int CountEqual(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right)
    {
        var equal = 0;
        for (var i = 0; i < left.Length; i++)
        {
            equal += left[i] == right[i] ? 1 : 0;
        }

        return equal;
    }
}
