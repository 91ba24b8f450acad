namespace QuickReduce;

/// <summary>Which rank this process is, and where its job meets: what a launcher tells each process that it starts.</summary>
/// <remarks>Immutable. Read from the environment (<see cref="FromEnvironment"/>) or given explicitly.</remarks>
public sealed record RankEnvironment
{
    /// <summary>Describes a rank.</summary>
    /// <param name="rank">Its number, from 0.</param>
    /// <param name="worldSize">Number of ranks.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such rank.</exception>
    public RankEnvironment(int rank, int worldSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(worldSize, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(rank);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(rank, worldSize);
        Rank = rank;
        WorldSize = worldSize;
        LocalRank = rank;
        LocalWorldSize = worldSize;
    }

    /// <summary>This process's rank, from 0.</summary>
    public int Rank { get; }

    /// <summary>Number of ranks.</summary>
    public int WorldSize { get; }

    /// <summary>Number of this rank among those of its host; by default <see cref="Rank"/>.</summary>
    public int LocalRank { get; init; }

    /// <summary>Ranks on this host; by default all.</summary>
    public int LocalWorldSize { get; init; }

    /// <summary>Name or address of rank 0's host; null where the launcher tells none.</summary>
    public string? MasterAddress { get; init; }

    /// <summary>A port on rank 0's host that the job may use; null where the launcher tells none.</summary>
    public int? MasterPort { get; init; }

    /// <summary>What distinguishes this job from others on the host, apart from address and port; null for nothing.</summary>
    public string? JobId { get; init; }

    /// <summary>What told so, for messages: <c>torchrun</c>, <c>Open MPI</c>, <c>MPICH</c>, <c>Slurm</c>, <c>QuickReduce</c>, <c>options</c>.</summary>
    public string Launcher { get; init; } = "options";

    /// <summary>
    /// Reads what the launcher has told: <c>QUICKREDUCE_RANK</c> and its like, <c>RANK</c>, <c>WORLD_SIZE</c>,
    /// <c>LOCAL_RANK</c>, <c>MASTER_ADDR</c>, <c>MASTER_PORT</c> (torchrun and what imitates it), or the variables of
    /// Open MPI, MPICH and Slurm. The first of these that names a rank counts.
    /// </summary>
    /// <exception cref="RankEnvironmentException">No launcher names a rank, or a variable is missing or not a number.</exception>
    public static RankEnvironment FromEnvironment() => Rendezvous.LauncherVariables.Read(Environment.GetEnvironmentVariable);

    /// <summary>
    /// The same for programs that also run without a launcher: null where none names a rank.
    /// </summary>
    /// <exception cref="RankEnvironmentException">A variable is missing or not a number.</exception>
    public static RankEnvironment? FindInEnvironment() => Rendezvous.LauncherVariables.Find(Environment.GetEnvironmentVariable);

    /// <summary>Throws unless the job has a certain number of ranks.</summary>
    internal void RequireWorldSize(int worldSize)
    {
        if (WorldSize != worldSize)
        {
            throw new VariantNotDeclaredException("Rank " + Rank + " cannot join: the job has " + WorldSize + " ranks, and this is for " + worldSize + ". Start as many processes, or join by the method for their number.");
        }
    }
}
