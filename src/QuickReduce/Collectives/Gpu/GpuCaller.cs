using QuickReduce.Devices.Gpu;
using QuickReduce.Policy;

namespace QuickReduce.Collectives.Gpu;

/// <summary>
/// One rank's calls, apart from what ranks have to do with each other: checks buffers and streams, finds the kernel, and
/// launches it. Used by one thread at a time.
/// </summary>
/// <param name="rank">The rank.</param>
/// <param name="device">Its device.</param>
/// <param name="index">The how manieth of this process's ranks it is.</param>
/// <param name="choice">Chooses kernels.</param>
/// <param name="policy">The group's decisions.</param>
/// <param name="options">The group's options.</param>
internal sealed class GpuCaller(int rank, GpuDevice device, int index, VariantChoice<GpuKernel> choice, PolicyTable policy, GpuGroupOptions options)
{
    private readonly PointerGuard _guard = new(rank, device, options.PointerChecks);

    /// <summary>The rank.</summary>
    public int Rank => rank;

    /// <summary>Its device.</summary>
    public GpuDevice Device => device;

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

    /// <summary>The kernel of a call.</summary>
    /// <exception cref="VariantNotDeclaredException">The kernel set has none.</exception>
    public GpuKernel Kernel(in RankRequest request)
    {
        if (request.DataType == RankRequest.UnsupportedType || !CallValidation.IsPossible(request))
        {
            throw new VariantNotDeclaredException("Rank " + rank + " cannot all-reduce " + request.Describe() + ": there is no such kernel. "
                + "Elements are System.Half, QuickReduce.BFloat16 or float, and regimes those of QuantRegime; float travels in full precision only.");
        }

        try
        {
            return choice.Kernel(request);
        }
        catch (VariantNotDeclaredException exception)
        {
            throw new VariantNotDeclaredException("Rank " + rank + " cannot all-reduce: " + exception.Message);
        }
    }

    /// <summary>Launches a call's kernel: several times where the message is longer than what goes at once.</summary>
    /// <param name="kernel">The kernel.</param>
    /// <param name="request">What the call asks for.</param>
    /// <param name="memory">Start of the rank's workspaces.</param>
    /// <param name="stream">The stream.</param>
    /// <exception cref="GpuException">The driver refuses it.</exception>
    public void Launch(GpuKernel kernel, in RankRequest request, nint memory, nint stream)
    {
        var chunk = (nint)kernel.Geometry.ElementsWithin(policy.MaxBytes);
        for (nint done = 0; done < request.InputLength; done += chunk)
        {
            Launch(kernel, request, done, nint.Min(chunk, request.InputLength - done), memory, stream);
        }
    }

    private unsafe void Launch(GpuKernel kernel, in RankRequest request, nint from, nint count, nint memory, nint stream)
    {
        var blocks = kernel.Blocks(count);
        kernel.Remember(count, blocks);
        var arguments = new AllReduceArguments
        {
            Input = (nint)request.Input + from * request.ElementBytes,
            Output = (nint)request.Output + from * request.ElementBytes,
            Workspace = memory + (nint)kernel.WorkspaceOffset,
            ElementCount = (ulong)count,
            Rank = (uint)rank,
            BlockCount = (uint)blocks,
        };
        var parameters = (void*)&arguments;
        device.Driver.Launch(device.Index, kernel.Function(index), blocks, kernel.Variant.BlockSize, stream, &parameters, options.CooperativeLaunch);
    }

    private unsafe RankRequest Request(DataType dataType, int elementBytes, nint input, nint output, long count, AllReduceMode? mode) => new()
    {
        Input = (byte*)input,
        Output = (byte*)output,
        InputLength = (nint)count,
        OutputLength = (nint)count,
        DataType = dataType,
        Mode = mode ?? policy.Mode(dataType, count * elementBytes),
        IsByPolicy = mode is null,
        ElementBytes = elementBytes,
    };

    private InvalidBufferException BadBuffer(string what, string remedy) =>
        new(rank, "Rank " + rank + " cannot all-reduce: " + what + ". " + remedy);
}
