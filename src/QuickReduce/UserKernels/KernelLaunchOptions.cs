namespace QuickReduce;

/// <summary>How a kernel is launched. Immutable; keep one and use it for all calls.</summary>
public sealed class KernelLaunchOptions
{
    internal static KernelLaunchOptions Default { get; } = new();

    /// <summary>
    /// Most threads that blocks are shared among; 0 for as many as there are processors. With 1, blocks run one after
    /// the other on the calling thread, and the call allocates nothing.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is negative.</exception>
    public int MaxThreads
    {
        get;
        init => field = value >= 0 ? value : throw new ArgumentOutOfRangeException(nameof(value), value, "Must be 0 or more.");
    }

    /// <summary>
    /// Directory under which native libraries lie, in <c>quickreduce/</c>; null for the application's own directory
    /// (<see cref="AppContext.BaseDirectory"/>), where the build puts them.
    /// </summary>
    public string? LibraryDirectory { get; init; }
}
