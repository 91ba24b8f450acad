using Microsoft.Extensions.Logging;
using QuickReduce.Collectives;
using QuickReduce.Collectives.Processes;
using QuickReduce.Devices.Processes;
using QuickReduce.Policy;
using QuickReduce.Rendezvous;

namespace QuickReduce;

/// <summary>
/// This process's rank in a group with one process per rank: what <see cref="JoinAsync(KernelSet, RankEnvironment, JoinOptions, CancellationToken)"/> gives once all have met.
/// </summary>
/// <remarks>
/// <para>For one thread at a time, apart from <see cref="Abort"/> and <see cref="Dispose"/>, which any thread may call.
/// Calls block until the sum is there and allocate nothing once a variant has run.</para>
/// <para>A call that the ranks cannot agree on, or with buffers that cannot be used, fails on every rank before any output
/// is written, and the group goes on. A peer that ends, leaves or does not come in time, and <see cref="Abort"/>, end the
/// group: every rank gets a <see cref="QuickReduceException"/>, now or at its next call, and an output may have been
/// written in part. The process is as good as before; it may join again. <c>docs/faults.md</c> has all cases.</para>
/// </remarks>
public sealed unsafe partial class Communicator : IDisposable
{
    private const int Idle = 0;
    private const int InCall = 1;
    private const int Closed = 2;

    private readonly Lock _ending = new();
    private readonly SharedSegment _segment;
    private readonly SharedLayout _layout;
    private readonly EpochBoard _board;
    private readonly RankKernels _kernels;
    private readonly PolicyTable _policy;
    private readonly VariantChoice<RankKernel> _choice;
    private readonly ILogger _logger;
    private readonly GatherRankKernel?[] _gathers = new GatherRankKernel?[SpecializationRules.DataTypes.Count];
    private RankRequest _plannedRequest;
    private CallPlan _planned;
    private ulong _calls;
    private uint _epoch;
    private int _busy;
    private bool _disposed;

    internal Communicator(RankKernels kernels, int rank, SharedSegment segment, SharedLayout layout, PolicyTable policy, GroupOptions options, ILogger logger, uint epoch = 0)
    {
        _kernels = kernels;
        Rank = rank;
        _logger = logger;
        _segment = segment;
        _layout = layout;
        _epoch = epoch;
        _board = new EpochBoard(segment, layout, rank, options.Timeout);
        _policy = policy;
        _choice = new VariantChoice<RankKernel>(kernels.Kernels, layout.WorldSize, policy, kernels.Create);
        for (var region = 0U; region < SharedLayout.Regions; region++)
        {
            kernels.Prepare(segment.Memory + layout.RegionOffset(region), rank, layout.WorldSize);
        }
    }

    /// <summary>This process's rank, from 0.</summary>
    public int Rank { get; }

    /// <summary>Number of ranks.</summary>
    public int WorldSize => _layout.WorldSize;

    /// <summary>What runs the kernels; never <see cref="DeviceKind.Auto"/>.</summary>
    public DeviceKind Device => _kernels.Device;

    /// <summary>The group's last epoch.</summary>
    internal uint LastEpoch => _epoch;

    /// <summary>The kernels that the group can run.</summary>
    public KernelSet Kernels => _kernels.Kernels;

    /// <summary>Waits until all ranks of the job have come, and forms a group of them.</summary>
    /// <param name="kernels">The kernels to run; the same on all ranks.</param>
    /// <param name="environment">Which rank this process is: <see cref="RankEnvironment.FromEnvironment"/>.</param>
    /// <param name="options">Options; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="VariantNotDeclaredException">No variant has this number of ranks, or is what the policy asks for.</exception>
    /// <exception cref="TuningProfileException">The policy's profile was made on another machine.</exception>
    /// <exception cref="NativeLibraryException">This platform cannot run the device asked for.</exception>
    /// <exception cref="RendezvousException">The ranks cannot form a group, or did not in time.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public static Task<Communicator> JoinAsync(KernelSet kernels, RankEnvironment environment, JoinOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        ArgumentNullException.ThrowIfNull(environment);
        options ??= new JoinOptions();
        var chosen = GroupFormation.Validate(kernels, environment, options);

        // On a thread of its own, since most of it blocks.
        return Task.Factory.StartNew(
            () => GroupFormation.JoinAsync(chosen, environment, options, cancellationToken), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap();
    }

    /// <summary>The same for a job that must have a certain number of ranks. Generated code calls it.</summary>
    /// <param name="kernels">The kernels to run; the same on all ranks.</param>
    /// <param name="worldSize">The number of ranks that the job must have.</param>
    /// <param name="environment">Which rank this process is.</param>
    /// <param name="options">Options; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <inheritdoc cref="JoinAsync(KernelSet, RankEnvironment, JoinOptions, CancellationToken)" path="/exception"/>
    public static Task<Communicator> JoinAsync(KernelSet kernels, int worldSize, RankEnvironment environment, JoinOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(environment);
        environment.RequireWorldSize(worldSize);
        return JoinAsync(kernels, environment, options, cancellationToken);
    }

    /// <summary>
    /// Sums the ranks' inputs element by element and gives every rank the same sum, bit for bit. Blocks until all ranks
    /// have called and the sum is there; all pass the same mode, element type and length.
    /// </summary>
    /// <typeparam name="T"><see cref="Half"/>, <see cref="BFloat16"/> or <see cref="float"/>.</typeparam>
    /// <param name="mode">How elements travel between ranks: a regime, or a regime and a group size.</param>
    /// <param name="input">This rank's summand; any length.</param>
    /// <param name="output">
    /// Where the sum goes; as long as <paramref name="input"/>, and either the very same memory or memory that does not
    /// overlap it.
    /// </param>
    /// <exception cref="RankMismatchException">The ranks asked for different things, or for an element type that is not supported.</exception>
    /// <exception cref="InvalidBufferException">A rank's buffers cannot be used.</exception>
    /// <exception cref="VariantNotDeclaredException">The kernel set has no such variant.</exception>
    /// <exception cref="NativeLibraryException">The variant's native library cannot be used.</exception>
    /// <exception cref="ConcurrentCallException">Another thread is in a call.</exception>
    /// <exception cref="RankTimeoutException">Not all ranks came in time.</exception>
    /// <exception cref="RankFailedException">A rank's process has ended, or it has left the group.</exception>
    /// <exception cref="GroupAbortedException">A rank has aborted the group.</exception>
    /// <exception cref="ObjectDisposedException">The communicator is disposed.</exception>
    public void AllReduce<T>(AllReduceMode mode, ReadOnlySpan<T> input, Span<T> output)
        where T : unmanaged
    {
        fixed (T* source = input)
        fixed (T* destination = output)
        {
            AllReduce(RankRequest.Of(mode, source, input.Length, destination, output.Length));
        }
    }

    /// <summary>All-reduces in place: the buffer becomes the sum of all ranks' buffers.</summary>
    /// <typeparam name="T"><see cref="Half"/>, <see cref="BFloat16"/> or <see cref="float"/>.</typeparam>
    /// <param name="mode">How elements travel between ranks.</param>
    /// <param name="buffer">This rank's summand, then the sum.</param>
    /// <inheritdoc cref="AllReduce{T}(AllReduceMode, ReadOnlySpan{T}, Span{T})" path="/exception"/>
    public void AllReduce<T>(AllReduceMode mode, Span<T> buffer)
        where T : unmanaged => AllReduce<T>(mode, buffer, buffer);

    /// <summary>
    /// Sums in the regime and by the kernel that the group's policy chooses for the message
    /// (<see cref="GroupOptions.Policy"/>, the same on all ranks). All ranks call this way, or all name a regime.
    /// </summary>
    /// <typeparam name="T"><see cref="Half"/>, <see cref="BFloat16"/> or <see cref="float"/>.</typeparam>
    /// <param name="input">This rank's summand; any length.</param>
    /// <param name="output">
    /// Where the sum goes; as long as <paramref name="input"/>, and either the very same memory or memory that does not
    /// overlap it.
    /// </param>
    /// <inheritdoc cref="AllReduce{T}(AllReduceMode, ReadOnlySpan{T}, Span{T})" path="/exception"/>
    public void AllReduce<T>(ReadOnlySpan<T> input, Span<T> output)
        where T : unmanaged
    {
        fixed (T* source = input)
        fixed (T* destination = output)
        {
            AllReduce(RankRequest.Of(_policy, source, input.Length, destination, output.Length));
        }
    }

    /// <summary>All-reduces in place, as the group's policy chooses: the buffer becomes the sum of all ranks' buffers.</summary>
    /// <typeparam name="T"><see cref="Half"/>, <see cref="BFloat16"/> or <see cref="float"/>.</typeparam>
    /// <param name="buffer">This rank's summand, then the sum.</param>
    /// <inheritdoc cref="AllReduce{T}(AllReduceMode, ReadOnlySpan{T}, Span{T})" path="/exception"/>
    public void AllReduce<T>(Span<T> buffer)
        where T : unmanaged => AllReduce<T>(buffer, buffer);

    /// <inheritdoc cref="AllReduceGroup.Explain"/>
    public PolicyDecision Explain(DataType dataType, long elementCount) => _policy.Explain(dataType, elementCount);

    /// <summary>
    /// Ends the group for all ranks: whoever is in a call, or makes one, gets a <see cref="GroupAbortedException"/>. For
    /// a rank that cannot go on, so that its peers need not wait for it. Does nothing where the group is over already.
    /// </summary>
    /// <param name="reason">What the exceptions say.</param>
    public void Abort(string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        lock (_ending)
        {
            if (!_disposed)
            {
                _board.RaiseFault(FaultKind.Aborted, 1U << Rank, reason);
            }
        }
    }

    /// <summary>
    /// Leaves the group. Ranks that still all-reduce get a <see cref="RankFailedException"/>; a call of this rank that
    /// another thread is in ends with an <see cref="ObjectDisposedException"/>, and is waited for.
    /// </summary>
    public void Dispose()
    {
        lock (_ending)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            CommunicatorLog.Leaving(_logger, Rank, _calls);
            _board.Leave();
            var spinner = default(SpinWait);
            while (Interlocked.CompareExchange(ref _busy, Closed, Idle) != Idle)
            {
                spinner.SpinOnce();
            }

            _segment.Dispose();
        }
    }

    /// <summary>Sums as the public methods do, in memory that is fixed already.</summary>
    internal void AllReduce(in RankRequest request)
    {
        Enter(request);
        try
        {
            if (CommunicatorTelemetry.IsOn)
            {
                RunMeasured(request);
            }
            else
            {
                Run(request);
            }
        }
        finally
        {
            Exit();
        }
    }

    private void Enter(in RankRequest request)
    {
        if (Interlocked.CompareExchange(ref _busy, InCall, Idle) != Idle)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            throw new ConcurrentCallException("Rank " + Rank + " cannot all-reduce " + request.Describe() + ": another thread is in an all-reduce of this communicator. Use it from one thread at a time.");
        }
    }

    private void Exit()
    {
        Volatile.Write(ref _busy, Idle);
        GC.KeepAlive(this);
    }

    private void RunMeasured(in RankRequest request)
    {
        var measurement = CommunicatorTelemetry.Begin(Rank, request, _board.Sleeps);
        var failure = default(Exception);
        try
        {
            Run(request);
        }
        catch (Exception exception)
        {
            failure = exception;
            throw;
        }
        finally
        {
            CommunicatorTelemetry.End(measurement, Rank, request, _planned, _board.Sleeps, failure);
        }
    }

    private void Run(in RankRequest request)
    {
        var call = Begin(request, out var plan, out var failure);
        if (!Run(ref call, request, plan, failure))
        {
            // The ranks' buffers do not lie alike in shared memory: all take the way through the group's own.
            call = Describe(request, _planned, CallProblem.None, _calls);
            Run(ref call, request, _planned, failure: null);
        }
    }

    /// <returns>False where all ranks are to begin again without regard to shared buffers.</returns>
    private bool Run(ref ProcessCall call, in RankRequest request, in CallPlan plan, QuickReduceException? failure)
    {
        try
        {
            var isDone = CallSchedule.Run(ref call, _epoch, plan.Chunks, plan.Hops);
            _epoch += isDone ? CallSchedule.Epochs(plan.Chunks, plan.Hops) : 1;
            return isDone;
        }
        catch (QuickReduceException exception) when (call.Disagrees)
        {
            // Every rank has taken part in the first epoch of the call, and in no other.
            _epoch++;
            CommunicatorLog.CallRefused(_logger, Rank, exception);
            throw failure is not null && exception is RankFailedException ? failure : exception;
        }
        catch (QuickReduceException exception)
        {
            CommunicatorLog.Over(_logger, Rank, _calls, exception);
            throw;
        }
        catch (Exception exception) when (exception is not ObjectDisposedException)
        {
            _board.RaiseFault(FaultKind.Failed, 1U << Rank, exception.Message);
            throw new KernelFailedException("Rank " + Rank + ": the all-reduce of " + request.Describe() + " failed: " + exception.Message + " Outputs may have been written in part.", exception);
        }
    }

    /// <summary>Prepares the steps of a call, and what peers are to know of it.</summary>
    /// <param name="request">What this rank asks for.</param>
    /// <param name="plan">How it is done.</param>
    /// <param name="failure">Why this rank has no kernel for it, if so; the call then only tells the peers.</param>
    internal ProcessCall Begin(in RankRequest request, out CallPlan plan, out QuickReduceException? failure)
    {
        _board.ThrowIfOver();
        failure = null;
        var problem = request.DataType == RankRequest.UnsupportedType ? CallProblem.UnsupportedType : BufferProblems.Of(request);
        if (problem == CallProblem.None && !request.AsksFor(_plannedRequest))
        {
            failure = TryPlan(request, out problem);
        }

        plan = problem == CallProblem.None ? _planned : CallPlan.None;
        return plan is { Hops: 2, Kernel.Variant.Regime: QuantRegime.FP } && !_buffers.IsEmpty
            ? DescribeShared(request, ref plan)
            : Describe(request, plan, problem, ++_calls);
    }

    /// <summary>Writes what peers are to know of a call.</summary>
    private ProcessCall Describe(scoped in RankRequest request, scoped in CallPlan plan, CallProblem problem, ulong number, nint inputStride = 0, nint outputStride = 0)
    {
        _board.CallEpoch = _epoch + 1;
        ref var descriptor = ref _board.Request(_epoch + 1);
        descriptor = CallDescriptor.Of(request, number, problem);
        descriptor.ChunkElements = plan.ChunkElements;
        descriptor.Hops = (byte)plan.Hops;
        descriptor.Algorithm = (byte)(plan.Kernel?.Variant.Algorithm ?? 0);
        return new ProcessCall(_board, _segment.Memory, _layout, plan, request, Rank, inputStride, outputStride);
    }

    /// <summary>Plans a message that is unlike the one before. The reason where there is no kernel for it.</summary>
    private QuickReduceException? TryPlan(in RankRequest request, out CallProblem problem)
    {
        problem = CallProblem.NotDeclared;
        try
        {
            if (!CallValidation.IsPossible(request))
            {
                var variant = new KernelVariant(request.DataType, request.Mode, WorldSize);
                return new VariantNotDeclaredException("Rank " + Rank + " cannot all-reduce " + request.Describe() + ": " + SpecializationRules.Refusal(variant));
            }

            _planned = CallPlan.Of(_choice.Kernel(request), request.InputLength, _policy.MaxBytes);
            _plannedRequest = request;
            problem = CallProblem.None;
            return null;
        }
        catch (QuickReduceException exception)
        {
            problem = exception is VariantNotDeclaredException ? CallProblem.NotDeclared : CallProblem.KernelUnavailable;
            return exception;
        }
    }
}
