using System.Globalization;

namespace QuickReduce.Gpu.Processes;

/// <summary>Which hosts the ranks of a job are told to be on, and which of this machine's GPUs they get.</summary>
/// <param name="Hosts">Number of hosts.</param>
/// <param name="PerHost">Ranks of each.</param>
/// <param name="Gpus">GPUs of this machine: one for each rank where there are as many, or else one for each host, in turn.</param>
/// <param name="Library">File of NCCL or RCCL; empty for the usual one.</param>
/// <param name="OverNetwork">Whether NCCL is told so too: it then exchanges through sockets, as between real hosts.</param>
internal sealed record HostPlan(int Hosts, int PerHost, int Gpus, string Library, bool OverNetwork)
{
    private const char Separator = ':';

    /// <summary>For a rank's command line.</summary>
    public string Argument => string.Join(Separator, Hosts, PerHost, Gpus);

    /// <summary>For lines of the report.</summary>
    public string Text => string.Create(CultureInfo.InvariantCulture, $" on {Hosts} hosts{(OverNetwork ? ", through sockets" : string.Empty)}");

    /// <summary>Whether each rank has a GPU of its own.</summary>
    public bool HasGpuForEach => Gpus >= Hosts * PerHost;

    /// <summary>What a rank was told of it.</summary>
    public static HostPlan From(string argument) => argument.Split(Separator).Select(static number => int.Parse(number, CultureInfo.InvariantCulture)).ToArray() is [var hosts, var perHost, var gpus]
        ? new HostPlan(hosts, perHost, gpus, string.Empty, false)
        : throw new InvalidOperationException("'" + argument + "' is no plan of hosts.");

    /// <summary>A rank's host.</summary>
    public int HostOf(int rank) => rank / PerHost;

    /// <summary>A rank's GPU.</summary>
    public GpuDevice DeviceOf(int rank) => GpuDevice.Discover()[HasGpuForEach ? rank : HostOf(rank) % Gpus];

    /// <summary>Tells a rank.</summary>
    public void Tell(int rank, IDictionary<string, string?> environment)
    {
        environment["QUICKREDUCE_LOCAL_RANK"] = (rank % PerHost).ToString(CultureInfo.InvariantCulture);
        environment["QUICKREDUCE_LOCAL_WORLD_SIZE"] = PerHost.ToString(CultureInfo.InvariantCulture);
        environment["MASTER_ADDR"] = "127.0.0.1";
        environment["MASTER_PORT"] = "29500";
        if (Library.Length > 0)
        {
            environment["QUICKREDUCE_NCCL_LIBRARY"] = Library;
        }

        if (OverNetwork)
        {
            // To NCCL, ranks with different ids are on different machines, even where they share a GPU.
            environment["NCCL_HOSTID"] = "quickreduce-host-" + HostOf(rank).ToString(CultureInfo.InvariantCulture);
            environment["NCCL_SOCKET_IFNAME"] = "lo";
            environment["NCCL_IB_DISABLE"] = "1";
        }
    }
}
