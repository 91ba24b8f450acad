namespace QuickReduce.Devices.Processes;

/// <summary>
/// Runs one rank's phases of a variant, chunk by chunk, through memory that it shares with its peers. Immutable and
/// thread-safe.
/// </summary>
/// <remarks>
/// What runs when, and who has waited for whom before, is the caller's part (<c>CallSchedule</c>). All ranks come to the
/// same <see cref="Hops"/> and <see cref="ChunkElements"/> for a message.
/// </remarks>
internal abstract unsafe class RankKernel(KernelVariant variant, nint rankStride)
{
    /// <summary>The variant that is run.</summary>
    public KernelVariant Variant { get; } = variant;

    /// <summary>How it cuts a message; whole tiles can be all-reduced apart from each other.</summary>
    public KernelGeometry Geometry { get; } = new(variant);

    /// <summary>Bytes at the start of a rank's part of a region that are not this kernel's to write.</summary>
    public nint RegionStart { get; init; }

    /// <summary>Bytes from one rank's part of a region to the next rank's.</summary>
    protected nint RankStride { get; } = rankStride;

    /// <summary>
    /// 1 where every rank reads all that the others send, 2 where every rank reduces a segment and sends the sum on.
    /// </summary>
    public abstract int Hops(nint elementCount);

    /// <summary>Most elements of a chunk.</summary>
    public abstract int ChunkElements(nint elementCount);

    /// <summary>Phase 1: writes a chunk for the peers.</summary>
    public abstract void Send(in RankCall call, in RankChunk chunk);

    /// <summary>Gets back the lines that a chunk like this one will be sent in, which peers have read and do not any more.</summary>
    public virtual void Claim(in RankCall call, in RankChunk chunk)
    {
    }

    /// <summary>Phase 2, with two hops: reduces the own segment and writes the sum for the peers.</summary>
    public abstract void Reduce(in RankCall call, in RankChunk chunk);

    /// <summary>Phase 3: writes the output.</summary>
    public abstract void Receive(in RankCall call, in RankChunk chunk);
}
