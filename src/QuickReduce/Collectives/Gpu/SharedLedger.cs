using System.Diagnostics;
using System.Runtime.InteropServices;
using QuickReduce.Collectives.Processes;
using QuickReduce.Rendezvous;

namespace QuickReduce.Collectives.Gpu;

/// <summary>
/// Account of what every rank of a group of processes has called, in the memory that they share: so that ranks which call
/// different things are found out before the second of them launches a kernel, and ranks which do not call at all by those
/// that wait for them. On the device they would wait for ever, or mix up their messages.
/// </summary>
/// <remarks>
/// <para>Every rank writes what it calls to a ring of its own, says that it has, and then compares with all who have said
/// so of the same call. Of two ranks at least the later one sees the other's, since each says so before it looks. A place
/// of the ring is used again when all ranks have compared what stood there; a rank that is further ahead waits.</para>
/// <para>One thread of the owning rank makes calls; the questions are thread-safe.</para>
/// </remarks>
internal sealed unsafe class SharedLedger
{
    /// <summary>Calls that one rank may be ahead of another.</summary>
    public const int Depth = 256;

    // What the owner writes in every call and what others poll do not share cache lines.
    private const int MadeOffset = 0;
    private const int ComparedOffset = 128;
    private const int ClosedOffset = 256;
    private const int AwaitedOffset = 260;
    private const int RingOffset = 384;
    private const int RankBytes = 12288;
    private const uint Closed = 1;

    private readonly SharedSegment _segment;
    private readonly int _rank;
    private readonly int _worldSize;
    private long _calls;

    /// <summary>Creates a rank's view of the account.</summary>
    public SharedLedger(SharedSegment segment, int rank, int worldSize)
    {
        _segment = segment;
        _rank = rank;
        _worldSize = worldSize;
    }

    /// <summary>Calls that this rank has made.</summary>
    public long Calls => Volatile.Read(ref _calls);

    /// <summary>Bytes of the memory that ranks on GPUs share: <see cref="FaultBoard"/> and this account.</summary>
    public static long SegmentBytes(int worldSize) => Start(worldSize) + (long)worldSize * RankBytes;

    /// <summary>Enters this rank's next call.</summary>
    /// <param name="kernel">Number of the kernel.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="throwIfOver">Throws when there is no use in waiting for ranks that are far behind.</param>
    /// <param name="other">A call that differs, of the rank that made it.</param>
    /// <returns>Whether it is the same call as those of all ranks that have made it.</returns>
    public bool Enter(int kernel, long count, Action throwIfOver, out (int Rank, int Kernel, long Count) other)
    {
        var number = _calls + 1;
        AwaitRoom(number, throwIfOver);
        ref var entry = ref Entry(_rank, number);
        entry.Kernel = kernel;
        entry.Count = count;
        Volatile.Write(ref _calls, number);

        // A full fence: either this rank sees the other's call, or the other sees this one's.
        Interlocked.Exchange(ref *Made(_rank), number);
        var isSame = true;
        other = default;
        for (var rank = 0; rank < _worldSize; rank++)
        {
            if (rank != _rank && Volatile.Read(ref *Made(rank)) >= number)
            {
                ref readonly var peers = ref Entry(rank, number);
                if (peers.Kernel != kernel || peers.Count != count)
                {
                    isSame = false;
                    other = (rank, peers.Kernel, peers.Count);
                }
            }
        }

        Volatile.Write(ref *Compared(_rank), number);
        return isSame;
    }

    /// <summary>Calls that every rank has made.</summary>
    public void CallsOf(Span<long> made)
    {
        for (var rank = 0; rank < _worldSize; rank++)
        {
            made[rank] = Volatile.Read(ref *Made(rank));
        }
    }

    /// <summary>Whether a rank has made fewer calls than this one.</summary>
    public bool IsBehind(int rank) => Volatile.Read(ref *Made(rank)) < Calls;

    /// <summary>Says which ranks this one's kernels wait for: bit r for rank r.</summary>
    public void Await(uint ranks) => Volatile.Write(ref *Awaited(_rank), ranks);

    /// <summary>Whether a rank has said last that its kernels wait.</summary>
    public bool IsWaiting(int rank) => Volatile.Read(ref *Awaited(rank)) != 0;

    /// <summary>Says that this rank no longer uses the other ranks' device memory.</summary>
    public void Close() => Interlocked.Exchange(ref *ClosedFlag(_rank), Closed);

    /// <summary>Whether a rank has said so.</summary>
    public bool HasClosed(int rank) => Volatile.Read(ref *ClosedFlag(rank)) == Closed;

    private static int Start(int worldSize) => FaultBoard.OffsetOf(worldSize);

    private byte* Account(int rank) => _segment.Memory + Start(_worldSize) + (long)rank * RankBytes;

    private long* Made(int rank) => (long*)(Account(rank) + MadeOffset);

    private long* Compared(int rank) => (long*)(Account(rank) + ComparedOffset);

    private uint* ClosedFlag(int rank) => (uint*)(Account(rank) + ClosedOffset);

    private uint* Awaited(int rank) => (uint*)(Account(rank) + AwaitedOffset);

    private ref RingEntry Entry(int rank, long number) => ref ((RingEntry*)(Account(rank) + RingOffset))[number % Depth];

    private void AwaitRoom(long number, Action throwIfOver)
    {
        var spinner = default(SpinWait);
        for (var rank = 0; rank < _worldSize; rank++)
        {
            while (rank != _rank && Volatile.Read(ref *Compared(rank)) < number - Depth)
            {
                throwIfOver();
                spinner.SpinOnce();
            }
        }

        Debug.Assert(RingOffset + Depth * sizeof(RingEntry) <= RankBytes);
    }

    [StructLayout(LayoutKind.Sequential, Size = 32)]
    private struct RingEntry
    {
        public long Count;
        public int Kernel;
    }
}
