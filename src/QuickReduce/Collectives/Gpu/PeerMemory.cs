using QuickReduce.Devices.Gpu;
using QuickReduce.Rendezvous;

namespace QuickReduce.Collectives.Gpu;

/// <summary>
/// Where a rank's device finds every rank's workspace: its own, those of ranks in this process, and those of other processes,
/// which it maps for as long as this object lives.
/// </summary>
internal sealed class PeerMemory : IDisposable
{
    // Tells processes apart, which their numbers do not where they are in different containers.
    private static readonly Guid ThisProcess = Guid.NewGuid();

    private readonly GpuDevice _device;
    private readonly List<nint> _mapped = [];

    private PeerMemory(GpuDevice device, int worldSize)
    {
        _device = device;
        Addresses = new nint[worldSize];
    }

    /// <summary>Start of every rank's memory, rank 0 first.</summary>
    public nint[] Addresses { get; }

    /// <summary>What another rank needs to find a workspace.</summary>
    public static MemoryOffer Offer(GpuWorkspace workspace)
    {
        var device = workspace.Device;
        return new MemoryOffer(ThisProcess, device.Index, workspace.Address, device.Driver.ExportMemory(device.Index, workspace.Address));
    }

    /// <summary>Maps the memory of all ranks.</summary>
    /// <param name="device">The device that is to access it.</param>
    /// <param name="offers">What every rank offers.</param>
    /// <exception cref="GpuException">Memory cannot be mapped, or the device cannot access it.</exception>
    public static PeerMemory Map(GpuDevice device, IReadOnlyList<MemoryOffer> offers)
    {
        var memory = new PeerMemory(device, offers.Count);
        try
        {
            for (var rank = 0; rank < offers.Count; rank++)
            {
                memory.Addresses[rank] = memory.Map(rank, offers[rank]);
            }

            return memory;
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }

    /// <summary>Unmaps it. No kernel may be using it.</summary>
    public void Dispose()
    {
        _mapped.ForEach(address => _device.Driver.CloseImportedMemory(_device.Index, address));
        _mapped.Clear();
    }

    private nint Map(int rank, in MemoryOffer offer)
    {
        if (offer.Process == ThisProcess)
        {
            if (offer.Device != _device.Index)
            {
                _device.Driver.EnablePeerAccess(_device.Index, offer.Device);
            }

            return offer.Address;
        }

        try
        {
            var address = _device.Driver.ImportMemory(_device.Index, offer.Handle);
            _mapped.Add(address);
            return address;
        }
        catch (GpuException exception)
        {
            throw new GpuException(
                exception.Problem,
                _device + " cannot map the memory of rank " + rank + ", which another process has: " + exception.Message
                    + " The ranks' devices must be able to access each other, and containers must share the host's process and IPC namespaces (--ipc=host --pid=host).",
                exception.ErrorCode,
                exception);
        }
    }
}

/// <summary>Names a rank's workspace to other ranks.</summary>
/// <param name="Process">The process that has it.</param>
/// <param name="Device">The device, for those of the same process.</param>
/// <param name="Address">Its address, for those of the same process.</param>
/// <param name="Handle">Its handle, for those of others.</param>
internal readonly record struct MemoryOffer(Guid Process, int Device, nint Address, IpcMemoryHandle Handle)
{
    private const int GuidBytes = 16;

    /// <summary>An offer that another rank has sent.</summary>
    /// <exception cref="InvalidDataException">It is not one.</exception>
    public static MemoryOffer From(byte[] payload)
    {
        var reader = new PayloadReader(payload);
        var process = new Guid(reader.Raw(GuidBytes));
        var device = (int)reader.UInt32();
        var address = (nint)(reader.UInt32() | ((ulong)reader.UInt32() << 32));
        var handle = IpcMemoryHandle.From(reader.Raw(IpcMemoryHandle.Size));
        reader.End();
        return new MemoryOffer(process, device, address, handle);
    }

    /// <summary>The bytes to send.</summary>
    public byte[] ToArray() => new PayloadWriter().Raw(Process.ToByteArray()).UInt32((uint)Device)
        .UInt32((uint)Address).UInt32((uint)((ulong)Address >> 32)).Raw(Handle.ToArray()).ToArray();
}
