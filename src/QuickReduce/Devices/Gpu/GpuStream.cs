namespace QuickReduce;

/// <summary>A queue of work on a device: what is enqueued runs in order, beside other streams.</summary>
/// <remarks>Thread-safe, except for capturing.</remarks>
public sealed class GpuStream : GpuResource
{
    private readonly bool _owned;

    internal GpuStream(GpuDevice device, nint handle, bool owned)
        : base(device, handle) => _owned = owned;

    /// <summary>Whether everything that was enqueued is done.</summary>
    /// <exception cref="GpuException">Something enqueued earlier failed.</exception>
    public bool IsIdle => Device.Driver.IsStreamIdle(Device.Index, Handle);

    /// <summary>Waits until everything that was enqueued is done.</summary>
    /// <exception cref="GpuException">Something enqueued earlier failed.</exception>
    public void Synchronize() => Device.Driver.SynchronizeStream(Device.Index, Handle);

    /// <summary>Lets work enqueued from now on wait for an event, of any device.</summary>
    public void WaitFor(GpuEvent @event)
    {
        ArgumentNullException.ThrowIfNull(@event);
        Device.Driver.WaitForEvent(Device.Index, Handle, @event.Handle);
    }

    private protected override void Release(nint handle)
    {
        if (_owned)
        {
            Device.Driver.DestroyStream(Device.Index, handle);
        }
    }
}

/// <summary>A point in a stream: to wait for, or to take the time between two of them. Thread-safe.</summary>
public sealed class GpuEvent : GpuResource
{
    internal GpuEvent(GpuDevice device)
        : base(device, device.Driver.CreateEvent(device.Index))
    {
    }

    /// <summary>Marks the point that the stream has come to.</summary>
    public void Record(GpuStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Device.Driver.RecordEvent(Device.Index, Handle, stream.Handle);
    }

    /// <summary>Waits until the stream has come to the point.</summary>
    public void Synchronize() => Device.Driver.SynchronizeEvent(Device.Index, Handle);

    /// <summary>Time from another event of the same device to this one; both have happened.</summary>
    public TimeSpan Since(GpuEvent start)
    {
        ArgumentNullException.ThrowIfNull(start);
        return TimeSpan.FromMilliseconds(Device.Driver.ElapsedMilliseconds(Device.Index, start.Handle, Handle));
    }

    private protected override void Release(nint handle) => Device.Driver.DestroyEvent(Device.Index, handle);
}
