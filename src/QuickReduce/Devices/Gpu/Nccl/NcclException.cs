namespace QuickReduce;

/// <summary>NCCL or RCCL, which GPU ranks on several hosts need, is not there or has failed. The message says what to do.</summary>
public sealed class NcclException : QuickReduceException
{
    internal NcclException(string message, int? errorCode = null)
        : base(message) => ErrorCode = errorCode;

    /// <summary>The library's own number for the error (an <c>ncclResult_t</c>); null where it was not the library that found it.</summary>
    public int? ErrorCode { get; }
}
