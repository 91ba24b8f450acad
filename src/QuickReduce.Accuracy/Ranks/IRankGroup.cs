namespace QuickReduce.Accuracy;

/// <summary>
/// Ranks that run at the same time and all-reduce among themselves: each on a thread of this process, or one in this and the
/// others in processes of their own.
/// </summary>
public interface IRankGroup : IDisposable
{
    /// <summary>Number of ranks.</summary>
    int WorldSize { get; }

    /// <summary>The ranks that run in this process, consecutive.</summary>
    IReadOnlyList<int> LocalRanks => [.. Enumerable.Range(0, WorldSize)];

    /// <summary>Runs a function on every rank of this process.</summary>
    /// <param name="body">What a rank does: gets the rank's number and its connection with the others.</param>
    /// <param name="cancellationToken">Wakes ranks that wait for others, and ends the run.</param>
    Task RunAsync(Action<int, IPartialSums> body, CancellationToken cancellationToken);
}
