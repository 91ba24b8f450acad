namespace QuickReduce.Rendezvous;

/// <summary>
/// The ranks of a job, once they have found each other and for as long as they form a group: each may tell all others
/// what they need to know, such as a handle to memory.
/// </summary>
internal abstract class RankMeeting : IAsyncDisposable
{
    /// <summary>
    /// Gives every rank what every rank offers, in rank order. All ranks make the same exchanges; each is also a barrier.
    /// </summary>
    /// <param name="offer">What this rank offers; opaque, at most 16 KiB.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="RendezvousException">A rank is lost, or another says that there will be no group.</exception>
    public abstract Task<byte[][]> ExchangeAsync(byte[] offer, CancellationToken cancellationToken);

    /// <summary>The same, and blocks.</summary>
    /// <inheritdoc cref="ExchangeAsync"/>
    public byte[][] Exchange(byte[] offer, CancellationToken cancellationToken) => ExchangeAsync(offer, cancellationToken).GetAwaiter().GetResult();

    /// <summary>Ends the meeting, and waits for nothing: all have what they need of it.</summary>
    public abstract void End();

    /// <summary>Ends the meeting.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>Ranks as messages name them.</summary>
    public static string Names(IReadOnlyCollection<int> ranks) => (ranks.Count == 1 ? "rank " : "ranks ") + string.Join(", ", ranks);
}
