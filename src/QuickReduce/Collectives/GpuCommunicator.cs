using Microsoft.Extensions.Logging;
using QuickReduce.Collectives;
using QuickReduce.Collectives.Gpu;
using QuickReduce.Collectives.Processes;
using QuickReduce.Rendezvous;

namespace QuickReduce;

/// <summary>
/// This process's rank in a group with one process per rank over device memory: what
/// <see cref="JoinAsync(KernelSet, RankEnvironment, JoinOptions, CancellationToken)"/> gives once all have met.
/// </summary>
/// <remarks>
/// <para>For one thread at a time, apart from <see cref="Synchronize"/>, <see cref="ThrowIfOver"/>, <see cref="Abort"/> and
/// <see cref="Dispose"/>, which any thread may call. Calls enqueue one kernel on a stream, allocate nothing and wait for
/// nothing, unless the rank is 256 calls ahead of another one. The count of calls that the kernels compare lives in device
/// memory, so calls can be captured into a graph and replayed.</para>
/// <para>A rank whose process ends, which leaves, does not call in time or calls something else, and <see cref="Abort"/>,
/// end the group: kernels that wait are released by their own process, what they write is undefined, and every rank gets a
/// <see cref="QuickReduceException"/> from its next call, <see cref="Synchronize"/> or <see cref="ThrowIfOver"/>. Ask one of
/// these before you trust what a stream has computed. The device, the stream and the process are as good as before:
/// dispose, and join again. <c>docs/processes.md</c> has all cases.</para>
/// </remarks>
public sealed class GpuCommunicator : IDisposable
{
    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(30);

    private readonly Lock _ending = new();
    private readonly GpuMember _member;
    private readonly GpuWatch _watch;
    private readonly TimeSpan _timeout;
    private readonly Action _throwIfOver;
    private readonly ILogger _logger;
    private int _busy;
    private volatile bool _closing;
    private bool _disposed;

    internal GpuCommunicator(GpuMember member, TimeSpan timeout, ILogger logger)
    {
        _member = member;
        _logger = logger;
        _timeout = timeout;
        _throwIfOver = ThrowIfUnusable;
        _watch = new GpuWatch(member, timeout, ReleaseTimeout, logger);
    }

    /// <summary>This process's rank, from 0.</summary>
    public int Rank => _member.Rank;

    /// <summary>Number of ranks.</summary>
    public int WorldSize => _member.WorldSize;

    /// <summary>The device that this rank's memory is on.</summary>
    public GpuDevice Device => _member.Device;

    /// <summary>Ranks that share the device, this one among them: 1 where each has one of its own.</summary>
    public int RanksOnDevice => _member.RanksOnDevice;

    /// <summary>The kernels that the group can run; those of the direct algorithm are left out.</summary>
    public KernelSet Kernels => _member.KernelSet;

    /// <summary>Bytes of device memory that the group keeps for this rank.</summary>
    public long WorkspaceBytes => _member.Workspace.Bytes;

    /// <summary>The variants that calls can choose, and the most blocks of a rank that each runs with.</summary>
    public IEnumerable<(KernelVariant Variant, int MaxBlocks)> LoadedVariants => _member.Kernels.All.Select(static kernel => (kernel.Variant, kernel.MaxBlocks));

    /// <summary>Waits until all ranks of the job have come, and forms a group of them over device memory.</summary>
    /// <param name="kernels">The kernels to run; the same on all ranks.</param>
    /// <param name="environment">Which rank this process is: <see cref="RankEnvironment.FromEnvironment"/>.</param>
    /// <param name="options">
    /// Options; null for the defaults. The device is the one of <see cref="JoinOptions.Gpu"/>, or else that of
    /// <see cref="RankEnvironment.LocalRank"/> among the devices visible to the process; where ranks outnumber devices,
    /// they share them in turn.
    /// </param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="VariantNotDeclaredException">
    /// No variant has this number of ranks, or only the direct algorithm is asked for, which reads other ranks' buffers
    /// where they lie and cannot do so between processes.
    /// </exception>
    /// <exception cref="GpuException">This rank has no device, or it cannot run the kernels or share its memory.</exception>
    /// <exception cref="NativeLibraryException">A code object is missing or stale, or the device refuses it.</exception>
    /// <exception cref="RendezvousException">The ranks cannot form a group, or did not in time.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public static Task<GpuCommunicator> JoinAsync(KernelSet kernels, RankEnvironment environment, JoinOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        ArgumentNullException.ThrowIfNull(environment);
        options ??= new JoinOptions();
        var candidate = GpuFormation.Validate(kernels, environment, options);

        // On a thread of its own, since most of it blocks.
        return Task.Factory.StartNew(
            () => GpuFormation.JoinAsync(candidate, environment, options, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
    }

    /// <summary>The same for a job that must have a certain number of ranks. Generated code calls it.</summary>
    /// <param name="kernels">The kernels to run; the same on all ranks.</param>
    /// <param name="worldSize">The number of ranks that the job must have.</param>
    /// <param name="environment">Which rank this process is.</param>
    /// <param name="options">Options; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <inheritdoc cref="JoinAsync(KernelSet, RankEnvironment, JoinOptions, CancellationToken)" path="/exception"/>
    public static Task<GpuCommunicator> JoinAsync(KernelSet kernels, int worldSize, RankEnvironment environment, JoinOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(environment);
        environment.RequireWorldSize(worldSize);
        return JoinAsync(kernels, environment, options, cancellationToken);
    }

    /// <summary>
    /// Enqueues an all-reduce: the ranks' inputs are summed element by element, and every rank gets the same sum, bit for
    /// bit. All ranks make the same calls in the same order; returns at once.
    /// </summary>
    /// <typeparam name="T"><see cref="Half"/>, <see cref="BFloat16"/> or <see cref="float"/>.</typeparam>
    /// <param name="input">This rank's summand; any length.</param>
    /// <param name="output">Where the sum goes: as long as <paramref name="input"/>, or the very same buffer.</param>
    /// <param name="mode">How elements travel between ranks: a regime, or a regime and a group size.</param>
    /// <param name="stream">
    /// A stream of this rank's device, which may be capturing. Calls are to be ordered: one stream, or several that wait for
    /// each other.
    /// </param>
    /// <exception cref="InvalidBufferException">A buffer is another device's, or lengths differ. The group goes on.</exception>
    /// <exception cref="VariantNotDeclaredException">The kernel set has no such variant. The group goes on.</exception>
    /// <exception cref="ConcurrentCallException">Another thread is in a call.</exception>
    /// <exception cref="RankMismatchException">Another rank has called something else.</exception>
    /// <exception cref="RankTimeoutException">A rank did not call in time, in this or an earlier all-reduce.</exception>
    /// <exception cref="RankFailedException">The process of a rank has ended, or a rank has left.</exception>
    /// <exception cref="GroupAbortedException">A rank has aborted the group.</exception>
    /// <exception cref="GpuException">The stream cannot be used, or the driver refuses the launch.</exception>
    /// <exception cref="ObjectDisposedException">The communicator, a buffer or the stream is disposed.</exception>
    public void AllReduce<T>(DeviceBuffer<T> input, DeviceBuffer<T> output, AllReduceMode mode, GpuStream stream)
        where T : unmanaged => Enqueue(input, output, mode, stream);

    /// <summary>The same in the regime that the group's policy chooses: <see cref="GpuGroupOptions.Policy"/>, <see cref="Explain"/>.</summary>
    /// <inheritdoc cref="AllReduce{T}(DeviceBuffer{T}, DeviceBuffer{T}, AllReduceMode, GpuStream)"/>
    public void AllReduce<T>(DeviceBuffer<T> input, DeviceBuffer<T> output, GpuStream stream)
        where T : unmanaged => Enqueue(input, output, mode: null, stream);

    /// <summary>Enqueues an all-reduce in place: the buffer becomes the sum of all ranks' buffers.</summary>
    /// <inheritdoc cref="AllReduce{T}(DeviceBuffer{T}, DeviceBuffer{T}, AllReduceMode, GpuStream)"/>
    /// <param name="buffer">This rank's summand, then the sum.</param>
    /// <param name="mode">How elements travel between ranks: a regime, or a regime and a group size.</param>
    /// <param name="stream">A stream of this rank's device.</param>
    public void AllReduce<T>(DeviceBuffer<T> buffer, AllReduceMode mode, GpuStream stream)
        where T : unmanaged => AllReduce(buffer, buffer, mode, stream);

    /// <summary>
    /// Enqueues an all-reduce of memory that belongs to someone else: a tensor of PyTorch, of ONNX Runtime, of the vendor's
    /// libraries. Otherwise like
    /// <see cref="AllReduce{T}(DeviceBuffer{T}, DeviceBuffer{T}, AllReduceMode, GpuStream)"/>.
    /// </summary>
    /// <param name="dataType">Type of the elements.</param>
    /// <param name="input">Address of this rank's summand, in memory of its device; aligned to an element.</param>
    /// <param name="output">
    /// Where the sum goes: the very same address, or memory that does not overlap the input. Memory of the rank's device.
    /// </param>
    /// <param name="count">Number of elements, at least 0.</param>
    /// <param name="mode">How elements travel between ranks: a regime, or a regime and a group size.</param>
    /// <param name="stream">A <c>CUstream</c>, <c>cudaStream_t</c> or <c>hipStream_t</c> of the rank's device, still alive.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative.</exception>
    /// <inheritdoc cref="AllReduce{T}(DeviceBuffer{T}, DeviceBuffer{T}, AllReduceMode, GpuStream)" path="/exception"/>
    public void AllReduce(DataType dataType, nint input, nint output, long count, AllReduceMode mode, nint stream) =>
        Enqueue(dataType, input, output, count, mode, stream);

    /// <summary>The same in the regime that the group's policy chooses: <see cref="GpuGroupOptions.Policy"/>, <see cref="Explain"/>.</summary>
    /// <inheritdoc cref="AllReduce(DataType, nint, nint, long, AllReduceMode, nint)"/>
    public void AllReduce(DataType dataType, nint input, nint output, long count, nint stream) =>
        Enqueue(dataType, input, output, count, mode: null, stream);

    /// <inheritdoc cref="AllReduceGroup.Explain"/>
    public PolicyDecision Explain(DataType dataType, long elementCount) => _member.Policy.Explain(dataType, elementCount);

    /// <summary>
    /// Waits until this rank's device has done everything that this process has enqueued, also outside of this group; then
    /// what the calls so far have written is right, or this throws.
    /// </summary>
    /// <param name="timeout">How long; after it the group is over for all ranks.</param>
    /// <exception cref="RankTimeoutException">The time was over, or a rank did not call in time.</exception>
    /// <exception cref="QuickReduceException">The group is over for another reason; as with calls.</exception>
    /// <exception cref="GpuException">Work that was enqueued failed.</exception>
    /// <exception cref="ObjectDisposedException">The communicator is disposed.</exception>
    public void Synchronize(TimeSpan timeout)
    {
        ObjectDisposedException.ThrowIf(_closing, this);
        var idle = Task.Run(Device.Synchronize);
        if (Task.WaitAny([idle], timeout) < 0)
        {
            _watch.FailOverdue("work was enqueued that did not end within " + timeout.TotalSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture) + " s");
            _ = Task.WaitAny([idle], ReleaseTimeout);
        }

        if (idle.IsFaulted && idle.Exception.InnerException is GpuException failure)
        {
            _member.Faults.Raise(FaultKind.Failed, 1U << Rank, failure.Message);
            throw failure;
        }

        ThrowIfUnusable();
    }

    /// <summary>
    /// Throws if the group is over. After waiting for a stream, and before its results are trusted: what kernels that were
    /// released have written is undefined. Costs nothing.
    /// </summary>
    /// <exception cref="QuickReduceException">The group is over; as with calls.</exception>
    /// <exception cref="ObjectDisposedException">The communicator is disposed.</exception>
    public void ThrowIfOver() => ThrowIfUnusable();

    /// <summary>
    /// Ends the group for all ranks: whoever makes another call, or waits, gets a <see cref="GroupAbortedException"/>, and
    /// kernels that wait are released. For a rank that cannot go on, so that its peers need not wait for it. Does nothing
    /// where the group is over already.
    /// </summary>
    /// <param name="reason">What the exceptions say.</param>
    public void Abort(string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        Fail(FaultKind.Aborted, reason);
    }

    /// <summary>
    /// Leaves the group: waits for this rank's kernels, as long as a call would, and frees its memory, as soon as no other
    /// rank uses it any more. Graphs with captured calls must not be launched any more. Ranks that still all-reduce get a
    /// <see cref="RankFailedException"/>.
    /// </summary>
    /// <exception cref="GpuException">The device did not become idle, even though its kernels were told not to wait.</exception>
    public void Dispose()
    {
        lock (_ending)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _closing = true;
            CommunicatorLog.Leaving(_logger, Rank, (ulong)_member.Ledger.Calls);
            var spinner = default(SpinWait);
            while (Interlocked.CompareExchange(ref _busy, 1, 0) != 0)
            {
                spinner.SpinOnce();
            }

            // A kernel that is released sends nonsense to its peers: they must know before.
            var idle = Task.Run(Device.Synchronize);
            if (Task.WaitAny([idle], _timeout) < 0)
            {
                _watch.Fail(FaultKind.Left, 1U << Rank, string.Empty);
                _ = Task.WaitAny([idle], ReleaseTimeout);
            }

            _member.Faults.Leave();
            _watch.Dispose();
            _member.Leave(ReleaseTimeout);
        }
    }

    /// <summary>This rank's part of the group, for a group of several hosts that this one is a part of.</summary>
    internal GpuMember Member => _member;

    /// <summary>Ends the group, unless it is over already.</summary>
    internal void Fail(FaultKind kind, string text)
    {
        lock (_ending)
        {
            if (!_disposed)
            {
                _watch.Fail(kind, 1U << Rank, text);
            }
        }
    }

    /// <summary>Flags and epochs of this rank, for whoever looks into a hang.</summary>
    internal string DescribeWorkspace() => _member.Workspace.Describe();

    private void Enqueue<T>(DeviceBuffer<T> input, DeviceBuffer<T> output, AllReduceMode? mode, GpuStream stream)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(stream);
        Begin();
        try
        {
            Enqueue(_member.Caller.Request(input, output, mode, stream), stream.Handle);
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    private void Enqueue(DataType dataType, nint input, nint output, long count, AllReduceMode? mode, nint stream)
    {
        Begin();
        try
        {
            Enqueue(_member.Caller.Request(dataType, input, output, count, mode, stream), stream);
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    private void Begin()
    {
        if (Interlocked.CompareExchange(ref _busy, 1, 0) != 0)
        {
            ObjectDisposedException.ThrowIf(_closing, this);
            throw new ConcurrentCallException("Rank " + _member.Numbers[Rank] + " cannot all-reduce: another thread is in an all-reduce of this communicator. Use it from one thread at a time.");
        }
    }

    /// <summary>Enqueues a call that was checked. By one thread at a time.</summary>
    /// <param name="request">What it asks for.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="isCounted">Whether it is a call of the user's, which telemetry hears of.</param>
    internal void Enqueue(in RankRequest request, nint stream, bool isCounted = true)
    {
        ThrowIfUnusable();
        var kernel = _member.Caller.Kernel(request);
        if (!_member.Ledger.Enter(kernel.Index, request.InputLength, _throwIfOver, out var other))
        {
            var (low, high) = other.Rank < Rank ? (Describe(other), Describe((Rank, kernel.Index, request.InputLength))) : (Describe((Rank, kernel.Index, request.InputLength)), Describe(other));
            _watch.Fail(FaultKind.Mismatch, 1U << Rank, low + "; " + high);
            ThrowIfUnusable();
        }

        try
        {
            _member.Caller.Launch(kernel, request, _member.Workspace.Address, stream);
        }
        catch (GpuException exception)
        {
            // The other ranks' kernels would wait for this one's for ever.
            _watch.Fail(FaultKind.Failed, 1U << Rank, exception.Message);
            throw;
        }

        if (isCounted)
        {
            CommunicatorTelemetry.Enqueued(Rank, request, kernel.Variant);
        }
    }

    private string Describe((int Rank, int Kernel, long Count) call) =>
        "rank " + _member.Numbers[call.Rank] + ": " + call.Count + " elements of "
        + ((uint)call.Kernel < (uint)_member.Kernels.All.Count ? _member.Kernels.All[call.Kernel].Variant.ToString() : "kernel " + call.Kernel);

    private void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_closing, this);
        _member.Faults.ThrowIfOver();
    }
}
