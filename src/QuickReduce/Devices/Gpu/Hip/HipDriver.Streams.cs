namespace QuickReduce.Devices.Gpu.Hip;

/// <content>Streams, events and graphs.</content>
internal sealed unsafe partial class HipDriver
{
    private const int NotReady = 600;
    private const uint NonBlockingStream = 1;
    private const int CaptureThreadLocal = 1;
    private const int CaptureRelaxed = 2;

    public override nint CreateStream(int device)
    {
        using var scope = Use(device);
        nint stream;
        Check(_functions.StreamCreateWithFlags(&stream, NonBlockingStream), "hipStreamCreate", device);
        return stream;
    }

    public override void DestroyStream(int device, nint stream)
    {
        using var scope = Use(device);
        Check(_functions.StreamDestroy(stream), "hipStreamDestroy", device);
    }

    public override void SynchronizeStream(int device, nint stream)
    {
        using var scope = Use(device);
        Check(_functions.StreamSynchronize(stream), "hipStreamSynchronize", device);
    }

    public override bool IsStreamIdle(int device, nint stream)
    {
        using var scope = Use(device);
        var result = _functions.StreamQuery(stream);
        if (result == NotReady)
        {
            _ = _functions.GetLastError();
            return false;
        }

        Check(result, "hipStreamQuery", device);
        return true;
    }

    public override int DeviceOfStream(nint stream)
    {
        int device;
        Check(_functions.StreamGetDevice(stream, &device), "hipStreamGetDevice");
        return device;
    }

    public override nint CreateEvent(int device)
    {
        using var scope = Use(device);
        nint result;
        Check(_functions.EventCreateWithFlags(&result, 0), "hipEventCreate", device);
        return result;
    }

    public override void DestroyEvent(int device, nint @event)
    {
        using var scope = Use(device);
        Check(_functions.EventDestroy(@event), "hipEventDestroy", device);
    }

    public override void RecordEvent(int device, nint @event, nint stream)
    {
        using var scope = Use(device);
        Check(_functions.EventRecord(@event, stream), "hipEventRecord", device);
    }

    public override void WaitForEvent(int device, nint stream, nint @event)
    {
        using var scope = Use(device);
        Check(_functions.StreamWaitEvent(stream, @event, 0), "hipStreamWaitEvent", device);
    }

    public override void SynchronizeEvent(int device, nint @event)
    {
        using var scope = Use(device);
        Check(_functions.EventSynchronize(@event), "hipEventSynchronize", device);
    }

    public override float ElapsedMilliseconds(int device, nint start, nint end)
    {
        using var scope = Use(device);
        float milliseconds;
        Check(_functions.EventElapsedTime(&milliseconds, start, end), "hipEventElapsedTime", device);
        return milliseconds;
    }

    public override void BeginCapture(int device, nint stream)
    {
        using var scope = Use(device);
        Check(_functions.StreamBeginCapture(stream, CaptureThreadLocal), "hipStreamBeginCapture", device);
    }

    public override nint EndCapture(int device, nint stream)
    {
        using var scope = Use(device);
        nint graph, executable;
        Check(_functions.StreamEndCapture(stream, &graph), "hipStreamEndCapture", device);
        var result = _functions.GraphInstantiateWithFlags(&executable, graph, 0);
        _ = _functions.GraphDestroy(graph);
        Check(result, "hipGraphInstantiate", device);
        return executable;
    }

    public override void AbandonCapture(int device, nint stream)
    {
        using var scope = Use(device);
        nint graph;
        if (_functions.StreamEndCapture(stream, &graph) == 0 && graph != 0)
        {
            _ = _functions.GraphDestroy(graph);
        }
    }

    public override void IgnoreCaptures()
    {
        var mode = CaptureRelaxed;
        Check(_functions.ThreadExchangeStreamCaptureMode(&mode), "hipThreadExchangeStreamCaptureMode");
    }

    public override void LaunchGraph(int device, nint graph, nint stream)
    {
        using var scope = Use(device);
        Check(_functions.GraphLaunch(graph, stream), "hipGraphLaunch", device);
    }

    public override void DestroyGraph(int device, nint graph)
    {
        using var scope = Use(device);
        Check(_functions.GraphExecDestroy(graph), "hipGraphExecDestroy", device);
    }
}
