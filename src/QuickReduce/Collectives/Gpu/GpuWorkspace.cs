using QuickReduce.Devices.Gpu;

namespace QuickReduce.Collectives.Gpu;

/// <summary>
/// One rank's workspaces: memory of its device that all ranks' kernels write to while they run. Belongs to the process that
/// has the rank; others know its address.
/// </summary>
internal sealed unsafe partial class GpuWorkspace : IDisposable
{
    // Memory for other processes is shared whole pages of the device at a time: nothing else may lie on them.
    private const long SharedPageBytes = 2 * 1024 * 1024;

    private readonly WorkspaceLayout _layout;
    private readonly int _rank;
    private readonly int _worldSize;
    private readonly bool _forOtherProcesses;
    private readonly GpuStream _stream;
    private nint _memory;

    /// <summary>Allocates a rank's workspaces. <see cref="Reset"/> prepares them.</summary>
    /// <param name="layout">Where each is.</param>
    /// <param name="device">The rank's device.</param>
    /// <param name="rank">The rank.</param>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="forOtherProcesses">Whether other processes map the memory.</param>
    /// <param name="extraBytes">Bytes for other things that ranks share, behind the workspaces (<see cref="Extra"/>).</param>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public GpuWorkspace(WorkspaceLayout layout, GpuDevice device, int rank, int worldSize, bool forOtherProcesses, long extraBytes = 0)
    {
        _layout = layout;
        _rank = rank;
        _worldSize = worldSize;
        _forOtherProcesses = forOtherProcesses;
        Device = device;
        var bytes = layout.Bytes + extraBytes;
        Bytes = forOtherProcesses ? (bytes + SharedPageBytes - 1) / SharedPageBytes * SharedPageBytes : bytes;
        _stream = device.CreateStream();
        try
        {
            _memory = WorkspaceMemory.Take(device, Bytes, forOtherProcesses);
        }
        catch
        {
            _stream.Dispose();
            throw;
        }
    }

    /// <summary>The rank's device.</summary>
    public GpuDevice Device { get; }

    /// <summary>Size of the memory.</summary>
    public long Bytes { get; }

    /// <summary>Start of the memory, in this process.</summary>
    public nint Address => _memory;

    /// <summary>Offset of the bytes for other things.</summary>
    public nint Extra => (nint)_layout.Bytes;

    /// <summary>
    /// Writes the address tables, and zeroes epochs and flags, those within packets too. No kernel may be running.
    /// </summary>
    /// <param name="workspaces">Start of every rank's memory, as this rank's device knows it.</param>
    public void Reset(ReadOnlySpan<nint> workspaces)
    {
        Span<long> addresses = stackalloc long[KernelGeometry.MaxWorldSize];
        foreach (var region in _layout.Regions)
        {
            for (var peer = 0; peer < _worldSize; peer++)
            {
                addresses[peer] = workspaces[peer] + (nint)region.Offset;
            }

            fixed (long* table = addresses)
            {
                var start = _memory + (nint)region.Offset;
                Device.Driver.Fill(Device.Index, start, 0, (nint)region.BytesWithFlags, _stream.Handle);
                Device.Driver.CopyFromHost(Device.Index, start, table, _worldSize * sizeof(long), _stream.Handle);
                _stream.Synchronize();
            }
        }

        _sweeps.Clear();
    }

    /// <summary>Gives the memory back. No kernel of any rank may be using it.</summary>
    public void Dispose()
    {
        if (_memory != 0)
        {
            WorkspaceMemory.Return(Device, _memory, Bytes, _forOtherProcesses);
            _memory = 0;
        }

        _stream.Dispose();
    }

    private void Write(WorkspaceRegion region, int offset, ReadOnlySpan<uint> words)
    {
        fixed (uint* source = words)
        {
            Device.Driver.CopyFromHost(Device.Index, _memory + (nint)region.Offset + offset, source, words.Length * sizeof(uint), _stream.Handle);
            _stream.Synchronize();
        }
    }

    private uint[] ReadSlots(WorkspaceRegion region, nint memory)
    {
        var words = new uint[region.MostBlocks * region.SlotWords];
        Read(memory + (nint)region.Offset + region.Geometry.DataOffset, words);
        return words;
    }

    private uint[] ReadHeader(WorkspaceRegion region)
    {
        var words = new uint[region.Geometry.DataOffset / sizeof(uint)];
        Read(_memory + (nint)region.Offset, words);
        return words;
    }

    private void Read(nint source, Span<uint> words)
    {
        fixed (uint* destination = words)
        {
            Device.Driver.CopyToHost(Device.Index, destination, source, words.Length * sizeof(uint), _stream.Handle);
            _stream.Synchronize();
        }
    }
}
