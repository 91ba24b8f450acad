namespace QuickReduce;

/// <summary>Why ranks could not form a group.</summary>
public enum RendezvousProblem
{
    /// <summary>Not all ranks came within the time limit.</summary>
    TimedOut,

    /// <summary>A rank that had come went away again, or its process ended.</summary>
    RankLost,

    /// <summary>The other side has another secret, speaks another version, or has this rank already.</summary>
    Refused,

    /// <summary>The ranks want different things: number of ranks, kernels, or options that all must share.</summary>
    Mismatch,

    /// <summary>The address cannot be used: taken by another job, not resolvable, or its directory is not private.</summary>
    Address,

    /// <summary>A secret is needed and there is none.</summary>
    NoSecret,

    /// <summary>The ranks are on different hosts.</summary>
    SeveralHosts,

    /// <summary>The memory that the ranks are to share cannot be had.</summary>
    SharedMemory,

    /// <summary>This operating system or processor cannot run one process per rank.</summary>
    UnsupportedPlatform,

    /// <summary>A rank's GPU cannot run the kernels or share its memory. That rank gets the reason itself.</summary>
    Device,
}

/// <summary>
/// The ranks could not form a group. Nothing is left behind; the same process may try again.
/// </summary>
public sealed class RendezvousException : QuickReduceException
{
    internal RendezvousException(RendezvousProblem problem, string message, IReadOnlyList<int>? ranks = null, Exception? inner = null)
        : base(message, inner)
    {
        Problem = problem;
        Ranks = ranks ?? [];
    }

    /// <summary>What is wrong.</summary>
    public RendezvousProblem Problem { get; }

    /// <summary>The ranks that are missing, were lost, or differ, as far as this rank knows; in ascending order.</summary>
    public IReadOnlyList<int> Ranks { get; }
}

/// <summary>The environment does not say, or says nonsense about, which rank this process is.</summary>
public sealed class RankEnvironmentException : QuickReduceException
{
    internal RankEnvironmentException(string variable, string message)
        : base(message) => Variable = variable;

    /// <summary>The environment variable that is missing or wrong.</summary>
    public string Variable { get; }
}
