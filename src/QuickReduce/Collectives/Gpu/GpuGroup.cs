using QuickReduce.Collectives;
using QuickReduce.Collectives.Gpu;
using QuickReduce.Devices.Gpu;
using QuickReduce.Policy;

namespace QuickReduce;

/// <summary>
/// Ranks within this process that all-reduce device memory among themselves: one on each GPU, or several on one
/// ("virtual ranks").
/// </summary>
/// <remarks>
/// <para>Thread-safe as far as ranks go: every rank from one thread at a time; one thread may drive all. Calls enqueue
/// one kernel on the rank's stream, allocate nothing, and wait for nothing. The count of calls that the kernels compare
/// lives in device memory, so calls can be captured into a graph and replayed.</para>
/// <para>A call that cannot work throws before it is launched. Where one rank's call then stays out for good, or is a
/// different one than the others made, the group fails: kernels that wait for it are released (what they write is
/// undefined), every further call throws, and <see cref="Reset"/> makes the group usable again. Graph replays are not
/// seen by this account; <see cref="Synchronize"/> with a time limit covers them.</para>
/// </remarks>
public sealed partial class GpuGroup : IDisposable
{
    // How long kernels may go on by themselves before they are told not to wait, and then may take to end.
    private static readonly TimeSpan GraceTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly GpuDevice[] _devices;
    private readonly GpuDriver _driver;
    private readonly PolicyTable _policy;
    private readonly GpuKernels _kernels;
    private readonly GpuWorkspaces _workspaces;
    private readonly PointerGuard[] _guards;
    private readonly VariantChoice<GpuKernel>[] _choices;
    private readonly nint[] _lastStream;
    private readonly CallLedger _ledger;
    private readonly Timer? _watchdog;
    private readonly TimeSpan _timeout;
    private readonly bool _cooperativeLaunch;
    private readonly bool _sharesDevices;
    private Task _release = Task.CompletedTask;
    private volatile CallFailure? _failure;
    private volatile bool _disposed;

    private GpuGroup(KernelSet kernelSet, GpuDevice[] devices, GpuGroupOptions options)
    {
        Kernels = kernelSet;
        _devices = devices;
        _driver = devices[0].Driver;
        _timeout = options.Timeout;
        _cooperativeLaunch = options.CooperativeLaunch;
        _sharesDevices = devices.Distinct().Count() < devices.Length;
        _guards = [.. devices.Select((device, rank) => new PointerGuard(rank, device, options.PointerChecks))];
        _lastStream = new nint[devices.Length];
        _ledger = new CallLedger(devices.Length);
        _policy = options.Prepare(kernelSet, devices);
        _kernels = GpuKernels.Load(kernelSet, devices, _policy, options);
        _choices = [.. devices.Select(_ => new VariantChoice<GpuKernel>(kernelSet, devices.Length, _policy, _kernels.Of))];
        try
        {
            _workspaces = new GpuWorkspaces(devices, _kernels.All);
        }
        catch
        {
            _kernels.Dispose();
            throw;
        }

        if (_timeout != Timeout.InfiniteTimeSpan)
        {
            var period = TimeSpan.FromMilliseconds(double.Clamp(_timeout.TotalMilliseconds / 4, 1, 1000));
            _watchdog = new Timer(static group => ((GpuGroup)group!).LookForOverdueRanks(), this, period, period);
        }
    }

    /// <summary>Number of ranks.</summary>
    public int WorldSize => _devices.Length;

    /// <summary>The device of every rank, rank 0 first.</summary>
    public IReadOnlyList<GpuDevice> Devices => _devices;

    /// <summary>The kernels that the group can run.</summary>
    public KernelSet Kernels { get; }

    /// <summary>Bytes of device memory that the group keeps for every rank.</summary>
    public long WorkspaceBytesPerRank => _workspaces.BytesPerRank;

    /// <summary>A rank of the group.</summary>
    /// <param name="rank">Its number, from 0 to <see cref="WorldSize"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such rank.</exception>
    public GpuRank this[int rank] => (uint)rank < (uint)WorldSize
        ? new GpuRank(this, rank)
        : throw new ArgumentOutOfRangeException(nameof(rank), rank, "This group of " + Kernels.Name + " has ranks 0 to " + (WorldSize - 1) + ".");

    /// <summary>The variants that calls can choose, and the most blocks of a rank that each runs with.</summary>
    public IEnumerable<(KernelVariant Variant, int MaxBlocks)> LoadedVariants => _kernels.All.Select(static kernel => (kernel.Variant, kernel.MaxBlocks));

    /// <inheritdoc cref="AllReduceGroup.Explain"/>
    public PolicyDecision Explain(DataType dataType, long elementCount) => _policy.Explain(dataType, elementCount);

    /// <summary>Enqueues one rank's share of an all-reduce of buffers; without a mode, as the policy chooses.</summary>
    internal unsafe void AllReduce<T>(int rank, DeviceBuffer<T> input, DeviceBuffer<T> output, AllReduceMode? mode, GpuStream stream)
        where T : unmanaged
    {
        var device = _devices[rank];
        if (!ReferenceEquals(input.Device, device) || !ReferenceEquals(output.Device, device))
        {
            throw BadBuffer(rank, "its " + (ReferenceEquals(input.Device, device) ? "output is on " + output.Device : "input is on " + input.Device) + ", and the rank on " + device, "Pass buffers of the rank's device.");
        }

        if (!ReferenceEquals(stream.Device, device))
        {
            throw new GpuException(GpuProblem.InvalidStream, "Rank " + rank + " cannot all-reduce: its stream belongs to " + stream.Device + ", the rank to " + device + ". Pass a stream of the rank's device.");
        }

        if (input.Length != output.Length)
        {
            throw BadBuffer(rank, "its input has " + input.Length + " elements and its output " + output.Length, "Pass buffers of one length.");
        }

        Enqueue(rank, Request(RankRequest.TypeOf<T>(), sizeof(T), input.Handle, output.Handle, input.Length, mode), stream.Handle);
    }

    /// <summary>Enqueues one rank's share of an all-reduce of someone else's memory; without a mode, as the policy chooses.</summary>
    internal void AllReduce(int rank, DataType dataType, nint input, nint output, long count, AllReduceMode? mode, nint stream)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var isKnown = dataType is >= DataType.Float16 and <= DataType.Float32;
        var request = Request(isKnown ? dataType : RankRequest.UnsupportedType, WireFormat.SizeOf(dataType), input, output, count, mode);
        if (((input | output) & (request.ElementBytes - 1)) != 0)
        {
            throw BadBuffer(rank, "a buffer is not aligned to its elements", "Elements must lie at addresses divisible by their size, " + request.ElementBytes + " bytes.");
        }

        var bytes = (nint)count * request.ElementBytes;
        if (input != output && input < output + bytes && output < input + bytes)
        {
            throw BadBuffer(rank, "its output overlaps its input without being the same", "Pass the same memory for both (in place) or memory that does not overlap.");
        }

        _guards[rank].RequireOnDevice(input, bytes, "input");
        _guards[rank].RequireOnDevice(output, bytes, "output");
        _guards[rank].RequireStream(stream);
        Enqueue(rank, request, stream);
    }

    private unsafe RankRequest Request(DataType dataType, int elementBytes, nint input, nint output, long count, AllReduceMode? mode) => new()
    {
        Input = (byte*)input,
        Output = (byte*)output,
        InputLength = (nint)count,
        OutputLength = (nint)count,
        DataType = dataType,
        Mode = mode ?? _policy.Mode(dataType, count * elementBytes),
        IsByPolicy = mode is null,
        ElementBytes = elementBytes,
    };

    private static InvalidBufferException BadBuffer(int rank, string what, string remedy) =>
        new(rank, "Rank " + rank + " cannot all-reduce: " + what + ". " + remedy);

    private void Enqueue(int rank, in RankRequest request, nint stream)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var kernel = Kernel(rank, request);
        if (_failure is { } failure)
        {
            throw failure.For(rank);
        }

        if (_sharesDevices)
        {
            RequireStreamOfItsOwn(rank, stream);
        }

        var count = request.InputLength;
        if (!_ledger.Enter(rank, kernel.Index, count, out var first))
        {
            throw FailMismatch(rank, kernel, count, first);
        }

        try
        {
            var chunk = (nint)kernel.Geometry.ElementsWithin(_policy.MaxBytes);
            for (nint done = 0; done < count; done += chunk)
            {
                Launch(rank, kernel, request, done, nint.Min(chunk, count - done), stream);
            }
        }
        catch (GpuException exception)
        {
            FailLaunch(rank, exception);
            throw;
        }
    }

    private unsafe void Launch(int rank, GpuKernel kernel, in RankRequest request, nint from, nint count, nint stream)
    {
        var blocks = kernel.Blocks(count);
        kernel.Remember(blocks);
        var arguments = new AllReduceArguments
        {
            Input = (nint)request.Input + from * request.ElementBytes,
            Output = (nint)request.Output + from * request.ElementBytes,
            Workspace = _workspaces[rank] + (nint)kernel.WorkspaceOffset,
            ElementCount = (ulong)count,
            Rank = (uint)rank,
            BlockCount = (uint)blocks,
        };
        var parameters = (void*)&arguments;
        _driver.Launch(_devices[rank].Index, kernel.Function(rank), blocks, kernel.Variant.BlockSize, stream, &parameters, _cooperativeLaunch);
    }

    private GpuKernel Kernel(int rank, in RankRequest request)
    {
        if (request.DataType == RankRequest.UnsupportedType || !CallValidation.IsPossible(request))
        {
            throw new VariantNotDeclaredException("Rank " + rank + " cannot all-reduce " + request.Describe() + ": there is no such kernel. "
                + "Elements are System.Half, QuickReduce.BFloat16 or float, and regimes those of QuantRegime; float travels in full precision only.");
        }

        try
        {
            return _choices[rank].Kernel(request);
        }
        catch (VariantNotDeclaredException exception)
        {
            throw new VariantNotDeclaredException("Rank " + rank + " cannot all-reduce: " + exception.Message);
        }
    }

    // Two ranks' kernels on one stream run one after the other, and the first waits for the second.
    private void RequireStreamOfItsOwn(int rank, nint stream)
    {
        for (var other = 0; other < _devices.Length; other++)
        {
            if (other != rank && ReferenceEquals(_devices[other], _devices[rank]) && (stream == 0 || Volatile.Read(ref _lastStream[other]) == stream))
            {
                throw new GpuException(
                    GpuProblem.InvalidStream,
                    "Rank " + rank + " cannot all-reduce on " + (stream == 0 ? "the default stream" : "the stream of rank " + other) + ": it shares " + _devices[rank] + " with rank " + other
                        + ", and their kernels have to run at the same time. Give every rank a stream of its own.");
            }
        }

        Volatile.Write(ref _lastStream[rank], stream);
    }
}
