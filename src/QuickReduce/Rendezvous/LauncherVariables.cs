using System.Globalization;

namespace QuickReduce.Rendezvous;

/// <summary>The environment variables in which launchers tell a process its rank.</summary>
internal static class LauncherVariables
{
    private const string AddressVariable = "MASTER_ADDR";
    private const string PortVariable = "MASTER_PORT";

    private static readonly Launcher[] Launchers =
    [
        new("QuickReduce", "QUICKREDUCE_RANK", "QUICKREDUCE_WORLD_SIZE", ["QUICKREDUCE_LOCAL_RANK"], ["QUICKREDUCE_LOCAL_WORLD_SIZE"], ["QUICKREDUCE_JOB_ID"]),
        new("torchrun", "RANK", "WORLD_SIZE", ["LOCAL_RANK"], ["LOCAL_WORLD_SIZE"], ["TORCHELASTIC_RUN_ID"]),
        new("Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", ["OMPI_COMM_WORLD_LOCAL_RANK"], ["OMPI_COMM_WORLD_LOCAL_SIZE"], ["PMIX_NAMESPACE", "OMPI_MCA_ess_base_jobid"]),
        new("MPICH", "PMI_RANK", "PMI_SIZE", ["MPI_LOCALRANKID"], ["MPI_LOCALNRANKS"], ["PMI_KVS", "HYDRA_JOBID"]),
        new("Slurm", "SLURM_PROCID", "SLURM_NTASKS", ["SLURM_LOCALID"], [], ["SLURM_JOB_ID"]),
    ];

    /// <summary>What the environment says.</summary>
    /// <param name="variable">Gives the value of a variable, or null.</param>
    /// <exception cref="RankEnvironmentException">It names no rank, or contradicts itself.</exception>
    public static RankEnvironment Read(Func<string, string?> variable) => Find(variable)
        ?? throw new RankEnvironmentException(
            "RANK",
            "No launcher has told this process its rank: none of " + string.Join(", ", Launchers.Select(launcher => launcher.Rank))
                + " is set. Start it with torchrun, mpirun, srun or quickreduce launch, or give a RankEnvironment with rank and world size.");

    /// <summary>What the environment says; null where it names no rank.</summary>
    /// <param name="variable">Gives the value of a variable, or null.</param>
    /// <exception cref="RankEnvironmentException">It contradicts itself.</exception>
    public static RankEnvironment? Find(Func<string, string?> variable)
    {
        if (Array.Find(Launchers, launcher => Value(variable, launcher.Rank) is not null) is not { } launcher)
        {
            return null;
        }

        var worldSize = Number(variable, launcher, launcher.WorldSize, 1, int.MaxValue)
            ?? throw new RankEnvironmentException(launcher.WorldSize, launcher.Rank + " is set and " + launcher.WorldSize + " is not (" + launcher.Name + "). Set both.");
        var rank = Number(variable, launcher, launcher.Rank, 0, worldSize - 1)!.Value;
        var localWorldSize = First(variable, launcher, launcher.LocalWorldSize, 1, worldSize) ?? TasksOnThisHost(variable, launcher, worldSize);
        return new RankEnvironment(rank, worldSize)
        {
            LocalWorldSize = localWorldSize ?? worldSize,
            LocalRank = First(variable, launcher, launcher.LocalRank, 0, (localWorldSize ?? worldSize) - 1) ?? rank,
            MasterAddress = Value(variable, AddressVariable),
            MasterPort = Number(variable, launcher, PortVariable, 1, ushort.MaxValue) is { } port ? port + PortsTaken(variable) : null,
            JobId = JobIdOf(variable, launcher),
            Launcher = launcher.Name,
        };
    }

    /// <summary>torchrun's own store listens on MASTER_PORT itself; the port after it is ours then.</summary>
    private static int PortsTaken(Func<string, string?> variable) =>
        string.Equals(Value(variable, "TORCHELASTIC_USE_AGENT_STORE"), "True", StringComparison.OrdinalIgnoreCase) ? 1 : 0;

    private static string? JobIdOf(Func<string, string?> variable, Launcher launcher)
    {
        var id = launcher.JobId.Select(name => Value(variable, name)).FirstOrDefault(value => value is not null);

        // Slurm numbers the steps of a job: two of them may run side by side.
        return launcher.Name == "Slurm" && id is not null ? id + "." + Value(variable, "SLURM_STEP_ID") : id;
    }

    /// <summary>Slurm tells how many tasks each host has in a list, as in <c>4(x2),3</c>, and which of them this is.</summary>
    private static int? TasksOnThisHost(Func<string, string?> variable, Launcher launcher, int worldSize)
    {
        const string Counts = "SLURM_STEP_TASKS_PER_NODE";
        if (launcher.Name != "Slurm" || Value(variable, Counts) is not { } list)
        {
            return null;
        }

        var host = Number(variable, launcher, "SLURM_NODEID", 0, int.MaxValue) ?? 0;
        foreach (var part in list.Split(','))
        {
            var fields = part.TrimEnd(')').Split("(x");
            var times = 1;
            if (!int.TryParse(fields[0], NumberStyles.None, CultureInfo.InvariantCulture, out var tasks) || tasks < 1 || tasks > worldSize
                || (fields.Length > 1 && !int.TryParse(fields[1], NumberStyles.None, CultureInfo.InvariantCulture, out times)))
            {
                break;
            }

            if (host < times)
            {
                return tasks;
            }

            host -= times;
        }

        throw new RankEnvironmentException(Counts, Counts + " (Slurm) is '" + list + "', and tells nothing of this host.");
    }

    private static int? First(Func<string, string?> variable, Launcher launcher, string[] names, int least, int most)
    {
        foreach (var name in names)
        {
            if (Number(variable, launcher, name, least, most) is { } number)
            {
                return number;
            }
        }

        return null;
    }

    private static int? Number(Func<string, string?> variable, Launcher launcher, string name, int least, int most)
    {
        if (Value(variable, name) is not { } text)
        {
            return null;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new RankEnvironmentException(name, name + " (" + launcher.Name + ") is '" + text + "', and not a number from " + least + " to " + most + ".");
    }

    private static string? Value(Func<string, string?> variable, string name) => variable(name) is { Length: > 0 } value ? value : null;

    private sealed record Launcher(string Name, string Rank, string WorldSize, string[] LocalRank, string[] LocalWorldSize, string[] JobId);
}
