using QuickReduce.Devices.Gpu;

namespace QuickReduce;

/// <summary>
/// The time in which a device is the calling thread's current one (<see cref="GpuDevice.MakeCurrent"/>). To be disposed by
/// that thread, in the reverse order where there are several.
/// </summary>
public readonly ref struct CurrentDevice
{
    private readonly GpuDriver? _driver;
    private readonly nint _previous;

    internal CurrentDevice(GpuDriver driver, int index)
    {
        _driver = driver;
        _previous = driver.MakeCurrent(index);
    }

    /// <summary>Gives the thread back what was current before.</summary>
    public void Dispose() => _driver?.RestoreCurrent(_previous);
}
