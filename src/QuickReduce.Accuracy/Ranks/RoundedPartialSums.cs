using QuickReduce.Accuracy.Arithmetic;

namespace QuickReduce.Accuracy;

/// <summary>Rounds partial sums to the element type of an all-reduce, all-reduces those, and widens the sum.</summary>
/// <typeparam name="T"><see cref="Half"/>, <see cref="BFloat16"/> or <see cref="float"/>.</typeparam>
public abstract class RoundedPartialSums<T> : IPartialSums
    where T : unmanaged
{
    private T[] _buffer = [];

    /// <inheritdoc/>
    public void AllReduce(Span<float> partialSums)
    {
        if (_buffer.Length < partialSums.Length)
        {
            _buffer = new T[partialSums.Length];
        }

        var rounded = _buffer.AsSpan(0, partialSums.Length);
        Elements.Narrow(partialSums, rounded);
        AllReduce(rounded);
        Elements.Widen<T>(rounded, partialSums);
    }

    /// <summary>All-reduces in place.</summary>
    /// <param name="partialSums">This rank's addend, then the sum.</param>
    protected abstract void AllReduce(Span<T> partialSums);
}
