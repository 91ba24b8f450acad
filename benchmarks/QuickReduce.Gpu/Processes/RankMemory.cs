namespace QuickReduce.Gpu.Processes;

/// <summary>A rank's stream, and memory for its inputs and outputs.</summary>
internal sealed unsafe class RankMemory : IDisposable
{
    public RankMemory(GpuDevice device, long bytes)
    {
        Stream = device.CreateStream();
        Input = device.Allocate<byte>(bytes);
        Output = device.Allocate<byte>(bytes);
    }

    public GpuStream Stream { get; }

    public DeviceBuffer<byte> Input { get; }

    public DeviceBuffer<byte> Output { get; }

    public static void Write(DeviceBuffer<byte> memory, long offset, ReadOnlySpan<byte> bytes, GpuStream stream)
    {
        fixed (byte* source = bytes)
        {
            memory.Device.Driver.CopyFromHost(memory.Device.Index, memory.Handle + (nint)offset, source, bytes.Length, stream.Handle);
            stream.Synchronize();
        }
    }

    public static byte[] Read(DeviceBuffer<byte> memory, long offset, int bytes, GpuStream stream)
    {
        var result = new byte[bytes];
        fixed (byte* destination = result)
        {
            memory.Device.Driver.CopyToHost(memory.Device.Index, destination, memory.Handle + (nint)offset, bytes, stream.Handle);
            stream.Synchronize();
        }

        return result;
    }

    public void Dispose()
    {
        Stream.Dispose();
        Input.Dispose();
        Output.Dispose();
    }
}
