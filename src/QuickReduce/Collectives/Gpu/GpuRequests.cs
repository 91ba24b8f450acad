using QuickReduce.Policy;

namespace QuickReduce.Collectives.Gpu;

/// <summary>Checks the buffers and streams of one rank's calls. Used by one thread at a time.</summary>
/// <param name="rank">The rank, as callers know it.</param>
/// <param name="device">Its device.</param>
/// <param name="checks">When raw pointers and streams are looked up with the driver.</param>
/// <param name="policy">The group's decisions; null where every call names a mode.</param>
internal sealed class GpuRequests(int rank, GpuDevice device, PointerChecks checks, PolicyTable? policy)
{
    private readonly PointerGuard _guard = new(rank, device, checks);

    /// <summary>What a call with buffers asks for; without a mode, as the policy chooses.</summary>
    /// <exception cref="InvalidBufferException">A buffer is another device's, or lengths differ.</exception>
    /// <exception cref="GpuException">The stream is another device's.</exception>
    public unsafe RankRequest Request<T>(DeviceBuffer<T> input, DeviceBuffer<T> output, AllReduceMode? mode, GpuStream stream)
        where T : unmanaged
    {
        if (!ReferenceEquals(input.Device, device) || !ReferenceEquals(output.Device, device))
        {
            throw BadBuffer("its " + (ReferenceEquals(input.Device, device) ? "output is on " + output.Device : "input is on " + input.Device) + ", and the rank on " + device, "Pass buffers of the rank's device.");
        }

        if (!ReferenceEquals(stream.Device, device))
        {
            throw new GpuException(GpuProblem.InvalidStream, "Rank " + rank + " cannot all-reduce: its stream belongs to " + stream.Device + ", the rank to " + device + ". Pass a stream of the rank's device.");
        }

        if (input.Length != output.Length)
        {
            throw BadBuffer("its input has " + input.Length + " elements and its output " + output.Length, "Pass buffers of one length.");
        }

        return Request(RankRequest.TypeOf<T>(), sizeof(T), input.Handle, output.Handle, input.Length, mode);
    }

    /// <summary>What a call with someone else's memory asks for; without a mode, as the policy chooses.</summary>
    /// <exception cref="InvalidBufferException">A pointer is not aligned, is not this device's memory, or the buffers overlap.</exception>
    /// <exception cref="GpuException">The stream is another device's.</exception>
    public RankRequest Request(DataType dataType, nint input, nint output, long count, AllReduceMode? mode, nint stream)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var isKnown = dataType is >= DataType.Float16 and <= DataType.Float32;
        var request = Request(isKnown ? dataType : RankRequest.UnsupportedType, WireFormat.SizeOf(dataType), input, output, count, mode);
        if (((input | output) & (request.ElementBytes - 1)) != 0)
        {
            throw BadBuffer("a buffer is not aligned to its elements", "Elements must lie at addresses divisible by their size, " + request.ElementBytes + " bytes.");
        }

        var bytes = (nint)count * request.ElementBytes;
        if (input != output && input < output + bytes && output < input + bytes)
        {
            throw BadBuffer("its output overlaps its input without being the same", "Pass the same memory for both (in place) or memory that does not overlap.");
        }

        _guard.RequireOnDevice(input, bytes, "input");
        _guard.RequireOnDevice(output, bytes, "output");
        _guard.RequireStream(stream);
        return request;
    }

    private unsafe RankRequest Request(DataType dataType, int elementBytes, nint input, nint output, long count, AllReduceMode? mode) => new()
    {
        Input = (byte*)input,
        Output = (byte*)output,
        InputLength = (nint)count,
        OutputLength = (nint)count,
        DataType = dataType,
        Mode = mode ?? policy!.Mode(dataType, count * elementBytes),
        IsByPolicy = mode is null,
        ElementBytes = elementBytes,
    };

    private InvalidBufferException BadBuffer(string what, string remedy) =>
        new(rank, "Rank " + rank + " cannot all-reduce: " + what + ". " + remedy);
}
