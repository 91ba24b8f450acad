namespace QuickReduce;

/// <summary>
/// Options of a <see cref="MultiHostCommunicator"/> and of a <see cref="MultiHostGpuCommunicator"/>. Read once, when a rank
/// joins.
/// </summary>
public sealed class MultiHostOptions
{
    /// <summary>
    /// How the ranks of this host form their group; ranks on GPUs (<see cref="JoinOptions.Gpu"/>) of all hosts find each other
    /// with the same options.
    /// </summary>
    public JoinOptions Local { get; init; } = new();

    /// <summary>
    /// What the ranks of this host have in common, and those of others have not; null for the kernel that they run on. To
    /// tell containers of one machine apart, or to try several hosts on one.
    /// </summary>
    public string? HostName { get; init; }

    /// <summary>
    /// File or name of the library that exchanges between hosts; null for <c>QUICKREDUCE_MPI_LIBRARY</c> or the MPI that
    /// fits the launcher, and for ranks on GPUs <c>QUICKREDUCE_NCCL_LIBRARY</c> or the vendor's (<c>libnccl.so.2</c>,
    /// <c>librccl.so.1</c>).
    /// </summary>
    public string? Library { get; init; }

    /// <summary>
    /// Ranks on GPUs, of which a host has several: bytes of device memory for what a rank exchanges with other hosts at once,
    /// kept twice; the same on all ranks. Longer messages go in pieces of as many bytes for each rank of a host.
    /// </summary>
    public long StagingBytes { get; init; } = 16 << 20;

    internal const long LeastStagingBytes = 64 << 10;
}
