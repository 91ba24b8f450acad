using System.Text;
using QuickReduce.Rendezvous;
using QuickReduce.Rendezvous.Linux;

namespace QuickReduce.Collectives.Processes;

/// <summary>
/// What the ranks of a group tell each other of their end, in shared memory: that a rank has left, that the group has a
/// fault, and why. Common to ranks on processors and on GPUs. Thread-safe.
/// </summary>
/// <remarks>
/// One word for the group at the start of the memory, then a board of <see cref="BoardBytes"/> for every rank, of which the
/// first lines are the owner's for other things.
/// </remarks>
internal sealed unsafe class FaultBoard
{
    /// <summary>Bytes of a rank's board, and of what comes before the first.</summary>
    public const int BoardBytes = 4096;

    // What others poll and what changes once do not share cache lines.
    private const int PresenceOffset = 384;
    private const int IdentityOffset = 448;
    private const int TextOffset = 512;
    private const int MaxTextBytes = 2048;
    private const uint Left = 1;

    private readonly SharedSegment _segment;
    private readonly int _rank;
    private readonly TimeSpan _limit;
    private readonly string _limitOption;
    private readonly IReadOnlyList<int> _numbers;

    /// <summary>Creates a rank's view of the board.</summary>
    /// <param name="segment">The shared memory.</param>
    /// <param name="rank">This rank.</param>
    /// <param name="limit">How long ranks wait for each other, for messages.</param>
    /// <param name="limitOption">The option that says so, for messages.</param>
    /// <param name="numbers">By which number callers know each rank; null for its own.</param>
    public FaultBoard(SharedSegment segment, int rank, TimeSpan limit, string limitOption, IReadOnlyList<int>? numbers = null)
    {
        _numbers = numbers ?? OwnNumbers();
        _segment = segment;
        _rank = rank;
        _limit = limit;
        _limitOption = limitOption;
        *Identity(rank) = ProcessIdentity.Current;
    }

    /// <summary>The group's fault, if it has one.</summary>
    public GroupFault Fault => GroupFault.FromWord(Volatile.Read(ref *Word));

    private ulong* Word => (ulong*)_segment.Memory;

    /// <summary>Offset of a rank's board.</summary>
    public static int OffsetOf(int rank) => BoardBytes * (1 + rank);

    /// <summary>Says that the group has a fault, unless it has one already.</summary>
    /// <param name="kind">What has happened.</param>
    /// <param name="ranks">Bit r: it happened to rank r.</param>
    /// <param name="text">What there is to say of it.</param>
    public void Raise(FaultKind kind, uint ranks, string text = "")
    {
        if (Volatile.Read(ref *Word) == 0)
        {
            WriteText(text);
            Interlocked.CompareExchange(ref *Word, new GroupFault(kind, _rank, ranks).ToWord(), 0);
        }
    }

    /// <summary>Throws this rank's exception if the group has a fault.</summary>
    public void ThrowIfOver()
    {
        if (Volatile.Read(ref *Word) != 0)
        {
            var fault = Fault;
            throw fault.ToException(_rank, TextOf(fault), _limit, _limitOption, _numbers);
        }
    }

    /// <summary>What there is to say of a fault.</summary>
    public string TextOf(GroupFault fault) => ReadText(fault.Reporter);

    /// <summary>Says that this rank makes no more calls.</summary>
    public void Leave() => Interlocked.Exchange(ref *Presence(_rank), Left);

    /// <summary>Whether a rank has said that it makes no more calls.</summary>
    public bool HasLeft(int rank) => Volatile.Read(ref *Presence(rank)) == Left;

    /// <summary>Whether a peer's process still holds its part of the memory, and may touch this one's. Not for this rank.</summary>
    public bool IsHeld(int rank) => _segment.IsHeld(rank);

    /// <summary>Whether a peer's process still runs its program: false a little earlier than <see cref="IsHeld"/>. Not for this rank.</summary>
    public bool IsAlive(int rank) => _segment.IsHeld(rank) && !Identity(rank)->IsEnding();

    private static int[] OwnNumbers()
    {
        var numbers = new int[KernelGeometry.MaxWorldSize];
        for (var rank = 0; rank < numbers.Length; rank++)
        {
            numbers[rank] = rank;
        }

        return numbers;
    }

    private ProcessIdentity* Identity(int rank) => (ProcessIdentity*)(_segment.Memory + OffsetOf(rank) + IdentityOffset);

    private uint* Presence(int rank) => (uint*)(_segment.Memory + OffsetOf(rank) + PresenceOffset);

    private void WriteText(string text)
    {
        var place = _segment.Memory + OffsetOf(_rank) + TextOffset;
        Encoding.UTF8.GetEncoder().Convert(text, new Span<byte>(place + sizeof(int), MaxTextBytes), flush: true, out _, out var bytes, out _);
        *(int*)place = bytes;
    }

    private string ReadText(int rank)
    {
        var place = _segment.Memory + OffsetOf(rank) + TextOffset;
        return Encoding.UTF8.GetString(place + sizeof(int), int.Clamp(*(int*)place, 0, MaxTextBytes));
    }
}
