namespace QuickReduce.Gpu;

/// <summary>A group of ranks, each with its stream and, on its device, memory for inputs and outputs.</summary>
internal sealed class VirtualRanks : IDisposable
{
    /// <summary>Creates ranks.</summary>
    /// <param name="devices">The device of every rank.</param>
    /// <param name="bytes">Bytes of input, and of output, memory of each rank.</param>
    /// <param name="maxBlocks">Most blocks of a rank; 0 for what suits the device.</param>
    public VirtualRanks(IReadOnlyList<GpuDevice> devices, long bytes, int maxBlocks = 0)
    {
        Group = GpuGroup.Create(GpuKernels.Kernels, devices.Count, new GpuGroupOptions { Devices = devices, MaxBlocks = maxBlocks });
        Streams = [.. devices.Select(static device => device.CreateStream())];
        Inputs = [.. devices.Select(device => device.Allocate<byte>(bytes))];
        Outputs = [.. devices.Select(device => device.Allocate<byte>(bytes))];
    }

    public GpuGroup Group { get; }

    public GpuStream[] Streams { get; }

    public DeviceBuffer<byte>[] Inputs { get; }

    public DeviceBuffer<byte>[] Outputs { get; }

    public int Count => Streams.Length;

    /// <summary>Enqueues one all-reduce on every rank.</summary>
    /// <param name="inputOffset">Where the inputs begin, in bytes.</param>
    /// <param name="outputOffset">Where the outputs begin.</param>
    /// <param name="inPlace">Whether the inputs are the outputs.</param>
    public void AllReduce(DataType type, QuantRegime regime, long count, long inputOffset, long outputOffset, bool inPlace = false)
    {
        for (var rank = 0; rank < Count; rank++)
        {
            var input = Inputs[rank].Handle + (nint)inputOffset;
            Group[rank].AllReduce(type, input, inPlace ? input : Outputs[rank].Handle + (nint)outputOffset, count, regime, Streams[rank].Handle);
        }
    }

    /// <summary>Waits for all streams.</summary>
    public void Synchronize()
    {
        foreach (var stream in Streams)
        {
            stream.Synchronize();
        }
    }

    /// <summary>Writes to a rank's memory, somewhere within it.</summary>
    public unsafe void Write(DeviceBuffer<byte>[] memory, int rank, long offset, ReadOnlySpan<ushort> elements)
    {
        var device = memory[rank].Device;
        fixed (ushort* source = elements)
        {
            device.Driver.CopyFromHost(device.Index, memory[rank].Handle + (nint)offset, source, elements.Length * sizeof(ushort), Streams[rank].Handle);
            Streams[rank].Synchronize();
        }
    }

    /// <summary>Reads a rank's memory, somewhere within it.</summary>
    public unsafe ushort[] Read(DeviceBuffer<byte>[] memory, int rank, long offset, int count)
    {
        var elements = new ushort[count];
        var device = memory[rank].Device;
        fixed (ushort* destination = elements)
        {
            device.Driver.CopyToHost(device.Index, destination, memory[rank].Handle + (nint)offset, count * sizeof(ushort), Streams[rank].Handle);
            Streams[rank].Synchronize();
        }

        return elements;
    }

    public void Dispose()
    {
        Group.Dispose();
        foreach (var resource in Streams.AsEnumerable<GpuResource>().Concat(Inputs).Concat(Outputs))
        {
            resource.Dispose();
        }
    }
}
