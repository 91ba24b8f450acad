namespace QuickReduce.Emulation;

/// <summary>How an <see cref="EmulatedMachine"/> is made and how it schedules. Read once.</summary>
public sealed record EmulationOptions
{
    /// <summary>Number of devices, each with the memory of all others in reach.</summary>
    public int Devices { get; init; } = 1;

    /// <summary>Decides the order in which waves run, how long they stall, and when what they write is seen.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether waves and whole kernels stall at random, for long. Without it, mistakes in a protocol hardly show.</summary>
    public bool Skew { get; init; }

    /// <summary>
    /// Whether what a wave stores may stay invisible to other workgroups until the wave waits for it, or until later, out
    /// of order; and loads may be done as late as when their wave waits for them.
    /// </summary>
    public bool WeakMemory { get; init; }

    /// <summary>
    /// Compute units of each device. Few are enough for every schedule that matters, and keep workspaces small; the real
    /// MI300X has 304.
    /// </summary>
    public int ComputeUnits { get; init; } = 4;

    /// <summary>Most workgroups that are resident on a device at the same time; 0 for as many as its compute units hold.</summary>
    public int MaxResidentBlocks { get; init; }

    /// <summary>Number of instructions without any change to memory after which kernels are said to wait for each other in vain.</summary>
    public long LivelockInstructions { get; init; } = 4_000_000;

    /// <summary>How long, in addition, the host must not have enqueued anything: it may be about to launch what is waited for.</summary>
    public TimeSpan LivelockGrace { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Stops kernels that run, and whoever waits for them, with an <see cref="OperationCanceledException"/>.</summary>
    public CancellationToken Cancellation { get; init; }

    /// <summary>The architecture of the devices: <c>gfx942</c> or <c>gfx950</c>.</summary>
    public string Architecture { get; init; } = "gfx942";
}
