namespace QuickReduce.Devices.Processes;

/// <summary>One rank's all-reduce whose peers are other processes, as its kernel sees it.</summary>
internal unsafe struct RankCall
{
    /// <summary>This rank's elements.</summary>
    public byte* Input;

    /// <summary>Where the sum goes; may equal <see cref="Input"/>.</summary>
    public byte* Output;

    /// <summary>Bytes from one rank's input to the next rank's, where this rank sees them all; otherwise 0.</summary>
    public nint InputStride;

    /// <summary>The same of the outputs.</summary>
    public nint OutputStride;

    /// <summary>Elements in the message.</summary>
    public nint ElementCount;

    /// <summary>This rank.</summary>
    public int Rank;

    /// <summary>What <see cref="RankKernel.Hops"/> says for the message.</summary>
    public int Hops;
}

/// <summary>A part of a message, and the shared memory that it passes through.</summary>
internal unsafe struct RankChunk
{
    /// <summary>First element.</summary>
    public nint First;

    /// <summary>Number of elements.</summary>
    public nint Count;

    /// <summary>Rank 0's part of the chunk's region, as far as it is the kernel's, aligned to 4096; the other ranks' follow.</summary>
    public byte* Region;

    /// <summary>Number of the region.</summary>
    public int RegionIndex;
}
