using QuickReduce.Rendezvous;

namespace QuickReduce.Collectives.Processes;

/// <summary>
/// What a rank has of a shared buffer: its own part, and the peers' at a constant distance. Every rank maps all parts.
/// </summary>
internal sealed unsafe class SharedMemoryPart : IDisposable
{
    private const int PageBytes = 4096;

    private readonly SharedSegment _segment;

    /// <summary>Takes over a segment in which all ranks have a part.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="number">Number of the buffer, the same on all ranks, from 1.</param>
    /// <param name="rank">This rank.</param>
    /// <param name="stride">Bytes from one rank's part to the next rank's.</param>
    public SharedMemoryPart(SharedSegment segment, uint number, int rank, long stride)
    {
        _segment = segment;
        Number = number;
        Stride = (nint)stride;
        Start = segment.Memory + rank * stride;
    }

    /// <summary>Number of the buffer.</summary>
    public uint Number { get; }

    /// <summary>Start of the own part.</summary>
    public byte* Start { get; }

    /// <summary>Bytes from one rank's part to the next rank's; a part has as many.</summary>
    public nint Stride { get; }

    /// <summary>Bytes of a rank's part: whole pages, so that no two ranks write to one line.</summary>
    public static long StrideOf(long bytes) => long.Max(1, (bytes + PageBytes - 1) / PageBytes) * PageBytes;

    /// <summary>Whether memory lies in the own part.</summary>
    public bool Holds(byte* memory, nint bytes) => memory >= Start && bytes <= Stride && memory - Start <= Stride - bytes;

    /// <summary>Unmaps all parts. No call may be using them.</summary>
    public void Dispose() => _segment.Dispose();
}
