namespace QuickReduce.Accuracy;

/// <summary>Ranks that run at the same time, each on a thread of its own, and all-reduce among themselves.</summary>
public interface IRankGroup : IDisposable
{
    /// <summary>Number of ranks.</summary>
    int WorldSize { get; }

    /// <summary>Runs a function on every rank.</summary>
    /// <param name="body">What a rank does: gets the rank's number and its connection with the others.</param>
    /// <param name="cancellationToken">Wakes ranks that wait for others, and ends the run.</param>
    Task RunAsync(Action<int, IPartialSums> body, CancellationToken cancellationToken);
}
