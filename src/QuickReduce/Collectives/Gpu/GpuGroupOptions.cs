using QuickReduce.Policy;

namespace QuickReduce;

/// <summary>Options of a <see cref="GpuGroup"/>. Read once, when the group is created.</summary>
public sealed class GpuGroupOptions
{
    /// <summary>
    /// The device of every rank, rank 0 first; null for the first devices of this machine, one for each rank. A device
    /// may be given several times: its ranks then share it ("virtual ranks", for development and tests).
    /// </summary>
    public IReadOnlyList<GpuDevice>? Devices { get; init; }

    /// <summary>
    /// Directory under which code objects lie, in <c>quickreduce/</c>; null for the application's own directory
    /// (<see cref="AppContext.BaseDirectory"/>), where the build puts them.
    /// </summary>
    public string? LibraryDirectory { get; init; }

    /// <summary>
    /// Whether kernels for which the build made no code that fits a device are compiled when the group is created (AMD: by
    /// hipRTC, a second or two for each translation unit), and kept in the user's cache. If not, the group is refused.
    /// </summary>
    public bool CompileMissingKernels { get; init; } = true;

    /// <summary>Told, on the thread that creates the group, of every unit that is about to be compiled; null for nobody.</summary>
    public IProgress<KernelCompilation>? CompilationProgress { get; init; }

    /// <summary>
    /// Most thread blocks of a rank in one all-reduce; 0 for what suits the device. More than can be resident at the same
    /// time is refused.
    /// </summary>
    public int MaxBlocks { get; init; }

    /// <summary>
    /// How calls that name no regime are done, for example <see cref="AllReducePolicy.FromEnvironment()"/>; null for full
    /// precision.
    /// </summary>
    public AllReducePolicy? Policy { get; init; }

    /// <summary>
    /// The algorithm of every call; null for the one that suits a call's size, among those that the kernel set
    /// declares. In quantised regimes the two give different results, each the same on every device.
    /// </summary>
    public AllReduceAlgorithm? Algorithm { get; init; }

    /// <summary>
    /// Largest message, in bytes per rank, for which one-shot is chosen where both algorithms are declared; null for a
    /// default that depends on the number of ranks and on the regime.
    /// </summary>
    public long? OneShotMaxBytes { get; init; }

    /// <summary>When raw pointers and streams are looked up with the driver.</summary>
    public PointerChecks PointerChecks { get; init; } = PointerChecks.FirstUse;

    /// <summary>
    /// Whether kernels are launched as cooperative ones, so that the driver itself refuses a grid that cannot be resident
    /// at once. Costs half a microsecond; the group makes sure without it, as long as nothing else runs on the device.
    /// </summary>
    public bool CooperativeLaunch { get; init; }

    /// <summary>
    /// How long ranks that have called wait for one that has not; then the group fails with a
    /// <see cref="RankTimeoutException"/> and the kernels that wait are released.
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for ever.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The same, on one device.</summary>
    internal GpuGroupOptions On(GpuDevice device) => new()
    {
        Devices = [device],
        LibraryDirectory = LibraryDirectory,
        CompileMissingKernels = CompileMissingKernels,
        CompilationProgress = CompilationProgress,
        MaxBlocks = MaxBlocks,
        Policy = Policy,
        Algorithm = Algorithm,
        OneShotMaxBytes = OneShotMaxBytes,
        PointerChecks = PointerChecks,
        CooperativeLaunch = CooperativeLaunch,
        Timeout = Timeout,
    };

    /// <summary>Says which option is out of range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is.</exception>
    internal void Validate()
    {
        if (MaxBlocks is < 0 or > KernelGeometry.MaxSlots)
        {
            throw new ArgumentOutOfRangeException("options", MaxBlocks, "GpuGroupOptions.MaxBlocks is 0 (what suits the device) to " + KernelGeometry.MaxSlots + ".");
        }

        if (Timeout <= TimeSpan.Zero && Timeout != System.Threading.Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException("options", Timeout, "GpuGroupOptions.Timeout is positive, or Timeout.InfiniteTimeSpan.");
        }

        if (OneShotMaxBytes < 0)
        {
            throw new ArgumentOutOfRangeException("options", OneShotMaxBytes, "GpuGroupOptions.OneShotMaxBytes is a number of bytes, not negative.");
        }
    }

    /// <summary>Prepares the decisions of a group with these options.</summary>
    /// <param name="kernels">The kernels to choose from.</param>
    /// <param name="worldSize">Number of ranks, of this process and of others.</param>
    /// <param name="kind">What runs the kernels.</param>
    /// <param name="devices">This process's devices.</param>
    /// <exception cref="VariantNotDeclaredException">What the policy asks for is not declared.</exception>
    /// <exception cref="TuningProfileException">The policy's profile is another machine's.</exception>
    internal PolicyTable Prepare(KernelSet kernels, int worldSize, DeviceKind kind, IReadOnlyList<GpuDevice> devices) =>
        PolicyTable.Prepare(Policy, Algorithm, OneShotMaxBytes, kernels, worldSize, kind, devices);
}

/// <summary>When raw pointers and streams are looked up with the driver. Buffers of QuickReduce's own need no look-up.</summary>
public enum PointerChecks
{
    /// <summary>
    /// When a rank sees an allocation, or a stream, that is not among the last few it has seen: tens of nanoseconds per
    /// call in the long run. An allocation that was freed meanwhile is not noticed.
    /// </summary>
    FirstUse = 0,

    /// <summary>In every call: some hundred nanoseconds.</summary>
    Always = 1,

    /// <summary>Never. A pointer that the device cannot access then crashes the kernel, and with it the device for this process.</summary>
    Never = 2,
}
