namespace QuickReduce.Gpu.Tests.Worker;

/// <summary>A rank's stream and memory, and messages that every process can work out for itself.</summary>
internal sealed class RankBuffers : IDisposable
{
    public RankBuffers(GpuDevice device, int length)
    {
        Stream = device.CreateStream();
        Input = device.Allocate<Half>(length);
        Output = device.Allocate<Half>(length);
    }

    public GpuStream Stream { get; }

    public DeviceBuffer<Half> Input { get; }

    public DeviceBuffer<Half> Output { get; }

    /// <summary>A rank's elements in a call.</summary>
    public static Half[] Message(int call, int rank, int length)
    {
        var random = new Random(call * 31 + rank);
        return [.. Enumerable.Range(0, length).Select(_ => (Half)MathF.ScaleB(random.NextSingle() - 0.5f, random.Next(-9, 9)))];
    }

    /// <summary>What the managed backend makes of a call.</summary>
    public static Half[] Expected(AllReduceGroup group, QuantRegime regime, int call, int length)
    {
        var messages = Enumerable.Range(0, group.WorldSize).Select(rank => Message(call, rank, length)).ToArray();
        group.AllReduce<Half>(regime, [.. messages.Select(static message => (ReadOnlyMemory<Half>)message)], [.. messages.Select(static message => (Memory<Half>)message)]);
        return messages[0];
    }

    public void Dispose()
    {
        Stream.Dispose();
        Input.Dispose();
        Output.Dispose();
    }
}
