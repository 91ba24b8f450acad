namespace QuickReduce.Emulation.Driver;

/// <content>Streams, events and graphs.</content>
internal sealed unsafe partial class EmulatedDriver
{
    public override nint CreateStream(int device)
    {
        lock (_gate)
        {
            var handle = NewHandle();
            _streams.Add(handle, new StreamQueue(device));
            return handle;
        }
    }

    public override void DestroyStream(int device, nint stream)
    {
        if (!HasStopped)
        {
            SynchronizeStream(device, stream);
        }

        lock (_gate)
        {
            _streams.Remove(stream);
        }
    }

    public override void SynchronizeStream(int device, nint stream)
    {
        StreamQueue queue;
        lock (_gate)
        {
            queue = Stream(device, stream);
        }

        RunUntil(() => queue.IsIdle);
    }

    public override bool IsStreamIdle(int device, nint stream)
    {
        lock (_gate)
        {
            ThrowIfLost();
            AdvanceStreams();
            return Stream(device, stream).IsIdle;
        }
    }

    public override int DeviceOfStream(nint stream)
    {
        lock (_gate)
        {
            return stream == 0 ? 0 : Stream(0, stream).Device;
        }
    }

    public override nint CreateEvent(int device)
    {
        lock (_gate)
        {
            var handle = NewHandle();
            _events.Add(handle, new EventState());
            return handle;
        }
    }

    public override void DestroyEvent(int device, nint @event)
    {
        lock (_gate)
        {
            _events.Remove(@event);
        }
    }

    public override void RecordEvent(int device, nint @event, nint stream)
    {
        lock (_gate)
        {
            var (state, queue) = (Event(@event), Stream(device, stream));
            if (queue.Capture is { } capture)
            {
                state.Captured = (capture, capture.TailOf(queue));
                return;
            }

            state.Captured = null;
            var number = ++state.Recorded;
            Enqueue(device, stream, () => state.Reached = long.Max(state.Reached, number));
        }
    }

    public override void WaitForEvent(int device, nint stream, nint @event)
    {
        lock (_gate)
        {
            var (state, queue) = (Event(@event), Stream(device, stream));
            if (state.Captured is { } captured)
            {
                captured.Capture.Join(queue, captured.After);
                return;
            }

            var number = state.Recorded;
            Enqueue(device, stream, () => () => state.Reached >= number);
        }
    }

    public override void SynchronizeEvent(int device, nint @event)
    {
        EventState state;
        long number;
        lock (_gate)
        {
            state = Event(@event);
            number = state.Recorded;
        }

        RunUntil(() => state.Reached >= number);
    }

    public override float ElapsedMilliseconds(int device, nint start, nint end) =>
        throw new GpuException(GpuProblem.DriverError, "The emulator has no time: it says what kernels compute, not how fast.");

    public override void BeginCapture(int device, nint stream)
    {
        lock (_gate)
        {
            if (stream == 0 || Stream(device, stream).Capture is not null)
            {
                throw new GpuException(GpuProblem.InvalidDuringCapture, "The default stream, or one that is being captured, cannot be captured.");
            }

            _ = new Capture(Stream(device, stream));
        }
    }

    public override nint EndCapture(int device, nint stream)
    {
        lock (_gate)
        {
            var capture = Stream(device, stream).Capture ?? throw Invalid("capture");
            var handle = NewHandle();
            _graphs.Add(handle, capture.End());
            return handle;
        }
    }

    /// <summary>Captures are of a stream alone here, and hinder no thread.</summary>
    public override void IgnoreCaptures()
    {
    }

    public override void AbandonCapture(int device, nint stream)
    {
        lock (_gate)
        {
            _ = _streams.GetValueOrDefault(stream)?.Capture?.End();
        }
    }

    public override void LaunchGraph(int device, nint graph, nint stream)
    {
        Work work;
        lock (_gate)
        {
            work = _graphs.GetValueOrDefault(graph) ?? throw Invalid("graph");
        }

        Enqueue(device, stream, work);
    }

    public override void DestroyGraph(int device, nint graph)
    {
        lock (_gate)
        {
            _graphs.Remove(graph);
        }
    }

    private EventState Event(nint @event) => _events.GetValueOrDefault(@event) ?? throw Invalid("event");
}
