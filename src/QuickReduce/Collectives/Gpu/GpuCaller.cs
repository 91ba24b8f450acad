using QuickReduce.Policy;

namespace QuickReduce.Collectives.Gpu;

/// <summary>
/// One rank's calls, apart from what ranks have to do with each other: checks buffers and streams, finds the kernel, and
/// launches it. Used by one thread at a time.
/// </summary>
/// <param name="rank">The rank.</param>
/// <param name="number">By which number callers know it.</param>
/// <param name="device">Its device.</param>
/// <param name="index">The how manieth of this process's ranks it is.</param>
/// <param name="choice">Chooses kernels.</param>
/// <param name="policy">The group's decisions.</param>
/// <param name="options">The group's options.</param>
internal sealed class GpuCaller(int rank, int number, GpuDevice device, int index, VariantChoice<GpuKernel> choice, PolicyTable policy, GpuGroupOptions options)
{
    private readonly GpuRequests _requests = new(number, device, options.PointerChecks, policy);

    /// <summary>The rank.</summary>
    public int Rank => rank;

    /// <summary>Its device.</summary>
    public GpuDevice Device => device;

    /// <inheritdoc cref="GpuRequests.Request{T}"/>
    public RankRequest Request<T>(DeviceBuffer<T> input, DeviceBuffer<T> output, AllReduceMode? mode, GpuStream stream)
        where T : unmanaged => _requests.Request(input, output, mode, stream);

    /// <inheritdoc cref="GpuRequests.Request(DataType, nint, nint, long, AllReduceMode?, nint)"/>
    public RankRequest Request(DataType dataType, nint input, nint output, long count, AllReduceMode? mode, nint stream) =>
        _requests.Request(dataType, input, output, count, mode, stream);

    /// <summary>The kernel of a call.</summary>
    /// <exception cref="VariantNotDeclaredException">The kernel set has none.</exception>
    public GpuKernel Kernel(in RankRequest request)
    {
        if (request.DataType == RankRequest.UnsupportedType || !CallValidation.IsPossible(request))
        {
            throw new VariantNotDeclaredException("Rank " + number + " cannot all-reduce " + request.Describe() + ": there is no such kernel. "
                + "Elements are System.Half, QuickReduce.BFloat16 or float, and regimes those of QuantRegime; float travels in full precision only.");
        }

        try
        {
            return choice.Kernel(request);
        }
        catch (VariantNotDeclaredException exception)
        {
            throw new VariantNotDeclaredException("Rank " + number + " cannot all-reduce: " + exception.Message);
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
        var chunk = kernel.ElementsAtOnce;
        for (nint done = 0; done < request.InputLength; done += chunk)
        {
            Launch(kernel, request, done, nint.Min(chunk, request.InputLength - done), memory, stream);
        }
    }

    private unsafe void Launch(GpuKernel kernel, in RankRequest request, nint from, nint count, nint memory, nint stream)
    {
        var blocks = kernel.BlocksToLaunch(count);
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
        device.Driver.Launch(device.Index, kernel.Function(index), blocks, kernel.ThreadsPerBlock, stream, &parameters, options.CooperativeLaunch);
    }
}
