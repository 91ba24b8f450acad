namespace QuickReduce;

/// <summary>Work that was captured once and can be launched again and again at less cost (a CUDA or HIP graph).</summary>
/// <remarks>
/// The pointers of captured all-reduces are fixed; what lies there when the graph is launched is what is reduced. One
/// launch of a graph must be enqueued before the next one's on another stream; replays of one graph never overlap.
/// </remarks>
public sealed class GpuGraph : GpuResource
{
    private GpuGraph(GpuDevice device, nint handle)
        : base(device, handle)
    {
    }

    /// <summary>Captures what is enqueued on a stream; nothing runs yet.</summary>
    /// <param name="stream">The stream, not the default one.</param>
    /// <param name="enqueue">Enqueues the work, on the calling thread.</param>
    /// <exception cref="GpuException">The work cannot be captured.</exception>
    public static GpuGraph Capture(GpuStream stream, Action enqueue) => Capture([stream], enqueue);

    /// <summary>
    /// Captures what is enqueued on several streams as parallel branches of one graph; nothing runs yet. This is how all
    /// ranks of a group that one thread drives become one graph.
    /// </summary>
    /// <param name="streams">The streams, none twice and not the default one; those of other devices as well.</param>
    /// <param name="enqueue">Enqueues the work, on the calling thread.</param>
    /// <exception cref="ArgumentException">There is no stream.</exception>
    /// <exception cref="GpuException">The work cannot be captured.</exception>
    public static GpuGraph Capture(IReadOnlyList<GpuStream> streams, Action enqueue)
    {
        ArgumentNullException.ThrowIfNull(streams);
        ArgumentNullException.ThrowIfNull(enqueue);
        if (streams.Count == 0)
        {
            throw new ArgumentException("A capture needs a stream.", nameof(streams));
        }

        var origin = streams[0];
        var device = origin.Device;
        var events = new GpuEvent[streams.Count];
        try
        {
            for (var i = 0; i < events.Length; i++)
            {
                events[i] = streams[i].Device.CreateEvent();
            }

            device.Driver.BeginCapture(device.Index, origin.Handle);
            try
            {
                Fork(streams, events[0]);
                enqueue();
                Join(streams, events);
            }
            catch
            {
                device.Driver.AbandonCapture(device.Index, origin.Handle);
                throw;
            }

            return new GpuGraph(device, device.Driver.EndCapture(device.Index, origin.Handle));
        }
        finally
        {
            foreach (var @event in events)
            {
                @event?.Dispose();
            }
        }
    }

    /// <summary>Enqueues the graph.</summary>
    /// <param name="stream">A stream of the device of the first stream that was captured.</param>
    /// <exception cref="GpuException">The driver refuses it.</exception>
    public void Launch(GpuStream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        Device.Driver.LaunchGraph(Device.Index, Handle, stream.Handle);
    }

    private static void Fork(IReadOnlyList<GpuStream> streams, GpuEvent start)
    {
        if (streams.Count == 1)
        {
            return;
        }

        start.Record(streams[0]);
        for (var i = 1; i < streams.Count; i++)
        {
            streams[i].WaitFor(start);
        }
    }

    private static void Join(IReadOnlyList<GpuStream> streams, GpuEvent[] events)
    {
        for (var i = 1; i < streams.Count; i++)
        {
            events[i].Record(streams[i]);
            streams[0].WaitFor(events[i]);
        }
    }

    private protected override void Release(nint handle) => Device.Driver.DestroyGraph(Device.Index, handle);
}
