namespace QuickReduce;

/// <summary>One rank of an <see cref="AllReduceGroup"/>: what the code that plays this rank holds.</summary>
/// <remarks>
/// A value, free to copy. Different ranks are used from different threads; one rank from one thread at a time.
/// </remarks>
public readonly struct AllReduceRank : IEquatable<AllReduceRank>
{
    private readonly AllReduceGroup? _group;

    internal AllReduceRank(AllReduceGroup group, int index)
    {
        _group = group;
        Index = index;
    }

    /// <summary>This rank's number, from 0.</summary>
    public int Index { get; }

    /// <summary>Number of ranks in the group.</summary>
    public int WorldSize => Group.WorldSize;

    private AllReduceGroup Group =>
        _group ?? throw new InvalidOperationException("This rank belongs to no group. Take ranks from AllReduceGroup's indexer or from RunAsync.");

    /// <summary>
    /// Sums the ranks' inputs element by element and gives every rank the same sum, bit for bit. Blocks until all ranks
    /// of the group have called and the sum is there; all pass the same mode, element type and length.
    /// </summary>
    /// <typeparam name="T"><see cref="Half"/>, <see cref="BFloat16"/> or <see cref="float"/>.</typeparam>
    /// <param name="mode">How elements travel between ranks: a regime, or a regime and a group size.</param>
    /// <param name="input">This rank's summand; any length.</param>
    /// <param name="output">
    /// Where the sum goes; as long as <paramref name="input"/>. Either the very same memory or memory that does not
    /// overlap it, nor any buffer of another rank.
    /// </param>
    /// <exception cref="RankMismatchException">The ranks asked for different things, or for an element type that is not supported.</exception>
    /// <exception cref="InvalidBufferException">A rank's buffers cannot be used.</exception>
    /// <exception cref="VariantNotDeclaredException">The kernel set has no such variant.</exception>
    /// <exception cref="NativeLibraryException">The variant's native library cannot be used.</exception>
    /// <exception cref="ConcurrentCallException">This rank, or the group as a whole, is in another call.</exception>
    /// <exception cref="RankTimeoutException">Not all ranks came in time.</exception>
    /// <exception cref="RankFailedException">Another rank's body has failed or returned.</exception>
    /// <exception cref="OperationCanceledException">The run that this rank is part of was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The group is disposed.</exception>
    public unsafe void AllReduce<T>(AllReduceMode mode, ReadOnlySpan<T> input, Span<T> output)
        where T : unmanaged
    {
        // The caller does not go on before the all-reduce is done, so the buffers need no other pin than these.
        fixed (T* source = input)
        fixed (T* destination = output)
        {
            Group.AllReduce(Index, Collectives.RankRequest.Of<T>(mode, source, input.Length, destination, output.Length));
        }
    }

    /// <summary>
    /// The same in the regime and by the kernel that the group's policy chooses for the message
    /// (<see cref="GroupOptions.Policy"/>). All ranks call this way, or all name a regime.
    /// </summary>
    /// <typeparam name="T"><see cref="Half"/>, <see cref="BFloat16"/> or <see cref="float"/>.</typeparam>
    /// <param name="input">This rank's summand; any length.</param>
    /// <param name="output">
    /// Where the sum goes; as long as <paramref name="input"/>. Either the very same memory or memory that does not
    /// overlap it, nor any buffer of another rank.
    /// </param>
    /// <inheritdoc cref="AllReduce{T}(AllReduceMode, ReadOnlySpan{T}, Span{T})" path="/exception"/>
    public unsafe void AllReduce<T>(ReadOnlySpan<T> input, Span<T> output)
        where T : unmanaged
    {
        fixed (T* source = input)
        fixed (T* destination = output)
        {
            Group.AllReduce(Index, Collectives.RankRequest.Of(Group.Policy, source, input.Length, destination, output.Length));
        }
    }

    /// <inheritdoc cref="AllReduceGroup.Explain"/>
    public PolicyDecision Explain(DataType dataType, long elementCount) => Group.Explain(dataType, elementCount);

    /// <inheritdoc/>
    public bool Equals(AllReduceRank other) => ReferenceEquals(_group, other._group) && Index == other.Index;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is AllReduceRank other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_group, Index);

    /// <summary>Whether two values are the same rank of the same group.</summary>
    public static bool operator ==(AllReduceRank left, AllReduceRank right) => left.Equals(right);

    /// <summary>Whether two values are not the same rank of the same group.</summary>
    public static bool operator !=(AllReduceRank left, AllReduceRank right) => !left.Equals(right);
}
