using QuickReduce.Policy;

namespace QuickReduce;

/// <summary>Options of an <see cref="AllReduceGroup"/>. Read once, when the group is created.</summary>
public sealed class GroupOptions
{
    /// <summary>What runs the kernels.</summary>
    public DeviceKind Device { get; init; } = DeviceKind.Auto;

    /// <summary>Most threads that work on one all-reduce at once; 0 for as many as there are processors.</summary>
    public int MaxThreads { get; init; }

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

    /// <summary>
    /// Directory under which native libraries lie, in <c>quickreduce/</c>; null for the application's own directory
    /// (<see cref="AppContext.BaseDirectory"/>), where the build puts them.
    /// </summary>
    public string? LibraryDirectory { get; init; }

    /// <summary>
    /// How long a rank waits in an all-reduce for the others to call; then those that wait get a
    /// <see cref="RankTimeoutException"/>. <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for ever.
    /// </summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Prepares the decisions of a group with these options.</summary>
    /// <exception cref="VariantNotDeclaredException">What the policy asks for is not declared.</exception>
    /// <exception cref="TuningProfileException">The policy's profile is another machine's.</exception>
    internal PolicyTable Prepare(KernelSet kernels, int worldSize, DeviceKind device) =>
        PolicyTable.Prepare(Policy, Algorithm, OneShotMaxBytes, kernels, worldSize, device, gpus: []);

    /// <summary>Says which option is out of range.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One is.</exception>
    internal void Validate()
    {
        if (MaxThreads is < 0 or > ushort.MaxValue)
        {
            throw new ArgumentOutOfRangeException("options", MaxThreads, "GroupOptions.MaxThreads is 0 (as many as processors) or a number of threads.");
        }

        if (Timeout <= TimeSpan.Zero && Timeout != System.Threading.Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException("options", Timeout, "GroupOptions.Timeout is positive, or Timeout.InfiniteTimeSpan.");
        }

        if (OneShotMaxBytes < 0)
        {
            throw new ArgumentOutOfRangeException("options", OneShotMaxBytes, "GroupOptions.OneShotMaxBytes is a number of bytes, not negative.");
        }
    }
}
