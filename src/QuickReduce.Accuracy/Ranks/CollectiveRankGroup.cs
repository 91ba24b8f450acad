namespace QuickReduce.Accuracy;

/// <summary>
/// Ranks of any kernel set, in any of its modes. Programs that know their kernels when they are compiled use the typed
/// members of their own kernel set instead.
/// </summary>
/// <typeparam name="T"><see cref="Half"/>, <see cref="BFloat16"/> or <see cref="float"/>.</typeparam>
public sealed class CollectiveRankGroup<T> : IRankGroup
    where T : unmanaged
{
    private readonly AllReduceGroup _group;
    private readonly AllReduceMode _mode;

    /// <summary>Creates the ranks.</summary>
    /// <param name="kernels">The kernels to run.</param>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="mode">How partial sums travel.</param>
    /// <param name="options">Options; null for the defaults.</param>
    /// <exception cref="QuickReduceException">The kernel set has no such variant, or the device cannot be used.</exception>
    public CollectiveRankGroup(KernelSet kernels, int worldSize, AllReduceMode mode, GroupOptions? options = null)
    {
        _group = AllReduceGroup.Create(kernels, worldSize, options);
        _mode = mode;
    }

    /// <inheritdoc/>
    public int WorldSize => _group.WorldSize;

    /// <inheritdoc/>
    public Task RunAsync(Action<int, IPartialSums> body, CancellationToken cancellationToken) =>
        _group.RunAsync(rank => body(rank.Index, new PartialSums(rank, _mode)), cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _group.Dispose();

    private sealed class PartialSums(AllReduceRank rank, AllReduceMode mode) : RoundedPartialSums<T>
    {
        protected override void AllReduce(Span<T> partialSums) => rank.AllReduce<T>(mode, partialSums, partialSums);
    }
}
