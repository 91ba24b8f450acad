namespace QuickReduce;

/// <summary>
/// Base of everything that QuickReduce throws on its own account. Arguments of plain methods (a rank's index, a null
/// kernel set) are reported with the framework's argument exceptions, a disposed group with
/// <see cref="ObjectDisposedException"/>.
/// </summary>
/// <remarks>
/// An all-reduce that throws one of these has left every output buffer as it was, on every rank, and the group can be
/// used again.
/// </remarks>
public abstract class QuickReduceException : Exception
{
    private protected QuickReduceException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}

/// <summary>The kernel set does not declare the variant, or the world size, that was asked for.</summary>
public sealed class VariantNotDeclaredException : QuickReduceException
{
    internal VariantNotDeclaredException(string message)
        : base(message)
    {
    }
}

/// <summary>
/// The ranks of one all-reduce did not ask for the same thing (element type, regime or length). Every rank gets it.
/// </summary>
public sealed class RankMismatchException : QuickReduceException
{
    internal RankMismatchException(string message)
        : base(message)
    {
    }
}

/// <summary>
/// A buffer cannot be used: input and output differ in length, a pointer is not aligned to the element, or an output
/// overlaps a buffer that it may not overlap. Every rank gets it.
/// </summary>
public sealed class InvalidBufferException : QuickReduceException
{
    internal InvalidBufferException(int rank, string message)
        : base(message) => Rank = rank;

    /// <summary>The rank whose buffer it is.</summary>
    public int Rank { get; }
}

/// <summary>One rank, or the whole group, was used from two threads at once.</summary>
public sealed class ConcurrentCallException : QuickReduceException
{
    internal ConcurrentCallException(string message)
        : base(message)
    {
    }
}

/// <summary>
/// Some ranks did not come to an all-reduce in time. Ranks that waited get it at once; a rank that comes late gets it
/// for that call, so that calls of different ranks never pair up wrongly afterwards.
/// </summary>
public sealed class RankTimeoutException : QuickReduceException
{
    internal RankTimeoutException(IReadOnlyList<int> missingRanks, string message)
        : base(message) => MissingRanks = missingRanks;

    /// <summary>The ranks that had not called when the time was over, in ascending order.</summary>
    public IReadOnlyList<int> MissingRanks { get; }
}

/// <summary>
/// Another rank of the same <see cref="AllReduceGroup.RunAsync"/> cannot take part any more: its body threw, or
/// returned before this call.
/// </summary>
public sealed class RankFailedException : QuickReduceException
{
    internal RankFailedException(int failedRank, string message, Exception? inner)
        : base(message, inner) => FailedRank = failedRank;

    /// <summary>The rank that failed or left; what its body threw is the inner exception.</summary>
    public int FailedRank { get; }
}

/// <summary>
/// A rank has called <see cref="Communicator.Abort"/>. Every rank that is in a call, or makes another, gets it; the group
/// is over, the process is not: dispose the communicator and join again.
/// </summary>
public sealed class GroupAbortedException : QuickReduceException
{
    internal GroupAbortedException(int abortingRank, string message)
        : base(message) => AbortingRank = abortingRank;

    /// <summary>The rank that called it.</summary>
    public int AbortingRank { get; }
}

/// <summary>
/// A rank cannot have its part of a buffer that the group shares (<see cref="Communicator.AllocateShared{T}"/>). Every
/// rank gets it, none has the buffer, and the group goes on.
/// </summary>
public sealed class SharedMemoryException : QuickReduceException
{
    internal SharedMemoryException(int rank, string message)
        : base(message) => Rank = rank;

    /// <summary>The rank that cannot have its part.</summary>
    public int Rank { get; }
}

/// <summary>A kernel failed while it ran. Unlike with every other exception, outputs may have been written.</summary>
public sealed class KernelFailedException : QuickReduceException
{
    internal KernelFailedException(string message, Exception inner)
        : base(message, inner)
    {
    }
}

/// <summary>What is wrong with a native kernel library.</summary>
public enum NativeLibraryProblem
{
    /// <summary>This operating system or processor has no native kernels.</summary>
    UnsupportedPlatform,

    /// <summary>There is no such file, or none for the device.</summary>
    Missing,

    /// <summary>The file is not the one that the build wrote: truncated, changed, or without its checksum.</summary>
    Corrupt,

    /// <summary>The operating system's loader refuses it, or an entry point is missing.</summary>
    NotLoadable,

    /// <summary>It was built from another version of the kernel's source than the application.</summary>
    Stale,

    /// <summary>It was built for another version of the interface between QuickReduce and its kernels.</summary>
    WrongAbi,
}

/// <summary>A native kernel library cannot be used. The message names the file and what to do.</summary>
public sealed class NativeLibraryException : QuickReduceException
{
    internal NativeLibraryException(NativeLibraryProblem problem, string? path, string message, Exception? inner = null)
        : base(message, inner)
    {
        Problem = problem;
        Path = path;
    }

    /// <summary>What is wrong.</summary>
    public NativeLibraryProblem Problem { get; }

    /// <summary>The library's file, or null where the platform has none.</summary>
    public string? Path { get; }
}
