namespace QuickReduce;

/// <summary>MPI, which ranks on several hosts need, is not there or does not work. The message says what to do.</summary>
public sealed class MpiException : QuickReduceException
{
    internal MpiException(string message)
        : base(message)
    {
    }
}
