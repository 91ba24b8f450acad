namespace QuickReduce.Rendezvous;

/// <summary>Is told how a rendezvous goes.</summary>
internal interface IRendezvousObserver
{
    /// <summary>These ranks have yet to come.</summary>
    void RanksMissing(IReadOnlyList<int> ranks);

    /// <summary>Somebody came who is no rank of the job, or did not say so in time.</summary>
    void ConnectionRefused(string reason);
}
