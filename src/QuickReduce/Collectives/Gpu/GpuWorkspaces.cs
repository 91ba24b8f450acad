namespace QuickReduce.Collectives.Gpu;

/// <summary>The workspaces of all ranks of a group within this process.</summary>
internal sealed class GpuWorkspaces : IDisposable
{
    private readonly List<GpuWorkspace> _ranks = [];

    /// <summary>Lays out, allocates and prepares the workspaces of kernels.</summary>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public GpuWorkspaces(IReadOnlyList<GpuDevice> devices, IReadOnlyList<GpuKernel> kernels)
    {
        var layout = new WorkspaceLayout(kernels);
        try
        {
            for (var rank = 0; rank < devices.Count; rank++)
            {
                _ranks.Add(new GpuWorkspace(layout, devices[rank], rank, devices.Count, forOtherProcesses: false));
            }

            Reset();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Bytes of one rank's memory.</summary>
    public long BytesPerRank => _ranks[0].Bytes;

    /// <summary>Start of a rank's memory.</summary>
    public nint this[int rank] => _ranks[rank].Address;

    /// <inheritdoc cref="GpuWorkspace.Reset"/>
    public void Reset()
    {
        nint[] addresses = [.. _ranks.Select(static rank => rank.Address)];
        _ranks.ForEach(rank => rank.Reset(addresses));
    }

    /// <inheritdoc cref="GpuWorkspace.ReleaseKernels"/>
    public bool ReleaseKernels(TimeSpan grace, TimeSpan timeout) => GpuWorkspace.ReleaseKernels(_ranks, grace, timeout);

    /// <inheritdoc cref="GpuWorkspace.Describe"/>
    public string Describe() => string.Concat(_ranks.Select(static rank => rank.Describe()));

    /// <summary>Frees the workspaces. No kernel may be running.</summary>
    public void Dispose() => _ranks.ForEach(static rank => rank.Dispose());
}
