using System.Runtime.CompilerServices;
using QuickReduce.Collectives;
using QuickReduce.Devices;
using QuickReduce.Policy;

namespace QuickReduce;

/// <summary>
/// Ranks within this process that all-reduce among themselves: each called from a thread of its own
/// (<see cref="this[int]"/>, <see cref="RunAsync"/>), or all by one thread
/// (<see cref="AllReduce{T}(AllReduceMode, ReadOnlySpan{ReadOnlyMemory{T}}, ReadOnlySpan{Memory{T}})"/>).
/// </summary>
/// <remarks>
/// <para>Thread-safe as far as ranks go: every rank from one thread at a time. Both ways of calling give the same bits,
/// whatever the number of threads, and allocate nothing once each variant has run.</para>
/// <para>An all-reduce that fails does so on every rank, before any output is written, and the group can be used again;
/// a rank that comes too late for a call that the others gave up on gets that call's
/// <see cref="RankTimeoutException"/>.</para>
/// </remarks>
public sealed class AllReduceGroup : IDisposable
{
    // Below this many bytes, read and written by all ranks together, a second thread costs more than it saves: to share
    // with a thread that is awake takes under a microsecond, to wake one takes tens.
    private const long MinBytesToShare = 64 * 1024;
    private const long MinBytesToWake = 512 * 1024;

    private readonly Lock _gate = new();
    private readonly Device _device;
    private readonly RankSlot[] _slots;
    private readonly SharedWork _work;
    private readonly Collectives.Rendezvous _rendezvous;
    private readonly PolicyTable _policy;
    private readonly VariantChoice<VariantKernel> _choice;
    private readonly ThreadCrew _rankThreads = new("QuickReduce rank");
    private readonly ThreadCrew _helpers = new("QuickReduce helper");
    private readonly Action _help;
    private RankRun? _run;
    private bool _disposed;

    private AllReduceGroup(KernelSet kernels, int worldSize, GroupOptions options)
    {
        Kernels = kernels;
        WorldSize = worldSize;
        _device = Devices.Device.Create(options.Device, kernels, worldSize, options.LibraryDirectory ?? AppContext.BaseDirectory);
        _policy = options.Prepare(kernels, worldSize, _device.Kind);
        _choice = new VariantChoice<VariantKernel>(kernels, worldSize, _policy, _device.Kernel);
        _slots = new RankSlot[worldSize + 1];
        for (var i = 0; i < _slots.Length; i++)
        {
            _slots[i] = new RankSlot();
        }

        _work = new SharedWork(_device, options.MaxThreads == 0 ? Environment.ProcessorCount : options.MaxThreads);
        _rendezvous = new Collectives.Rendezvous(_slots, _work, options.Timeout);
        _help = () => _rendezvous.Help();
    }

    /// <summary>Number of ranks.</summary>
    public int WorldSize { get; }

    /// <summary>What runs the kernels; never <see cref="DeviceKind.Auto"/>.</summary>
    public DeviceKind Device => _device.Kind;

    /// <summary>The kernels that the group can run.</summary>
    public KernelSet Kernels { get; }

    /// <summary>A rank of the group.</summary>
    /// <param name="rank">Its number, from 0 to <see cref="WorldSize"/> − 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such rank.</exception>
    public AllReduceRank this[int rank] => (uint)rank < (uint)WorldSize
        ? new AllReduceRank(this, rank)
        : throw new ArgumentOutOfRangeException(nameof(rank), rank, "This group of " + Kernels.Name + " has ranks 0 to " + (WorldSize - 1) + ".");

    /// <summary>How calls that name no regime are done.</summary>
    internal PolicyTable Policy => _policy;

    private ReadOnlySpan<RankSlot> RankSlots => _slots.AsSpan(0, WorldSize);

    /// <summary>Creates a group.</summary>
    /// <param name="kernels">The kernels to run.</param>
    /// <param name="worldSize">Number of ranks: one that <paramref name="kernels"/> declares variants for.</param>
    /// <param name="options">Options; null for the defaults.</param>
    /// <exception cref="ArgumentNullException"><paramref name="kernels"/> is null.</exception>
    /// <exception cref="ArgumentException">An option is out of range.</exception>
    /// <exception cref="VariantNotDeclaredException">No variant has this number of ranks, or is what the policy asks for.</exception>
    /// <exception cref="TuningProfileException">The policy's profile was made on another machine.</exception>
    /// <exception cref="NativeLibraryException">This platform cannot run the device asked for.</exception>
    public static AllReduceGroup Create(KernelSet kernels, int worldSize, GroupOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(kernels);
        options ??= new GroupOptions();
        options.Validate();
        kernels.RequireWorldSize(worldSize);
        return new AllReduceGroup(kernels, worldSize, options);
    }

    /// <summary>
    /// Sums the ranks' inputs element by element and gives every rank the same sum, bit for bit: one call for all ranks,
    /// from one thread, which the group's own threads help with large messages.
    /// </summary>
    /// <typeparam name="T"><see cref="Half"/>, <see cref="BFloat16"/> or <see cref="float"/>.</typeparam>
    /// <param name="mode">How elements travel between ranks: a regime, or a regime and a group size.</param>
    /// <param name="inputs">Every rank's summand, rank 0 first, all of one length.</param>
    /// <param name="outputs">
    /// Where every rank's sum goes, of the same length. Either the very memory of the rank's input or memory that overlaps
    /// neither that nor any buffer of another rank.
    /// </param>
    /// <exception cref="ArgumentException">There is not one input and one output per rank.</exception>
    /// <exception cref="RankMismatchException">Lengths differ between ranks, or the element type is not supported.</exception>
    /// <exception cref="InvalidBufferException">A rank's buffers cannot be used.</exception>
    /// <exception cref="VariantNotDeclaredException">The kernel set has no such variant.</exception>
    /// <exception cref="NativeLibraryException">The variant's native library cannot be used.</exception>
    /// <exception cref="ConcurrentCallException">The group or a rank of it is in another call.</exception>
    /// <exception cref="ObjectDisposedException">The group is disposed.</exception>
    public void AllReduce<T>(AllReduceMode mode, ReadOnlySpan<ReadOnlyMemory<T>> inputs, ReadOnlySpan<Memory<T>> outputs)
        where T : unmanaged => AllReduce(mode, isByPolicy: false, inputs, outputs);

    /// <summary>
    /// The same in the regime and by the kernel that the group's policy chooses for the message:
    /// <see cref="GroupOptions.Policy"/>.
    /// </summary>
    /// <typeparam name="T"><see cref="Half"/>, <see cref="BFloat16"/> or <see cref="float"/>.</typeparam>
    /// <param name="inputs">Every rank's summand, rank 0 first, all of one length.</param>
    /// <param name="outputs">Where every rank's sum goes, of the same length.</param>
    /// <inheritdoc cref="AllReduce{T}(AllReduceMode, ReadOnlySpan{ReadOnlyMemory{T}}, ReadOnlySpan{Memory{T}})" path="/exception"/>
    public void AllReduce<T>(ReadOnlySpan<ReadOnlyMemory<T>> inputs, ReadOnlySpan<Memory<T>> outputs)
        where T : unmanaged
    {
        var bytes = inputs.IsEmpty ? 0 : (long)inputs[0].Length * Unsafe.SizeOf<T>();
        AllReduce(_policy.Mode(RankRequest.TypeOf<T>(), bytes), isByPolicy: true, inputs, outputs);
    }

    /// <summary>What the group's policy chooses for a message, and why. Runs nothing.</summary>
    /// <param name="dataType">Element type.</param>
    /// <param name="elementCount">Elements of the message.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such message.</exception>
    /// <exception cref="VariantNotDeclaredException">Nothing is declared for it that the policy could choose.</exception>
    public PolicyDecision Explain(DataType dataType, long elementCount) => _policy.Explain(dataType, elementCount);

    private void AllReduce<T>(AllReduceMode mode, bool isByPolicy, ReadOnlySpan<ReadOnlyMemory<T>> inputs, ReadOnlySpan<Memory<T>> outputs)
        where T : unmanaged
    {
        if (inputs.Length != WorldSize || outputs.Length != WorldSize)
        {
            throw new ArgumentException("A group of " + WorldSize + " ranks needs as many inputs and outputs, not " + inputs.Length + " and " + outputs.Length + ".",
                inputs.Length != WorldSize ? nameof(inputs) : nameof(outputs));
        }

        Span<RankRequest> requests = stackalloc RankRequest[KernelGeometry.MaxWorldSize];
        PinAndRun(mode, isByPolicy, inputs, outputs, requests[..WorldSize], rank: 0);
    }

    /// <summary>
    /// Runs <paramref name="body"/> once per rank, all at the same time, on threads of the group's own; they are started
    /// by the first run and kept.
    /// </summary>
    /// <param name="body">What each rank does. Only in it, and on its thread, may the ranks be used meanwhile.</param>
    /// <param name="cancellationToken">
    /// Wakes ranks that wait in an all-reduce and lets all further ones throw; a body that does something else ends when it
    /// comes to its next all-reduce.
    /// </param>
    /// <returns>
    /// A task that ends when every body has: with the exception of the body that failed first (those of bodies that
    /// failed for reasons of their own come after it), or cancelled.
    /// </returns>
    /// <remarks>
    /// When a body throws, the other ranks do not wait for it: their current or next all-reduce throws a
    /// <see cref="RankFailedException"/>. The same goes for a body that returns while others still all-reduce. Once the
    /// task has ended, the group can be used again.
    /// </remarks>
    /// <exception cref="ArgumentNullException"><paramref name="body"/> is null.</exception>
    /// <exception cref="ConcurrentCallException">A run is going on already.</exception>
    /// <exception cref="ObjectDisposedException">The group is disposed.</exception>
    public Task RunAsync(Action<AllReduceRank> body, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(body);
        if (cancellationToken.IsCancellationRequested)
        {
            return Task.FromCanceled(cancellationToken);
        }

        RankRun run;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_run is not null)
            {
                throw new ConcurrentCallException("This group of " + Kernels.Name + " is in a run already. Await it first, or use a group for each.");
            }

            _rankThreads.Require(WorldSize);
            _run = run = new RankRun(this, _rendezvous, body, EndRun, cancellationToken);
        }

        for (var rank = 0; rank < WorldSize; rank++)
        {
            var index = rank;
            _rankThreads.Start(index, () => run.RunBody(index));
        }

        return run.Completion;
    }

    /// <summary>
    /// Ends the group. Ranks that wait in an all-reduce get an <see cref="ObjectDisposedException"/>, as does every later
    /// call; one that is being computed is finished first.
    /// </summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            _rendezvous.Close(
                new CallFailure(rank => new ObjectDisposedException(nameof(AllReduceGroup), CallFailure.Addressee(rank) + " cannot all-reduce: the group of " + Kernels.Name + " is disposed. Create another.")),
                replace: true);
            _rendezvous.WaitUntilIdle();
            _work.Release();
            _rankThreads.Dispose();
            _helpers.Dispose();
        }
    }

    /// <summary>One rank's share of an all-reduce.</summary>
    internal void AllReduce(int rank, in RankRequest request)
    {
        var slot = _slots[rank];
        if (Interlocked.CompareExchange(ref slot.Busy, 1, 0) != 0)
        {
            throw new ConcurrentCallException("Rank " + rank + " cannot all-reduce " + request.Describe() + ": another thread is in an all-reduce of this rank. Use every rank from one thread at a time.");
        }

        try
        {
            slot.Request = request;
            slot.Result = null;
            if (_rendezvous.Arrive(rank, out var round))
            {
                Execute(WorldSize - 1);
            }

            _rendezvous.Wait(rank, round);
            if (slot.Result is { } failure)
            {
                throw failure.For(rank);
            }
        }
        finally
        {
            Volatile.Write(ref slot.Busy, 0);
        }
    }

    private unsafe void PinAndRun<T>(AllReduceMode mode, bool isByPolicy, ReadOnlySpan<ReadOnlyMemory<T>> inputs, ReadOnlySpan<Memory<T>> outputs, Span<RankRequest> requests, int rank)
        where T : unmanaged
    {
        if (rank == WorldSize)
        {
            AllReduceForAll(requests);
            return;
        }

        // One stack frame per rank: pins that cost nothing, unlike a handle for each buffer.
        var input = inputs[rank].Span;
        var output = outputs[rank].Span;
        fixed (T* source = input)
        fixed (T* destination = output)
        {
            requests[rank] = RankRequest.Of<T>(mode, source, input.Length, destination, output.Length);
            requests[rank].IsByPolicy = isByPolicy;
            PinAndRun(mode, isByPolicy, inputs, outputs, requests, rank + 1);
        }
    }

    private void AllReduceForAll(ReadOnlySpan<RankRequest> requests)
    {
        var round = _rendezvous.ArriveForAll();
        for (var rank = 0; rank < requests.Length; rank++)
        {
            _slots[rank].Request = requests[rank];
        }

        var caller = _slots[WorldSize];
        caller.Result = null;
        Execute(waitingRanks: 0);
        _rendezvous.Wait(WorldSize, round);
        if (caller.Result is { } failure)
        {
            throw failure.For(CallFailure.WholeGroup);
        }
    }

    /// <summary>Runs the round that the calling thread owns, up to its end or to where others finish it.</summary>
    /// <param name="waitingRanks">Threads of other ranks that wait in the round, awake or asleep.</param>
    private void Execute(int waitingRanks)
    {
        VariantKernel? kernel = null;
        bool shared;
        try
        {
            if (CallValidation.Check(RankSlots) is { } invalid)
            {
                _rendezvous.Complete(invalid);
                return;
            }

            ref readonly var first = ref _slots[0].Request;
            kernel = _choice.Kernel(first);
            shared = ShareOrRun(kernel, Gather(), waitingRanks);
        }
        catch (Exception exception)
        {
            // Whatever it is, the ranks that wait must be told, not left waiting.
            _rendezvous.Complete(FailureOf(kernel, exception));
            return;
        }

        if (shared)
        {
            _rendezvous.RunAndLeave(member: 0);
        }
        else
        {
            _rendezvous.Complete(failure: null);
        }
    }

    /// <summary>Runs the call on this thread, or opens it for others to help where that pays.</summary>
    /// <returns>Whether the call was opened; the calling thread is then a member of it.</returns>
    private bool ShareOrRun(VariantKernel kernel, in CallBuffers call, int waitingRanks)
    {
        var bytes = 2L * WorldSize * call.ElementCount * call.ElementBytes;
        var helpers = _work.MaxThreads - 1;
        var wakes = bytes >= MinBytesToWake;
        var chunk = (nint)(_policy.MaxBytes / call.ElementBytes);
        if (helpers == 0 || call.ElementCount <= kernel.StepElements || bytes < MinBytesToShare || (waitingRanks == 0 && !wakes))
        {
            if (call.ElementCount > 0)
            {
                _work.RunAlone(kernel, call, chunk);
            }

            return false;
        }

        var more = wakes ? int.Max(0, helpers - waitingRanks) : 0;
        _helpers.Require(more);
        _work.Share(kernel, call, chunk);
        for (var helper = 0; helper < more; helper++)
        {
            _helpers.Start(helper, _help);
        }

        if (wakes)
        {
            _rendezvous.WakeHelpers(int.Min(helpers, waitingRanks));
        }

        return true;
    }

    private CallFailure FailureOf(VariantKernel? kernel, Exception exception) => exception switch
    {
        VariantNotDeclaredException undeclared => new CallFailure(rank => new VariantNotDeclaredException(CallFailure.Addressee(rank) + " cannot all-reduce: " + undeclared.Message)),
        NativeLibraryException library => new CallFailure(rank => new NativeLibraryException(library.Problem, library.Path, CallFailure.Addressee(rank) + " cannot all-reduce: " + library.Message, library.InnerException)),
        _ => SharedWork.Failure(kernel?.Variant.ToString() ?? Kernels.Name, exception),
    };

    private unsafe CallBuffers Gather()
    {
        CallBuffers call = default;
        for (var rank = 0; rank < WorldSize; rank++)
        {
            ref readonly var request = ref _slots[rank].Request;
            call.Set(rank, request.Input, request.Output);
        }

        call.ElementCount = _slots[0].Request.InputLength;
        call.ElementBytes = _slots[0].Request.ElementBytes;
        return call;
    }

    private void EndRun()
    {
        lock (_gate)
        {
            _run = null;
            if (!_disposed)
            {
                _rendezvous.Reopen();
            }
        }
    }
}
