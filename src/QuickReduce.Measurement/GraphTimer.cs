namespace QuickReduce.Measurement;

/// <summary>Times work on a device: captured several times into a graph, the graph replayed between two events.</summary>
internal static class GraphTimer
{
    /// <summary>Microseconds of one call.</summary>
    /// <param name="origin">The stream that the graph is launched on.</param>
    /// <param name="warmUps">Replays before the first that counts.</param>
    /// <param name="replays">Replays that count.</param>
    /// <param name="calls">Calls in the graph.</param>
    /// <param name="enqueue">Enqueues one call.</param>
    /// <param name="streams">The streams that it enqueues on; <paramref name="origin"/> first.</param>
    public static Statistics Time(GpuStream origin, int warmUps, int replays, int calls, Action enqueue, IReadOnlyList<GpuStream> streams)
    {
        using var graph = GpuGraph.Capture(streams, () =>
        {
            for (var call = 0; call < calls; call++)
            {
                enqueue();
            }
        });
        using var start = origin.Device.CreateEvent();
        using var end = origin.Device.CreateEvent();
        var samples = new double[replays];
        for (var replay = -warmUps; replay < replays; replay++)
        {
            start.Record(origin);
            graph.Launch(origin);
            end.Record(origin);
            end.Synchronize();
            if (replay >= 0)
            {
                samples[replay] = end.Since(start).TotalMicroseconds / calls;
            }
        }

        return Statistics.Of(samples);
    }
}
