namespace QuickReduce;

/// <summary>Something that a driver holds for this process until it is disposed: memory, a stream, an event, a graph.</summary>
/// <remarks>Not to be disposed while another thread uses it, or while the device still works with it.</remarks>
public abstract class GpuResource : IDisposable
{
    private nint _handle;
    private int _disposed;

    private protected GpuResource(GpuDevice device, nint handle)
    {
        Device = device;
        _handle = handle;
    }

    /// <summary>Releases what was not disposed.</summary>
    ~GpuResource() => ReleaseOnce();

    /// <summary>The device that it belongs to.</summary>
    public GpuDevice Device { get; }

    /// <summary>The vendor's handle, for other libraries.</summary>
    /// <exception cref="ObjectDisposedException">It is disposed.</exception>
    public nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed != 0, this);
            return _handle;
        }
    }

    /// <summary>Releases it.</summary>
    public void Dispose()
    {
        ReleaseOnce();
        GC.SuppressFinalize(this);
    }

    private protected abstract void Release(nint handle);

    private void ReleaseOnce()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0 || Device is null)
        {
            return;
        }

        try
        {
            Release(_handle);
        }
        catch (GpuException)
        {
            // The device is lost, or its context gone with the process: there is nothing left to release.
        }

        _handle = 0;
    }
}
