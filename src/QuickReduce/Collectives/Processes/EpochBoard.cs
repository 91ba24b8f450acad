using System.Diagnostics;
using System.Runtime.CompilerServices;
using QuickReduce.Rendezvous;
using QuickReduce.Rendezvous.Linux;

namespace QuickReduce.Collectives.Processes;

/// <summary>
/// The flags of a group's ranks in shared memory: raised by their owner, awaited by the others, who also see here what
/// the owner asks for, whether it lives, and whether the group has a fault.
/// </summary>
/// <remarks>
/// A flag holds the last epoch that its rank has raised; epochs are compared as "not before", so that they may wrap
/// around. Even and odd epochs have lines of their own: a rank is at most one epoch ahead of a peer, so what it says of a
/// call stays until everyone has read it.
/// </remarks>
internal sealed unsafe class EpochBoard
{
    // Offsets in a board. What others poll, what they write and what changes once do not share cache lines.
    private const int LineBytes = 128;
    private const int DescriptorOffset = 8;
    private const int PlacementOffset = LineBytes / 2;
    private const int SleepersOffset = 2 * LineBytes;
    private const int ProcessorsOffset = FaultBoard.BoardBytes - AllowedProcessors.Bytes;

    // Most waits end within a microsecond, where peers work in step. A pause takes tens of nanoseconds. To give way is
    // what lets a peer run where ranks outnumber processors, and where they do not, it invites others to take this one.
    private const int PollsBeforePause = 200;
    private const int PausesWhenRanksFit = 250;
    private const int PausesWhenCrowded = 4;
    private const int PausesBeforeSleep = 1000;

    // On a machine with more to do than processors, each time that a thread gives way takes milliseconds.
    private static readonly TimeSpan LongestYielding = TimeSpan.FromMilliseconds(10);

    /// <summary>How often a sleeping rank looks whether its peers live and the group has a fault.</summary>
    private static readonly TimeSpan Watch = TimeSpan.FromMilliseconds(20);

    private readonly SharedLayout _layout;
    private readonly FaultBoard _faults;
    private readonly byte* _boards;
    private readonly int _rank;
    private int _pausesPerYield;
    private readonly TimeSpan _limit;
    private volatile bool _closing;

    /// <summary>Creates a rank's view of the board.</summary>
    /// <param name="segment">The shared memory.</param>
    /// <param name="layout">Its layout.</param>
    /// <param name="rank">This rank.</param>
    /// <param name="limit">How long a rank waits for others.</param>
    public EpochBoard(SharedSegment segment, SharedLayout layout, int rank, TimeSpan limit)
    {
        _layout = layout;
        _faults = new FaultBoard(segment, rank, limit, "GroupOptions.Timeout");
        _boards = segment.Memory;
        _rank = rank;
        _limit = limit;
        AllowedProcessors.Write(Board(rank) + ProcessorsOffset);
    }

    /// <summary>Times that a wait went to sleep.</summary>
    public long Sleeps { get; private set; }

    /// <summary>The epoch in which the current call's request stands.</summary>
    public uint CallEpoch { get; set; }

    /// <summary>The group's fault, if it has one.</summary>
    public GroupFault Fault => _faults.Fault;

    /// <summary>What this rank asks for in the epoch that it raises next.</summary>
    public ref CallDescriptor Request(uint epoch) => ref *(CallDescriptor*)(Line(_rank, epoch) + DescriptorOffset);

    /// <summary>What a peer asked for in an epoch that it was seen to raise.</summary>
    public ref readonly CallDescriptor RequestOf(int rank, uint epoch) => ref *(CallDescriptor*)(Line(rank, epoch) + DescriptorOffset);

    /// <summary>Where this rank's shared buffers lie, for peers to read if the request says that there are any.</summary>
    public ref BufferPlacement Placement(uint epoch) => ref *(BufferPlacement*)(Line(_rank, epoch) + PlacementOffset);

    /// <summary>The same of a peer that was seen to raise the epoch.</summary>
    public ref readonly BufferPlacement PlacementOf(int rank, uint epoch) => ref *(BufferPlacement*)(Line(rank, epoch) + PlacementOffset);

    /// <summary>Sets the flags of a new group, before any rank may use it.</summary>
    public void Reset(uint epoch)
    {
        for (var rank = 0; rank < _layout.WorldSize; rank++)
        {
            *Flag(rank, epoch) = epoch;
            *Flag(rank, epoch - 1) = epoch - 1;
        }
    }

    /// <summary>Gets back the line of an epoch that no peer reads any more, before it is written.</summary>
    public void Claim(uint epoch) => Request(epoch).CallNumber = 0;

    /// <summary>Raises the own flag: all that this rank has written before is there for others to read.</summary>
    public void Raise(uint epoch)
    {
        // A full fence: either the sleepers are seen here, or they see the flag before they sleep.
        var flag = Flag(_rank, epoch);
        Interlocked.Exchange(ref *flag, epoch);
        if (Volatile.Read(ref *Sleepers(_rank)) != 0)
        {
            LibC.WakeAll(flag);
        }
    }

    /// <summary>Waits until all peers have raised an epoch.</summary>
    /// <exception cref="QuickReduceException">The group has a fault, or has one now since a peer does not come.</exception>
    /// <exception cref="ObjectDisposedException">This rank is being disposed.</exception>
    public void AwaitPeers(uint epoch)
    {
        for (var rank = 0; rank < _layout.WorldSize; rank++)
        {
            if (rank != _rank && !HasRaised(rank, epoch))
            {
                Await(rank, epoch);
            }
        }
    }

    /// <summary>Says that the group has a fault, unless it has one already; whoever waits ends.</summary>
    /// <returns>The fault that the group has.</returns>
    public GroupFault RaiseFault(FaultKind kind, uint ranks, string text = "")
    {
        _faults.Raise(kind, ranks, text);
        WakePeers();
        return Fault;
    }

    /// <summary>Throws if the group has a fault or this rank is being disposed.</summary>
    public void ThrowIfOver()
    {
        _faults.ThrowIfOver();
        ObjectDisposedException.ThrowIf(_closing, typeof(Communicator));
    }

    /// <summary>Says that this rank makes no more calls, and lets its own call, if there is one, end.</summary>
    public void Leave()
    {
        _closing = true;
        _faults.Leave();
        WakePeers();
    }

    private byte* Board(int rank) => _boards + FaultBoard.OffsetOf(rank);

    private byte* Line(int rank, uint epoch) => Board(rank) + (epoch & 1) * LineBytes;

    private uint* Flag(int rank, uint epoch) => (uint*)Line(rank, epoch);

    private uint* Sleepers(int rank) => (uint*)(Board(rank) + SleepersOffset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool HasRaised(int rank, uint epoch) => (int)(Volatile.Read(ref *Flag(rank, epoch)) - epoch) >= 0;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Await(int rank, uint epoch)
    {
        for (var poll = 0; poll < PollsBeforePause; poll++)
        {
            if (HasRaised(rank, epoch))
            {
                return;
            }
        }

        var started = Stopwatch.GetTimestamp();
        var pausesPerYield = PausesPerYield();
        for (var pause = 1; pause <= PausesBeforeSleep; pause++)
        {
            if (HasRaised(rank, epoch))
            {
                return;
            }

            if (pause % pausesPerYield != 0)
            {
                Thread.SpinWait(1);
            }
            else if (Thread.Yield() && Stopwatch.GetElapsedTime(started) > LongestYielding)
            {
                break;
            }
        }

        Sleep(rank, epoch);
    }

    /// <summary>Worked out once all ranks have said where they may run.</summary>
    private int PausesPerYield()
    {
        if (_pausesPerYield == 0)
        {
            var processors = AllowedProcessors.Together(Board(0) + ProcessorsOffset, FaultBoard.BoardBytes, _layout.WorldSize);
            if (processors == 0)
            {
                return PausesWhenCrowded;
            }

            _pausesPerYield = _layout.WorldSize <= processors ? PausesWhenRanksFit : PausesWhenCrowded;
        }

        return _pausesPerYield;
    }

    private void Sleep(int rank, uint epoch)
    {
        Sleeps++;
        var started = Stopwatch.GetTimestamp();
        var flag = Flag(rank, epoch);
        Interlocked.Increment(ref *Sleepers(rank));
        try
        {
            while (true)
            {
                var seen = Volatile.Read(ref *flag);
                if ((int)(seen - epoch) >= 0)
                {
                    return;
                }

                ThrowIfOver();
                LookAfterPeers(epoch);
                if (_limit != Timeout.InfiniteTimeSpan && Stopwatch.GetElapsedTime(started) >= _limit && Missing(epoch) is var missing and not 0)
                {
                    RaiseFault(FaultKind.TimedOut, missing, Request(CallEpoch).Name());
                }

                ThrowIfOver();
                LibC.WaitOn(flag, seen, Watch);
            }
        }
        finally
        {
            Interlocked.Decrement(ref *Sleepers(rank));
        }
    }

    /// <summary>Raises a fault where a peer that is still awaited cannot come any more.</summary>
    private void LookAfterPeers(uint epoch)
    {
        uint left = 0, died = 0;
        for (var rank = 0; rank < _layout.WorldSize; rank++)
        {
            if (rank == _rank || HasRaised(rank, epoch))
            {
                continue;
            }

            // What a rank raised before it went counts: so its flag is read after the sign that it went.
            var bit = 1U << rank;
            left |= _faults.HasLeft(rank) && !HasRaised(rank, epoch) ? bit : 0;
            died |= (left & bit) == 0 && !_faults.IsAlive(rank) && !HasRaised(rank, epoch) ? bit : 0;
        }

        if (died != 0)
        {
            RaiseFault(FaultKind.Died, died);
        }
        else if (left != 0)
        {
            RaiseFault(FaultKind.Left, left);
        }
    }

    private uint Missing(uint epoch)
    {
        uint missing = 0;
        for (var rank = 0; rank < _layout.WorldSize; rank++)
        {
            missing |= rank != _rank && !HasRaised(rank, epoch) ? 1U << rank : 0;
        }

        return missing;
    }

    private void WakePeers()
    {
        for (var rank = 0; rank < _layout.WorldSize; rank++)
        {
            LibC.WakeAll(Flag(rank, 0));
            LibC.WakeAll(Flag(rank, 1));
        }
    }
}
