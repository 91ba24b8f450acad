using QuickReduce.Devices.Gpu;

namespace QuickReduce.Collectives.Gpu;

/// <summary>
/// Checks raw pointers and streams of one rank with the driver, and remembers the last few that were right. Used by one
/// thread at a time.
/// </summary>
internal sealed class PointerGuard(int rank, GpuDevice device, PointerChecks checks)
{
    private const int Remembered = 8;

    private readonly PointerInfo[] _allocations = new PointerInfo[Remembered];
    private readonly nint[] _streams = new nint[Remembered];
    private int _nextAllocation;
    private int _nextStream;

    /// <summary>Requires that a range of addresses is memory of the rank's device.</summary>
    /// <exception cref="InvalidBufferException">It is not.</exception>
    public void RequireOnDevice(nint pointer, nint bytes, string role)
    {
        if (checks == PointerChecks.Never || bytes == 0)
        {
            return;
        }

        if (checks == PointerChecks.FirstUse)
        {
            foreach (ref readonly var allocation in _allocations.AsSpan())
            {
                if (allocation.Covers(pointer, bytes))
                {
                    return;
                }
            }
        }

        var found = Inspect(pointer, role);
        if (found.Covers(pointer, bytes))
        {
            _allocations[_nextAllocation++ % Remembered] = found;
        }
        else
        {
            // Virtual memory may be mapped piece by piece, and the driver knows each piece as an allocation.
            _ = Inspect(pointer + bytes - 1, role + "'s last byte");
        }
    }

    /// <summary>Requires that a stream is of the rank's device.</summary>
    /// <exception cref="GpuException">It is not.</exception>
    public void RequireStream(nint stream)
    {
        if (checks == PointerChecks.Never || stream == 0 || (checks == PointerChecks.FirstUse && _streams.AsSpan().Contains(stream)))
        {
            return;
        }

        var owner = device.Driver.DeviceOfStream(stream);
        if (owner != device.Index)
        {
            throw new GpuException(
                GpuProblem.InvalidStream,
                "Rank " + rank + " cannot all-reduce: its stream belongs to " + (owner < 0 ? "a context of its own" : device.Kind + " device " + owner) + ", the rank to " + device + ". Pass a stream of the rank's device.");
        }

        _streams[_nextStream++ % Remembered] = stream;
    }

    private PointerInfo Inspect(nint pointer, string role)
    {
        var found = device.Driver.Inspect(pointer);
        if (found.Place != MemoryPlace.Device || found.Device != device.Index)
        {
            var where = found.Place switch
            {
                MemoryPlace.Device => "memory of " + device.Kind + " device " + found.Device,
                MemoryPlace.Host => "host memory",
                _ => "memory that the driver does not know: host memory, or memory that was freed",
            };
            throw new InvalidBufferException(
                rank,
                "Rank " + rank + " cannot all-reduce: its " + role + " (0x" + pointer.ToString("x", System.Globalization.CultureInfo.InvariantCulture) + ") is " + where + ", and the rank is on " + device + ". Pass memory of the rank's device.");
        }

        return found;
    }
}
