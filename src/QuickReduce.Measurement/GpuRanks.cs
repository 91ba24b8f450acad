namespace QuickReduce.Measurement;

/// <summary>A group of ranks, each with its stream and, on its device, memory for inputs and outputs.</summary>
internal sealed class GpuRanks : IDisposable
{
    /// <summary>Creates ranks.</summary>
    /// <param name="kernels">The kernels that they run.</param>
    /// <param name="devices">The device of every rank.</param>
    /// <param name="bytes">Bytes of input, and of output, memory of each rank.</param>
    /// <param name="algorithm">The algorithm of every call; null for the one that suits its size.</param>
    /// <param name="timeout">How long a rank waits for another; null for ever.</param>
    /// <param name="libraryDirectory">Where code objects lie; null for beside the application.</param>
    public GpuRanks(KernelSet kernels, IReadOnlyList<GpuDevice> devices, long bytes, AllReduceAlgorithm? algorithm, TimeSpan? timeout = null, string? libraryDirectory = null)
    {
        Group = GpuGroup.Create(kernels, devices.Count, new GpuGroupOptions { Devices = devices, Algorithm = algorithm, Timeout = timeout ?? Timeout.InfiniteTimeSpan, LibraryDirectory = libraryDirectory });
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
    /// <param name="variant">What to call: type, regime and group size.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="inputOffset">Where the inputs begin, in bytes.</param>
    /// <param name="outputOffset">Where the outputs begin.</param>
    /// <param name="inPlace">Whether the inputs are the outputs.</param>
    public void AllReduce(KernelVariant variant, long count, long inputOffset, long outputOffset, bool inPlace = false)
    {
        for (var rank = 0; rank < Count; rank++)
        {
            AllReduce(rank, variant, count, inputOffset, outputOffset, inPlace);
        }
    }

    /// <summary>Enqueues one rank's share of an all-reduce.</summary>
    public void AllReduce(int rank, KernelVariant variant, long count, long inputOffset, long outputOffset, bool inPlace = false)
    {
        var input = Inputs[rank].Handle + (nint)inputOffset;
        var output = inPlace ? input : Outputs[rank].Handle + (nint)outputOffset;
        Group[rank].AllReduce(variant.DataType, input, output, count, variant.Mode, Streams[rank].Handle);
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
    public unsafe void Write(DeviceBuffer<byte>[] memory, int rank, long offset, ReadOnlySpan<byte> bytes)
    {
        var device = memory[rank].Device;
        fixed (byte* source = bytes)
        {
            device.Driver.CopyFromHost(device.Index, memory[rank].Handle + (nint)offset, source, bytes.Length, Streams[rank].Handle);
            Streams[rank].Synchronize();
        }
    }

    /// <summary>Reads a rank's memory, somewhere within it.</summary>
    public unsafe byte[] Read(DeviceBuffer<byte>[] memory, int rank, long offset, int bytes)
    {
        var result = new byte[bytes];
        var device = memory[rank].Device;
        fixed (byte* destination = result)
        {
            device.Driver.CopyToHost(device.Index, destination, memory[rank].Handle + (nint)offset, bytes, Streams[rank].Handle);
            Streams[rank].Synchronize();
        }

        return result;
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
