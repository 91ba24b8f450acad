namespace QuickReduce.Devices.Gpu.Cuda;

/// <content>Streams, events and graphs.</content>
internal sealed unsafe partial class CudaDriver
{
    private const int NotReady = 600;
    private const uint NonBlockingStream = 1;
    private const int CaptureThreadLocal = 1;
    private const int CaptureRelaxed = 2;

    public override nint CreateStream(int device)
    {
        using var scope = Use(device);
        nint stream;
        Check(_functions.StreamCreate(&stream, NonBlockingStream), "cuStreamCreate", device);
        return stream;
    }

    public override void DestroyStream(int device, nint stream)
    {
        using var scope = Use(device);
        Check(_functions.StreamDestroy(stream), "cuStreamDestroy", device);
    }

    public override void SynchronizeStream(int device, nint stream)
    {
        using var scope = Use(device);
        Check(_functions.StreamSynchronize(stream), "cuStreamSynchronize", device);
    }

    public override bool IsStreamIdle(int device, nint stream)
    {
        using var scope = Use(device);
        var result = _functions.StreamQuery(stream);
        if (result == NotReady)
        {
            return false;
        }

        Check(result, "cuStreamQuery", device);
        return true;
    }

    public override int DeviceOfStream(nint stream)
    {
        nint context;
        Check(_functions.StreamGetCtx(stream, &context), "cuStreamGetCtx");
        return Array.IndexOf(_contexts, context);
    }

    public override nint CreateEvent(int device)
    {
        using var scope = Use(device);
        nint result;
        Check(_functions.EventCreate(&result, 0), "cuEventCreate", device);
        return result;
    }

    public override void DestroyEvent(int device, nint @event)
    {
        using var scope = Use(device);
        Check(_functions.EventDestroy(@event), "cuEventDestroy", device);
    }

    public override void RecordEvent(int device, nint @event, nint stream)
    {
        using var scope = Use(device);
        Check(_functions.EventRecord(@event, stream), "cuEventRecord", device);
    }

    public override void WaitForEvent(int device, nint stream, nint @event)
    {
        using var scope = Use(device);
        Check(_functions.StreamWaitEvent(stream, @event, 0), "cuStreamWaitEvent", device);
    }

    public override void SynchronizeEvent(int device, nint @event)
    {
        using var scope = Use(device);
        Check(_functions.EventSynchronize(@event), "cuEventSynchronize", device);
    }

    public override float ElapsedMilliseconds(int device, nint start, nint end)
    {
        using var scope = Use(device);
        float milliseconds;
        Check(_functions.EventElapsedTime(&milliseconds, start, end), "cuEventElapsedTime", device);
        return milliseconds;
    }

    public override void BeginCapture(int device, nint stream)
    {
        using var scope = Use(device);
        Check(_functions.StreamBeginCapture(stream, CaptureThreadLocal), "cuStreamBeginCapture", device);
    }

    public override nint EndCapture(int device, nint stream)
    {
        using var scope = Use(device);
        nint graph, executable;
        Check(_functions.StreamEndCapture(stream, &graph), "cuStreamEndCapture", device);
        var result = _functions.GraphInstantiateWithFlags(&executable, graph, 0);
        _ = _functions.GraphDestroy(graph);
        Check(result, "cuGraphInstantiate", device);
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
        Check(_functions.ThreadExchangeStreamCaptureMode(&mode), "cuThreadExchangeStreamCaptureMode");
    }

    public override void LaunchGraph(int device, nint graph, nint stream)
    {
        using var scope = Use(device);
        Check(_functions.GraphLaunch(graph, stream), "cuGraphLaunch", device);
    }

    public override void DestroyGraph(int device, nint graph)
    {
        using var scope = Use(device);
        Check(_functions.GraphExecDestroy(graph), "cuGraphExecDestroy", device);
    }
}
