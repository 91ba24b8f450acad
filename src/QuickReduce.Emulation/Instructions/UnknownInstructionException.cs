namespace QuickReduce.Emulation.Instructions;

/// <summary>An instruction is not known, or uses something that is not modelled. The message says which and where.</summary>
internal sealed class UnknownInstructionException(int address, string message) : Exception(message)
{
    /// <summary>Address relative to the start of the code, in bytes.</summary>
    public int Address { get; } = address;
}
