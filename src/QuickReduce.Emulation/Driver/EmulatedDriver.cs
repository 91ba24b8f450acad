using QuickReduce.Devices.Gpu;
using QuickReduce.Emulation.Scheduling;

namespace QuickReduce.Emulation.Driver;

/// <summary>
/// Stands where the HIP run time does. Kernels run on the thread that waits for them, as far as the wait needs: what one
/// thread enqueues and waits for runs in the same order every time.
/// </summary>
internal sealed unsafe partial class EmulatedDriver : GpuDriver
{
    private const int SliceInstructions = 20_000;
    private const int L2CacheBytes = 4 << 20;
    private const long MemoryBytes = 16L << 30;

    private readonly Lock _gate = new();
    private readonly EmulationOptions _options;
    private readonly StreamQueue[] _defaultStreams;
    private readonly Guid[] _identities;
    private readonly Dictionary<nint, StreamQueue> _streams = [];
    private readonly Dictionary<nint, EventState> _events = [];
    private readonly Dictionary<nint, Work> _graphs = [];
    private readonly Dictionary<nint, LoadedModule> _modules = [];
    private readonly Dictionary<nint, LoadedKernel> _functions = [];
    private nint _lastHandle;
    private long _lastEnqueued = Environment.TickCount64;

    public EmulatedDriver(EmulationOptions options)
    {
        _options = options;
        Machine = new Machine(options);
        _identities = [.. Enumerable.Range(0, options.Devices).Select(static _ => Guid.NewGuid())];
        _defaultStreams = [.. Enumerable.Range(0, options.Devices).Select(static device => new StreamQueue(device))];
    }

    public Machine Machine { get; }

    /// <summary>What a kernel did that it may not do; null while none has.</summary>
    public EmulationException? Lost { get; private set; }

    public override DeviceKind Kind => DeviceKind.Hip;

    public override string LibraryName => "the emulator";

    public override string CodeObjectExtension => ".hsaco";

    public override int DeviceCount => _options.Devices;

    public override bool CachesSharedMemory => false;

    public override int ConcurrentStreams => 64;

    public override string ConcurrentStreamsRemedy => "Use more emulated devices.";

    public override DeviceDescription Describe(int device) =>
        new("emulated " + _options.Architecture, _options.Architecture, MemoryBytes, _options.ComputeUnits, L2CacheBytes);

    // Nothing but this driver knows its devices.
    public override nint MakeCurrent(int device) => 0;

    public override void RestoreCurrent(nint previous)
    {
    }

    public override Guid IdentityOf(int device) => _identities[device];

    public override void SynchronizeDevice(int device) => RunUntil(() => IsIdle(device));

    public override bool CanAccessPeer(int device, int peer) => true;

    public override void EnablePeerAccess(int device, int peer)
    {
    }

    protected override string ErrorText(int error) => "error " + error;

    /// <summary>Whether waiting for kernels makes no sense any more.</summary>
    private bool HasStopped => Lost is not null || _options.Cancellation.IsCancellationRequested;

    private bool IsIdle(int device) =>
        _defaultStreams[device].IsIdle && _streams.Values.All(stream => stream.Device != device || stream.IsIdle);

    /// <summary>Runs kernels, and whatever else is enqueued, until something is the case.</summary>
    /// <exception cref="GpuException">A kernel did something that it may not do, now or earlier.</exception>
    private void RunUntil(Func<bool> condition)
    {
        while (true)
        {
            _options.Cancellation.ThrowIfCancellationRequested();
            bool isIdle;
            lock (_gate)
            {
                ThrowIfLost();
                try
                {
                    AdvanceStreams();
                    if (condition())
                    {
                        return;
                    }

                    RequireProgress();
                    Machine.Run(SliceInstructions);
                }
                catch (EmulationException problem)
                {
                    Lost = problem;
                    ThrowIfLost();
                }

                isIdle = Machine.IsIdle;
            }

            // Others may want to enqueue what these kernels wait for.
            if (isIdle)
            {
                Thread.Sleep(1);
            }
            else
            {
                Thread.Yield();
            }
        }
    }

    private void AdvanceStreams()
    {
        for (var happened = true; happened;)
        {
            happened = false;
            foreach (var stream in _defaultStreams.Concat(_streams.Values))
            {
                happened |= stream.Advance();
            }
        }
    }

    private void RequireProgress()
    {
        if (Environment.TickCount64 - _lastEnqueued < _options.LivelockGrace.TotalMilliseconds)
        {
            return;
        }

        if (Machine.IsIdle)
        {
            throw new EmulationException(EmulationProblem.Livelock, "Nothing runs, and a stream waits for an event that no stream will come to.");
        }

        if (Machine.Instructions - Machine.LastProgress > _options.LivelockInstructions)
        {
            throw new EmulationException(EmulationProblem.Livelock, "Kernels wait for each other in vain: " + _options.LivelockInstructions + " instructions changed nothing; " + Machine.Describe() + ".");
        }
    }

    private void ThrowIfLost()
    {
        if (Lost is { } problem)
        {
            throw new GpuException(GpuProblem.DeviceLost, "The emulated device stopped: " + problem.Message, inner: problem);
        }
    }

    private void Enqueue(int device, nint stream, Work work)
    {
        lock (_gate)
        {
            ThrowIfLost();
            Stream(device, stream).Enqueue(work);
            _lastEnqueued = Environment.TickCount64;
        }
    }

    /// <summary>Enqueues what is done as soon as it is its turn.</summary>
    private void Enqueue(int device, nint stream, Action action) => Enqueue(device, stream, () =>
    {
        action();
        return static () => true;
    });

    private nint NewHandle() => ++_lastHandle << 4;

    private StreamQueue Stream(int device, nint stream) =>
        stream == 0 ? _defaultStreams[device] : _streams.GetValueOrDefault(stream) ?? throw Invalid("stream");

    private static GpuException Invalid(string what) => new(GpuProblem.DriverError, "The emulator knows no such " + what + ": it was destroyed, or is another library's.");
}
