using QuickReduce.Devices.Gpu;

namespace QuickReduce.Collectives.Gpu;

/// <summary>
/// Memory of workspaces, which is given back to a device only when no workspace of this process is left on it; until then it
/// waits to be used again. Thread-safe.
/// </summary>
/// <remarks>
/// Drivers wait for all kernels of a device before they free memory, and let no other call of the process pass meanwhile
/// (seen with CUDA 13.0 on an H200). If one of these kernels waits for a rank that will not come, nothing could release it
/// any more. So a group that is disposed, or whose memory others have held for longer, must not free while another is there.
/// </remarks>
internal static class WorkspaceMemory
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<(GpuDriver Driver, int Device), Pool> Pools = [];

    /// <summary>Memory for a workspace: some that is left over, or new.</summary>
    /// <param name="device">The device.</param>
    /// <param name="bytes">Its size.</param>
    /// <param name="forOtherProcesses">Whether other processes map it.</param>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public static nint Take(GpuDevice device, long bytes, bool forOtherProcesses)
    {
        lock (Gate)
        {
            var pool = PoolOf(device);
            var index = pool.LeftOver.FindIndex(memory => memory.Bytes == bytes && memory.ForOtherProcesses == forOtherProcesses);
            nint address;
            if (index >= 0)
            {
                address = pool.LeftOver[index].Address;
                pool.LeftOver.RemoveAt(index);
            }
            else
            {
                address = device.Driver.AllocateShared(device.Index, (nint)bytes);
            }

            pool.InUse++;
            return address;
        }
    }

    /// <summary>Gives memory back that no kernel uses any more.</summary>
    /// <param name="device">The device.</param>
    /// <param name="address">What <see cref="Take"/> gave.</param>
    /// <param name="bytes">Its size.</param>
    /// <param name="forOtherProcesses">Whether other processes mapped it; they no longer do.</param>
    /// <exception cref="GpuException">The driver cannot free it: the device is lost.</exception>
    public static void Return(GpuDevice device, nint address, long bytes, bool forOtherProcesses)
    {
        // New workspaces wait until all is freed: their kernels would be waited for.
        lock (Gate)
        {
            var pool = PoolOf(device);
            pool.LeftOver.Add((address, bytes, forOtherProcesses));
            if (--pool.InUse > 0)
            {
                return;
            }

            Pools.Remove((device.Driver, device.Index));
            foreach (var memory in pool.LeftOver)
            {
                device.Driver.Free(device.Index, memory.Address);
            }
        }
    }

    private static Pool PoolOf(GpuDevice device)
    {
        var key = (device.Driver, device.Index);
        if (!Pools.TryGetValue(key, out var pool))
        {
            Pools.Add(key, pool = new Pool());
        }

        return pool;
    }

    private sealed class Pool
    {
        /// <summary>Workspaces that there are.</summary>
        public int InUse { get; set; }

        /// <summary>Memory of those that there were.</summary>
        public List<(nint Address, long Bytes, bool ForOtherProcesses)> LeftOver { get; } = [];
    }
}
