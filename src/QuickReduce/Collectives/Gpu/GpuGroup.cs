using QuickReduce.Collectives;
using QuickReduce.Collectives.Gpu;
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
    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly GpuDevice[] _devices;
    private readonly PolicyTable _policy;
    private readonly GpuKernels _kernels;
    private readonly GpuWorkspaces _workspaces;
    private readonly GpuCaller[] _callers;
    private readonly nint[] _lastStream;
    private readonly CallLedger _ledger;
    private readonly Timer? _watchdog;
    private readonly TimeSpan _timeout;
    private readonly bool _sharesDevices;
    private Task _release = Task.CompletedTask;
    private volatile CallFailure? _failure;
    private volatile bool _disposed;

    private GpuGroup(KernelSet kernelSet, GpuDevice[] devices, GpuGroupOptions options)
    {
        Kernels = kernelSet;
        _devices = devices;
        _timeout = options.Timeout;
        _sharesDevices = devices.Distinct().Count() < devices.Length;
        _lastStream = new nint[devices.Length];
        _ledger = new CallLedger(devices.Length);
        _policy = options.Prepare(kernelSet, devices.Length, devices[0].Kind, devices);
        _kernels = GpuKernels.Load(kernelSet, devices.Length, devices, device => devices.Count(other => ReferenceEquals(other, device)), _policy, options);
        _callers = [.. devices.Select((device, rank) => new GpuCaller(rank, rank, device, rank, _kernels.Choice(), _policy, options))];
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

    /// <summary>The code objects that the group runs, and where each comes from.</summary>
    public IReadOnlyList<LoadedCode> LoadedCode => _kernels.LoadedCode;

    /// <inheritdoc cref="AllReduceGroup.Explain"/>
    public PolicyDecision Explain(DataType dataType, long elementCount) => _policy.Explain(dataType, elementCount);

    /// <summary>Enqueues one rank's share of an all-reduce of buffers; without a mode, as the policy chooses.</summary>
    internal void AllReduce<T>(int rank, DeviceBuffer<T> input, DeviceBuffer<T> output, AllReduceMode? mode, GpuStream stream)
        where T : unmanaged => Enqueue(_callers[rank], _callers[rank].Request(input, output, mode, stream), stream.Handle);

    /// <summary>Enqueues one rank's share of an all-reduce of someone else's memory; without a mode, as the policy chooses.</summary>
    internal void AllReduce(int rank, DataType dataType, nint input, nint output, long count, AllReduceMode? mode, nint stream) =>
        Enqueue(_callers[rank], _callers[rank].Request(dataType, input, output, count, mode, stream), stream);

    private void Enqueue(GpuCaller caller, in RankRequest request, nint stream)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var rank = caller.Rank;
        var kernel = caller.Kernel(request);
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
            caller.Launch(kernel, request, _workspaces[rank], stream);
        }
        catch (GpuException exception)
        {
            FailLaunch(rank, exception);
            throw;
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
