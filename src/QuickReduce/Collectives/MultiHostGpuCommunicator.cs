using QuickReduce.Collectives;
using QuickReduce.Collectives.Gpu;
using QuickReduce.Collectives.Hosts;
using QuickReduce.Collectives.Processes;
using QuickReduce.Rendezvous;

namespace QuickReduce;

/// <summary>
/// This process's rank in a group over the GPUs of several hosts: ranks of one host add up among themselves with QuickReduce's
/// kernels, the hosts exchange their sums through NCCL or RCCL, in one call on a stream.
/// </summary>
/// <remarks>
/// <para>The result: the sum of each host as <see cref="GpuCommunicator"/> gives it, in the regime of the call and rounded to
/// the element type; these sums added up by the vendor's library in the element type. Every rank gets the same bits, since
/// each part of the message is added up by one communicator and copied to the ranks of a host. Of two hosts the result is the
/// two sums added and rounded once, the same bits as with <see cref="MultiHostCommunicator"/>; of more, order and
/// intermediate roundings are the library's. Nothing is quantised between hosts.</para>
/// <para>For one thread at a time, apart from <see cref="Synchronize"/>, <see cref="ThrowIfOver"/>, <see cref="Abort"/> and
/// <see cref="Dispose"/>, which any thread may call. Calls enqueue work on a stream, allocate nothing and wait for nothing,
/// unless the rank is 256 calls ahead of another one of its host, or a thousand ahead of one elsewhere; the vendor's library may make connections
/// in its first calls. They can be captured into a graph.</para>
/// <para>Whatever ends the group, ends it on all hosts, with an exception that names a rank as the job numbers it: as with
/// <see cref="GpuCommunicator"/>. That hosts have called different things is found out beside the data, some milliseconds
/// later: <see cref="Synchronize"/> waits for that, nothing else does. <c>docs/processes.md</c> has all cases.</para>
/// </remarks>
public sealed class MultiHostGpuCommunicator : IDisposable
{
    private static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan VerdictLimit = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private readonly Lock _ending = new();
    private readonly HostTopology _topology;
    private readonly GpuCommunicator? _local;
    private readonly NcclExchange? _exchange;
    private readonly HostLink? _link;
    private readonly GpuRequests _requests;
    private readonly TimeSpan _timeout;
    private readonly StagedExchange? _staged;
    private int _busy;
    private volatile bool _closing;
    private bool _disposed;

    internal MultiHostGpuCommunicator(int rank, HostTopology topology, GpuDevice device, GpuCommunicator? local, NcclExchange? exchange, RankMeeting meeting, MultiHostOptions options)
    {
        Rank = rank;
        Device = device;
        _topology = topology;
        _local = local;
        _exchange = exchange;
        _timeout = options.Local.Gpu.Timeout;
        _requests = new GpuRequests(rank, device, options.Local.Gpu.PointerChecks, policy: null);
        _staged = local is null || exchange is null ? null : new StagedExchange(local, exchange, options.StagingBytes);
        _link = new HostLink(meeting, rank, _timeout, FindTrouble, OnOver);
    }

    /// <summary>This process's rank in the job.</summary>
    public int Rank { get; }

    /// <summary>Number of ranks on all hosts.</summary>
    public int WorldSize => _topology.HostCount * _topology.LocalCount;

    /// <summary>Number of this rank's host, from 0.</summary>
    public int Host => _topology.Host;

    /// <summary>Number of hosts.</summary>
    public int HostCount => _topology.HostCount;

    /// <summary>Number of this rank among those of its host.</summary>
    public int LocalRank => _topology.LocalRank;

    /// <summary>The device that this rank's memory is on.</summary>
    public GpuDevice Device { get; }

    /// <summary>File and version of the library that exchanges between hosts; null where there is one host only.</summary>
    public string? Engine => _exchange?.Engine;

    /// <summary>Waits until all ranks of the job have come, on all hosts, and forms a group of them over device memory.</summary>
    /// <param name="kernels">The kernels to run; the same on all ranks, and declared for the number of ranks of one host.</param>
    /// <param name="environment">Which rank this process is, and where rank 0 can be met: <see cref="RankEnvironment.FromEnvironment"/>.</param>
    /// <param name="options">Options; null for the defaults. The device is chosen as for <see cref="GpuCommunicator"/>.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="NcclException">There is no NCCL or RCCL, or it cannot connect the hosts.</exception>
    /// <exception cref="VariantNotDeclaredException">No variant has the number of ranks that a host has.</exception>
    /// <exception cref="GpuException">This rank has no device, or it cannot run the kernels or share its memory.</exception>
    /// <exception cref="NativeLibraryException">A code object is missing or stale, or the device refuses it.</exception>
    /// <exception cref="RendezvousException">The ranks cannot form a group, or did not in time. Hosts have different numbers of ranks.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public static Task<MultiHostGpuCommunicator> JoinAsync(KernelSet kernels, RankEnvironment environment, MultiHostOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        ArgumentNullException.ThrowIfNull(environment);
        options ??= new MultiHostOptions();
        var device = MultiHostGpuFormation.Validate(kernels, environment, options);

        // On a thread of its own, since most of it blocks.
        return Task.Factory.StartNew(
            () => MultiHostGpuFormation.JoinAsync(kernels, environment, options, device, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
    }

    /// <summary>
    /// Enqueues an all-reduce: the inputs of all ranks of all hosts are summed element by element, and every rank gets the same
    /// sum, bit for bit. All ranks make the same calls in the same order; returns at once.
    /// </summary>
    /// <typeparam name="T"><see cref="Half"/>, <see cref="BFloat16"/> or <see cref="float"/>.</typeparam>
    /// <param name="input">This rank's summand; any length.</param>
    /// <param name="output">Where the sum goes: as long as <paramref name="input"/>, or the very same buffer.</param>
    /// <param name="mode">How elements travel between ranks of one host: a regime, or a regime and a group size.</param>
    /// <param name="stream">
    /// A stream of this rank's device, which may be capturing. Calls are to be ordered: one stream, or several that wait for
    /// each other.
    /// </param>
    /// <exception cref="InvalidBufferException">A buffer is another device's, or lengths differ. The group goes on.</exception>
    /// <exception cref="VariantNotDeclaredException">The kernel set has no such variant. The group goes on.</exception>
    /// <exception cref="ConcurrentCallException">Another thread is in a call.</exception>
    /// <exception cref="RankMismatchException">Another rank has called something else.</exception>
    /// <exception cref="RankTimeoutException">A rank did not call in time, in this or an earlier all-reduce.</exception>
    /// <exception cref="RankFailedException">The process of a rank has ended, a rank has left, or could not go on.</exception>
    /// <exception cref="GroupAbortedException">A rank has aborted the group.</exception>
    /// <exception cref="GpuException">The stream cannot be used, or the driver refuses the work.</exception>
    /// <exception cref="NcclException">The library between the hosts refuses the work.</exception>
    /// <exception cref="ObjectDisposedException">The communicator, a buffer or the stream is disposed.</exception>
    public void AllReduce<T>(DeviceBuffer<T> input, DeviceBuffer<T> output, AllReduceMode mode, GpuStream stream)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(input);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(stream);
        Begin();
        try
        {
            Enqueue(_requests.Request(input, output, mode, stream), stream.Handle);
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    /// <summary>Enqueues an all-reduce in place: the buffer becomes the sum of all ranks' buffers.</summary>
    /// <inheritdoc cref="AllReduce{T}(DeviceBuffer{T}, DeviceBuffer{T}, AllReduceMode, GpuStream)"/>
    /// <param name="buffer">This rank's summand, then the sum.</param>
    /// <param name="mode">How elements travel between ranks of one host: a regime, or a regime and a group size.</param>
    /// <param name="stream">A stream of this rank's device.</param>
    public void AllReduce<T>(DeviceBuffer<T> buffer, AllReduceMode mode, GpuStream stream)
        where T : unmanaged => AllReduce(buffer, buffer, mode, stream);

    /// <summary>Enqueues an all-reduce of memory that belongs to someone else; otherwise like the one of buffers.</summary>
    /// <param name="dataType">Type of the elements.</param>
    /// <param name="input">Address of this rank's summand, in memory of its device; aligned to an element.</param>
    /// <param name="output">
    /// Where the sum goes: the very same address, or memory that does not overlap the input. Memory of the rank's device.
    /// </param>
    /// <param name="count">Number of elements, at least 0.</param>
    /// <param name="mode">How elements travel between ranks of one host: a regime, or a regime and a group size.</param>
    /// <param name="stream">A <c>CUstream</c>, <c>cudaStream_t</c> or <c>hipStream_t</c> of the rank's device, still alive.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="count"/> is negative.</exception>
    /// <inheritdoc cref="AllReduce{T}(DeviceBuffer{T}, DeviceBuffer{T}, AllReduceMode, GpuStream)" path="/exception"/>
    public void AllReduce(DataType dataType, nint input, nint output, long count, AllReduceMode mode, nint stream)
    {
        Begin();
        try
        {
            Enqueue(_requests.Request(dataType, input, output, count, mode, stream), stream);
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    /// <summary>
    /// Waits until this rank's device has done everything that this process has enqueued, also outside of this group, and until
    /// the ranks of all hosts have told each other that they called the same; then what the calls so far have written is
    /// right, or this throws.
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
            Fail(new HostVerdict(FaultKind.TimedOut, [], "work was enqueued that did not end within " + timeout.TotalSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture) + " s"));
            _ = Task.WaitAny([idle], ReleaseTimeout);
        }

        if (idle.IsFaulted && idle.Exception.InnerException is GpuException failure)
        {
            Fail(new HostVerdict(FaultKind.Failed, [Rank], failure.Message));
            throw failure;
        }

        ThrowIfUnusable();
        if (!_link!.AwaitAgreement(timeout))
        {
            if (_link.Departed is { } departed)
            {
                throw departed.ToException(Rank, _timeout);
            }

            Fail(new HostVerdict(FaultKind.TimedOut, [], "the ranks did not tell within " + timeout.TotalSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture) + " s what they have called"));
        }

        ThrowIfUnusable();
    }

    /// <summary>
    /// Throws if the group is known to be over. After waiting for a stream, and before its results are trusted: what was
    /// released has written is undefined. Costs nothing, and does not wait to hear what the other hosts have called, as
    /// <see cref="Synchronize"/> does.
    /// </summary>
    /// <exception cref="QuickReduceException">The group is over; as with calls.</exception>
    /// <exception cref="ObjectDisposedException">The communicator is disposed.</exception>
    public void ThrowIfOver() => ThrowIfUnusable();

    /// <summary>
    /// Ends the group for the ranks of all hosts: whoever makes another call, or waits, gets a
    /// <see cref="GroupAbortedException"/>, and what waits on devices is released. Does nothing where the group is over already.
    /// </summary>
    /// <param name="reason">What the exceptions say.</param>
    public void Abort(string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        lock (_ending)
        {
            if (!_disposed)
            {
                Fail(new HostVerdict(FaultKind.Aborted, [Rank], reason));
            }
        }
    }

    /// <summary>
    /// Leaves the group: waits for this rank's work, as long as a call would, and some seconds for all other ranks to leave as
    /// well. Graphs with captured calls must not be launched any more. Ranks that still all-reduce get a
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
            var spinner = default(SpinWait);
            while (Interlocked.CompareExchange(ref _busy, 1, 0) != 0)
            {
                spinner.SpinOnce();
            }

            // What is released sends nonsense to others: they must know before.
            var idle = Task.Run(Device.Synchronize);
            if (Task.WaitAny([idle], _timeout) < 0)
            {
                Fail(new HostVerdict(FaultKind.Left, [Rank], string.Empty));
                _ = Task.WaitAny([idle], ReleaseTimeout);
            }

            _link!.Leave(Farewell);
            if (_link.HasEndedWell)
            {
                _exchange?.Close();
            }
            else
            {
                _exchange?.Abort();
            }

            _local?.Dispose();
            _link.Dispose();
        }
    }

    private void Begin()
    {
        if (Interlocked.CompareExchange(ref _busy, 1, 0) != 0)
        {
            ObjectDisposedException.ThrowIf(_closing, this);
            throw new ConcurrentCallException("Rank " + Rank + " cannot all-reduce: another thread is in an all-reduce of this communicator. Use it from one thread at a time.");
        }
    }

    private void Enqueue(in RankRequest request, nint stream)
    {
        ThrowIfUnusable();
        if (_local is not null)
        {
            try
            {
                _local.Enqueue(request, stream);
            }
            catch (QuickReduceException) when (_local.Member.Faults.Fault.Kind == FaultKind.OnOtherHosts)
            {
                // It came up in between: what has happened, the other hosts know better than this one's group.
                ThrowIfUnusable();
                throw;
            }
        }
        else if (request.DataType == RankRequest.UnsupportedType || !CallValidation.IsPossible(request))
        {
            throw new VariantNotDeclaredException("Rank " + Rank + " cannot all-reduce " + request.Describe() + ": elements are System.Half, QuickReduce.BFloat16 or float, and regimes those of QuantRegime; float travels in full precision only.");
        }

        _link!.Enter(new HostCall { ElementCount = request.InputLength, DataType = (int)request.DataType, Regime = (byte)request.Mode.Regime, ScaleFormat = (byte)request.Mode.ScaleFormat, GroupSize = (short)request.Mode.GroupSize });
        try
        {
            if (_staged is not null)
            {
                _staged.AddUp(request, stream);
            }
            else if (request.InputLength > 0 && _local is null)
            {
                AddUpAlone(request, stream);
            }
        }
        catch (NcclException exception)
        {
            // Where the group is over already, the exchange was ended for that.
            ThrowIfUnusable();
            Fail(new HostVerdict(FaultKind.Failed, [Rank], exception.Message));
            throw;
        }
        catch (GpuException exception)
        {
            Fail(new HostVerdict(FaultKind.Failed, [Rank], exception.Message));
            throw;
        }
    }

    /// <summary>Adds up with other hosts where each has one rank, or does so for a rank that is alone.</summary>
    private unsafe void AddUpAlone(in RankRequest request, nint stream)
    {
        if (_exchange is not null)
        {
            _exchange.AddUp(request.DataType, (nint)request.Input, (nint)request.Output, request.InputLength, stream);
        }
        else if (request.Input != request.Output)
        {
            Device.Driver.Copy(Device.Index, (nint)request.Output, (nint)request.Input, request.InputLength * request.ElementBytes, stream);
        }
    }

    private void ThrowIfUnusable()
    {
        ObjectDisposedException.ThrowIf(_closing, this);
        if (_local?.Member.Faults is { } faults && faults.Fault.Kind is var kind and not FaultKind.None)
        {
            // What has happened elsewhere, another rank of this host may have heard a moment earlier.
            if (kind == FaultKind.OnOtherHosts && _link!.AwaitVerdict(VerdictLimit) is { } verdict)
            {
                throw verdict.ToException(Rank, _timeout);
            }

            faults.ThrowIfOver();
        }

        _link!.ThrowIfOver();
    }

    private void Fail(HostVerdict verdict) => _link!.Fail(verdict);

    /// <summary>Why this rank cannot go on, as the others are to know it.</summary>
    private HostVerdict? FindTrouble()
    {
        if (_local?.Member.Faults is { } faults && faults.Fault is var fault && fault.Kind is not (FaultKind.None or FaultKind.OnOtherHosts))
        {
            return HostVerdict.Of(fault, faults.TextOf(fault), _topology.Ranks[Host]);
        }

        return _exchange?.AsyncError() is { } error ? new HostVerdict(FaultKind.Failed, [Rank], error.Message) : null;
    }

    /// <summary>Releases what waits on this rank's device: for hosts, and for ranks of this one.</summary>
    private void OnOver(HostVerdict verdict)
    {
        if (_exchange is not null)
        {
            new Thread(_exchange.Abort) { IsBackground = true, Name = "QuickReduce abort, rank " + Rank }.Start();
        }

        _local?.Fail(FaultKind.OnOtherHosts, verdict.Text);
    }
}
