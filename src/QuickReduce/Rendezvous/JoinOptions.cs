using Microsoft.Extensions.Logging;

namespace QuickReduce;

/// <summary>How the ranks of a job find each other.</summary>
public enum RendezvousTransport
{
    /// <summary><see cref="UnixSocket"/> where all ranks are on one host or meet at a loopback address, otherwise <see cref="Tcp"/>.</summary>
    Auto = 0,

    /// <summary>A socket in a directory that only this user can enter. Needs no port and no secret.</summary>
    UnixSocket = 1,

    /// <summary>MASTER_ADDR and MASTER_PORT. Needs a secret.</summary>
    Tcp = 2,
}

/// <summary>
/// Options of <see cref="Communicator.JoinAsync(KernelSet, RankEnvironment, JoinOptions, CancellationToken)"/> and
/// <see cref="GpuCommunicator.JoinAsync(KernelSet, RankEnvironment, JoinOptions, CancellationToken)"/>. Read once, when a rank joins.
/// </summary>
public sealed class JoinOptions
{
    /// <summary>
    /// Options of the group: the same on all ranks, apart from <see cref="GroupOptions.Timeout"/>.
    /// <see cref="GroupOptions.MaxThreads"/> has no meaning: a rank is one thread.
    /// </summary>
    public GroupOptions Group { get; init; } = new();

    /// <summary>
    /// Options of a group over device memory (<see cref="GpuCommunicator"/>), in place of <see cref="Group"/>: the same on
    /// all ranks, apart from <see cref="GpuGroupOptions.Timeout"/>, <see cref="GpuGroupOptions.PointerChecks"/> and
    /// <see cref="GpuGroupOptions.Devices"/>, which is null (the device of the rank's number on its host) or has one device,
    /// this rank's.
    /// </summary>
    public GpuGroupOptions Gpu { get; init; } = new();

    /// <summary>How long a rank waits for all to meet; <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for ever.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Distinguishes groups of one job that form at the same time; all ranks of a group give the same.</summary>
    public string GroupName { get; init; } = "default";

    /// <summary>How the ranks find each other.</summary>
    public RendezvousTransport Transport { get; init; }

    /// <summary>
    /// What the ranks of a job know and nobody else does; null for <c>QUICKREDUCE_JOB_SECRET</c>. Without either, ranks
    /// that meet in a private directory find a fresh key there.
    /// </summary>
    public string? Secret { get; init; }

    /// <summary>
    /// The private directory, mode 0700; null for <c>QUICKREDUCE_RUNTIME_DIR</c>, or else <c>/tmp/quickreduce-UID</c>.
    /// </summary>
    public string? RuntimeDirectory { get; init; }

    /// <summary>Told, now and then, which ranks have yet to come. Called on a thread of the thread pool.</summary>
    public IProgress<IReadOnlyList<int>>? MissingRanks { get; init; }

    /// <summary>Where messages go; null for nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; init; }

    /// <summary>The same for a group of ranks of this host, on a device that is chosen.</summary>
    internal JoinOptions OnThisHost(GpuDevice device) => new()
    {
        Group = Group,
        Gpu = Gpu.On(device),
        Timeout = Timeout,
        GroupName = GroupName,
        Transport = RendezvousTransport.UnixSocket,
        Secret = Secret,
        RuntimeDirectory = RuntimeDirectory,
        LoggerFactory = LoggerFactory,
    };
}
