namespace QuickReduce.Devices.Processes;

/// <summary>
/// Gives every rank what every rank has: the message is cut into as many parts as there are ranks, of which each has its own,
/// and afterwards all. Elements are copied, not computed with.
/// </summary>
/// <remarks>
/// To the schedule the message is one part; chunks are chunks of the parts. <c>RankCall.Input</c> is this rank's part,
/// <c>RankCall.Output</c> the whole, of <see cref="TotalElements"/>: the last parts may be shorter, or empty.
/// </remarks>
internal sealed unsafe class GatherRankKernel(KernelVariant variant, nint rankStride, int regionBytes) : RankKernel(variant, rankStride)
{
    private readonly int _elementBytes = WireFormat.SizeOf(variant.DataType);

    /// <summary>Elements of the whole in the current call; the same on all ranks.</summary>
    public nint TotalElements { get; set; }

    public override int Hops(nint elementCount) => 1;

    public override int ChunkElements(nint elementCount) => regionBytes / _elementBytes;

    public override void Send(in RankCall call, in RankChunk chunk) =>
        Copy(call.Input + chunk.First * _elementBytes, chunk.Region + call.Rank * RankStride, CountOf(call, chunk, call.Rank));

    public override void Reduce(in RankCall call, in RankChunk chunk) => throw new InvalidOperationException("A gather has one hop.");

    public override void Receive(in RankCall call, in RankChunk chunk)
    {
        for (var rank = 0; rank < Variant.WorldSize; rank++)
        {
            Copy(chunk.Region + rank * RankStride, call.Output + (rank * call.ElementCount + chunk.First) * _elementBytes, CountOf(call, chunk, rank));
        }
    }

    private nint CountOf(in RankCall call, in RankChunk chunk, int rank) =>
        nint.Clamp(TotalElements - (rank * call.ElementCount + chunk.First), 0, chunk.Count);

    private void Copy(byte* source, byte* target, nint elements) =>
        Buffer.MemoryCopy(source, target, elements * _elementBytes, elements * _elementBytes);
}
