namespace QuickReduce.Accuracy;

/// <summary>What a rank of a tensor-parallel model needs of the others.</summary>
/// <remarks>One rank's; used from that rank's thread.</remarks>
public interface IPartialSums
{
    /// <summary>
    /// Replaces this rank's partial sums by the sum of all ranks', the same bits on each. Every rank calls with the
    /// same number of elements; blocks until the sum is there.
    /// </summary>
    void AllReduce(Span<float> partialSums);
}

/// <summary>A rank that is alone: its partial sums are the sum.</summary>
public sealed class WholeSums : IPartialSums
{
    /// <summary>The one that is needed; it has no state.</summary>
    public static WholeSums Instance { get; } = new();

    /// <inheritdoc/>
    public void AllReduce(Span<float> partialSums)
    {
    }
}
