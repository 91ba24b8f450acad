namespace QuickReduce.Collectives;

/// <summary>
/// Why a call failed. Every rank gets an exception of its own made from it, since one exception object thrown on several
/// threads would mix up their stack traces.
/// </summary>
/// <param name="exceptionFor">Makes the exception of a rank; <see cref="WholeGroup"/> for a call on behalf of all.</param>
internal sealed class CallFailure(Func<int, Exception> exceptionFor)
{
    /// <summary>Stands for all ranks in a call that one thread makes for them.</summary>
    public const int WholeGroup = -1;

    /// <summary>The exception of a rank.</summary>
    public Exception For(int rank) => exceptionFor(rank);

    /// <summary>How a message addresses the one who gets it.</summary>
    public static string Addressee(int rank) => rank == WholeGroup ? "All ranks" : "Rank " + rank;
}
