using QuickReduce.Emulation.Scheduling;

namespace QuickReduce.Emulation.Trials;

/// <summary>
/// Runs one variant's kernel, as the build compiled it, on an emulated machine through a <see cref="GpuGroup"/>, and
/// compares every rank's results bit for bit with the managed backend's: calls of several sizes in a row on every rank's
/// stream, and again as a graph.
/// </summary>
/// <param name="kernels">The kernel set.</param>
/// <param name="variant">A variant of it.</param>
/// <param name="libraryDirectory">The directory in which <c>quickreduce/gfx942</c> has the code objects.</param>
public sealed class AllReduceTrial(KernelSet kernels, KernelVariant variant, string libraryDirectory)
{
    private static readonly TrialData[] AllData = [TrialData.Finite, TrialData.AnyBits, TrialData.Subnormal];

    /// <summary>Numbers of elements of the calls, in their order.</summary>
    public IReadOnlyList<int> Sizes { get; init; } = [1, 4097, 33];

    /// <summary>What the messages hold: a kind for each call, in turn.</summary>
    public IReadOnlyList<TrialData> Data { get; init; } = AllData;

    /// <summary>The machine, but for its number of devices and its seed.</summary>
    public EmulationOptions Machine { get; init; } = new() { Skew = true, WeakMemory = true };

    /// <summary>Whether all ranks share one device; otherwise each has its own.</summary>
    public bool SharesDevice { get; init; }

    /// <summary>Most blocks of a rank; 0 for as many as are resident together.</summary>
    public int MaxBlocks { get; init; }

    /// <summary>How often all calls are replayed as a graph after they were made, with new messages each time.</summary>
    public int Replays { get; init; }

    /// <summary>Whether results take the place of the messages.</summary>
    public bool InPlace { get; init; }

    /// <summary>Messages to all-reduce in every call instead of made ones: bytes of the variant's data type, for each rank.</summary>
    public IReadOnlyList<byte[]>? Messages { get; init; }

    /// <summary>Runs the trial.</summary>
    /// <param name="seed">Decides the schedule and the messages.</param>
    /// <param name="cancellation">Stops the machine.</param>
    /// <exception cref="NativeLibraryException">The code object is missing, stale, or damaged.</exception>
    /// <exception cref="GpuException">The emulator cannot run the kernel: it uses what is not modelled.</exception>
    /// <exception cref="ArgumentException">The given messages do not go together.</exception>
    /// <exception cref="OperationCanceledException">The trial was cancelled.</exception>
    public TrialReport Run(ulong seed, CancellationToken cancellation = default) => variant.DataType switch
    {
        DataType.Float16 => Run<Half>(seed, cancellation),
        DataType.BFloat16 => Run<BFloat16>(seed, cancellation),
        _ => Run<float>(seed, cancellation),
    };

    private TrialReport Run<T>(ulong seed, CancellationToken cancellation)
        where T : unmanaged
    {
        // The variant alone: what a group does not need it does not load.
        var unit = kernels.Units.Single(unit => unit.Name == kernels.Name + "." + variant.UnitName);
        var set = new KernelSet(kernels.Name, [variant], [unit]);
        var machine = new EmulatedMachine(Machine with { Devices = SharesDevice ? 1 : variant.WorldSize, Seed = seed, Cancellation = cancellation });
        string? finding;
        try
        {
            using var calls = new TrialCalls<T>(machine, set, variant, libraryDirectory, MaxBlocks, CallSizes<T>(), InPlace);
            finding = Run(calls, set, seed);
        }
        catch (GpuException problem) when (problem.Problem == GpuProblem.DeviceLost && machine.Problem is not null)
        {
            return new TrialReport(variant.KernelName, seed, TrialOutcome.Stopped, machine.Instructions, machine.Problem.Message, machine.Problem.Problem);
        }

        return new TrialReport(variant.KernelName, seed, finding is null ? TrialOutcome.Identical : TrialOutcome.Different, machine.Instructions, finding, null);
    }

    private string? Run<T>(TrialCalls<T> calls, KernelSet set, ulong seed)
        where T : unmanaged
    {
        using var managed = AllReduceGroup.Create(set, variant.WorldSize, new GroupOptions { Device = DeviceKind.Managed, Algorithm = variant.Algorithm });
        var random = new SeededRandom(SeededRandom.Mix(seed + 3));
        for (var turn = 0; turn <= Replays; turn++)
        {
            var messages = calls.Sizes.Select((size, call) => Make<T>(random, call, size)).ToArray();
            calls.Write(messages);
            if (turn == 0)
            {
                calls.Enqueue();
            }
            else
            {
                calls.Replay();
            }

            for (var call = 0; call < calls.Sizes.Count; call++)
            {
                if (calls.Difference(call, Expected(managed, messages[call])) is { } difference)
                {
                    return (turn == 0 ? "Call " : "Replay " + turn + ", call ") + (call + 1) + " of " + calls.Sizes.Count + ": " + difference;
                }
            }
        }

        return null;
    }

    private IReadOnlyList<int> CallSizes<T>()
        where T : unmanaged
    {
        if (Messages is null)
        {
            return Sizes;
        }

        var bytes = Messages[0].Length;
        if (Messages.Count != variant.WorldSize || Messages.Any(message => message.Length != bytes) || bytes % System.Runtime.CompilerServices.Unsafe.SizeOf<T>() != 0)
        {
            throw new ArgumentException("A trial of " + variant.WorldSize + " ranks needs as many messages, of one length, of whole elements.");
        }

        return [bytes / System.Runtime.CompilerServices.Unsafe.SizeOf<T>()];
    }

    private T[][] Make<T>(SeededRandom random, int call, int size)
        where T : unmanaged => Messages is { } given
            ? [.. given.Select(static message => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, T>(message).ToArray())]
            : TrialMessages.Make<T>(Data[call % Data.Count], random, variant.WorldSize, size);

    private T[] Expected<T>(AllReduceGroup managed, T[][] messages)
        where T : unmanaged
    {
        var sums = messages.Select(static message => new T[message.Length]).ToArray();
        managed.AllReduce<T>(
            variant.Mode,
            messages.Select(static message => (ReadOnlyMemory<T>)message).ToArray(),
            sums.Select(static sum => (Memory<T>)sum).ToArray());
        return sums[0];
    }
}
