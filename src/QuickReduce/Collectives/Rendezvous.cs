namespace QuickReduce.Collectives;

/// <summary>
/// Where the ranks of a group meet: counts who has arrived in the current round, lets exactly one thread own a complete
/// round, and releases everybody when the owner says that it is done or has failed.
/// </summary>
/// <remarks>
/// <para>All of it is one word, so that every transition is one compare-and-swap:</para>
/// <code>
/// bits 0–7    ranks that have arrived
/// bit  8      the round is owned: it runs, or is being failed; no rank arrives
/// bit  9      closed: whoever comes gets the reason
/// bits 10–18  participants that sleep and want to be woken when the round ends (ranks; the caller for all of them)
/// bits 20–63  number of the round
/// </code>
/// <para>Registering as a sleeper succeeds only while the round is the same, and ending a round takes the sleepers in the
/// same step, so no wake-up can be lost.</para>
/// </remarks>
internal sealed class Rendezvous
{
    private const ulong Owned = 1UL << 8;
    private const ulong Closed = 1UL << 9;
    private const int SleeperShift = 10;
    private const ulong SleeperMask = 0x1FFUL << SleeperShift;
    private const int RoundShift = 20;

    // A microsecond of spinning covers ranks that work in step. After each, the thread gives way: where another rank
    // shares the processor, because ranks outnumber them or other programs run, this lets it come at a tenth of what it
    // takes to sleep and be woken; where none does, it costs about as much as it spins.
    private const int SpinsWhenRanksFit = 24;
    private const int SpinsWhenCrowded = 4;
    private const int Yields = 40;

    private readonly Lock _closing = new();
    private readonly RankSlot[] _slots;
    private readonly ulong _allRanks;
    private readonly TimeSpan _timeout;
    private readonly int _spinsPerYield;
    private readonly SharedWork _work;
    private volatile CallFailure? _closedBecause;
    private PaddedState _state;

    /// <summary>Creates the meeting point.</summary>
    /// <param name="slots">One per rank, and after them one for a caller on behalf of all.</param>
    /// <param name="work">The work that those who wait help with.</param>
    /// <param name="timeout">How long a rank waits for others to arrive.</param>
    public Rendezvous(RankSlot[] slots, SharedWork work, TimeSpan timeout)
    {
        _slots = slots;
        _work = work;
        _timeout = timeout;
        WorldSize = slots.Length - 1;
        _allRanks = (1UL << WorldSize) - 1;
        _spinsPerYield = WorldSize <= Environment.ProcessorCount ? SpinsWhenRanksFit : SpinsWhenCrowded;
    }

    /// <summary>Number of ranks; also the participant number of a caller on behalf of all.</summary>
    public int WorldSize { get; }

    /// <summary>
    /// Enters the current round. True for the last rank, which then owns the round and must see that
    /// <see cref="Complete"/> is called.
    /// </summary>
    /// <remarks>Throws what the group was closed for, or what the rank is owed from a round that it missed.</remarks>
    public bool Arrive(int rank, out ulong round)
    {
        var slot = _slots[rank];
        var bit = 1UL << rank;
        var spinner = default(SpinWait);
        while (true)
        {
            var state = Volatile.Read(ref _state.Word);
            if ((state & Closed) != 0)
            {
                throw _closedBecause!.For(rank);
            }

            if ((state & bit) != 0)
            {
                throw new ConcurrentCallException("Rank " + rank + " cannot all-reduce: the group is in a call on behalf of all ranks. Use either the group's AllReduce or the ranks', not both at once.");
            }

            if ((state & Owned) != 0)
            {
                // A round is being failed, which is over in no time.
                spinner.SpinOnce();
                continue;
            }

            if (slot.Owed is { } owed)
            {
                slot.Owed = null;
                throw owed.For(rank);
            }

            var next = state | bit;
            var last = (next & _allRanks) == _allRanks;
            if (TryChange(state, last ? next | Owned : next))
            {
                round = state >> RoundShift;
                return last;
            }
        }
    }

    /// <summary>Enters and owns a round on behalf of all ranks.</summary>
    /// <remarks>Throws what the group was closed for, or that ranks are in a call.</remarks>
    public ulong ArriveForAll()
    {
        while (true)
        {
            var state = Volatile.Read(ref _state.Word);
            if ((state & Closed) != 0)
            {
                throw _closedBecause!.For(CallFailure.WholeGroup);
            }

            if ((state & (Owned | _allRanks)) != 0)
            {
                throw new ConcurrentCallException("All ranks cannot all-reduce: ranks of this group, or the whole group, are in another call. Use a group from one thread, or each of its ranks from one.");
            }

            if (TryChange(state, state | Owned | _allRanks))
            {
                return state >> RoundShift;
            }
        }
    }

    /// <summary>Waits until a round is over, and meanwhile helps with its work.</summary>
    public void Wait(int participant, ulong round)
    {
        for (var pause = 1; pause <= Yields * _spinsPerYield; pause++)
        {
            var state = Volatile.Read(ref _state.Word);
            if (state >> RoundShift != round)
            {
                return;
            }

            if ((state & Owned) != 0 && Help())
            {
                pause = 0;
            }
            else if (pause % _spinsPerYield != 0)
            {
                Thread.SpinWait(1);
            }
            else
            {
                Thread.Yield();
            }
        }

        Sleep(participant, round);
    }

    /// <summary>Joins the work of the running round where there is some. False where there is none to join.</summary>
    public bool Help()
    {
        if (!_work.TryJoin(out var member))
        {
            return false;
        }

        RunAndLeave(member);
        return true;
    }

    /// <summary>Does work as a member, and ends the round when it is the last to leave.</summary>
    public void RunAndLeave(int member)
    {
        if (_work.RunAndLeave(member, out var failure))
        {
            Complete(failure);
        }
    }

    /// <summary>Wakes sleeping ranks so that they help with the work of the running round.</summary>
    public void WakeHelpers(int wanted)
    {
        while (true)
        {
            var state = Volatile.Read(ref _state.Word);
            var sleepers = (state & SleeperMask) >> SleeperShift;
            ulong chosen = 0;
            for (var count = 0; count < wanted && (sleepers & ~chosen) != 0; count++)
            {
                var rest = sleepers & ~chosen;
                chosen |= rest & (~rest + 1);
            }

            if (chosen == 0 || TryChange(state, state & ~(chosen << SleeperShift)))
            {
                WakeAll(chosen);
                return;
            }
        }
    }

    /// <summary>Ends the round that the caller owns and releases its ranks.</summary>
    /// <param name="failure">What all of them get; null where the sum is there.</param>
    public void Complete(CallFailure? failure)
    {
        if (failure is not null)
        {
            foreach (var slot in _slots)
            {
                slot.Result = failure;
            }
        }

        Release();
    }

    /// <summary>
    /// Closes the group: ranks that wait for others, and all who come later, get <paramref name="reason"/>. A round that
    /// runs is finished.
    /// </summary>
    /// <param name="reason">What they get. Where the group is closed already, the earlier reason stays.</param>
    /// <param name="replace">Whether this reason goes before an earlier one.</param>
    public void Close(CallFailure reason, bool replace = false)
    {
        lock (_closing)
        {
            if (_closedBecause is null || replace)
            {
                _closedBecause = reason;
            }

            while (true)
            {
                var state = Volatile.Read(ref _state.Word);
                var fails = (state & Owned) == 0 && (state & _allRanks) != 0;
                if (!TryChange(state, state | Closed | (fails ? Owned : 0)))
                {
                    continue;
                }

                if (fails)
                {
                    FailArrived(state, reason, owedByOthers: false);
                }

                return;
            }
        }
    }

    /// <summary>Opens a closed group again and forgives what ranks are owed. No rank may be in a call.</summary>
    public void Reopen()
    {
        lock (_closing)
        {
            foreach (var slot in _slots)
            {
                slot.Owed = null;
            }

            ulong state;
            do
            {
                state = Volatile.Read(ref _state.Word);
            }
            while (!TryChange(state, state & ~Closed));
            _closedBecause = null;
        }
    }

    /// <summary>Waits until no round runs. The group must be closed.</summary>
    public void WaitUntilIdle()
    {
        var spinner = default(SpinWait);
        while ((Volatile.Read(ref _state.Word) & Owned) != 0)
        {
            spinner.SpinOnce();
        }
    }

    private void Sleep(int participant, ulong round)
    {
        var sleeper = 1UL << (participant + SleeperShift);
        var start = Environment.TickCount64;
        while (true)
        {
            var state = Volatile.Read(ref _state.Word);
            if (state >> RoundShift != round)
            {
                return;
            }

            var runs = (state & Owned) != 0;
            if ((runs && Help()) || ((state & sleeper) == 0 && !TryChange(state, state | sleeper)))
            {
                continue;
            }

            // Only the arrival of others has a time limit: a round that runs ends by itself.
            var limited = !runs && _timeout != Timeout.InfiniteTimeSpan;
            var left = limited ? (long)_timeout.TotalMilliseconds - (Environment.TickCount64 - start) : Timeout.Infinite;
            if (limited && left <= 0)
            {
                TryTimeOut(round);
                continue;
            }

            _slots[participant].Wake.WaitOne((int)long.Min(left, int.MaxValue));
        }
    }

    private void TryTimeOut(ulong round)
    {
        var state = Volatile.Read(ref _state.Word);
        if (state >> RoundShift == round && (state & Owned) == 0 && TryChange(state, state | Owned))
        {
            FailArrived(state, TimeOutFailure(state), owedByOthers: true);
        }
    }

    private CallFailure TimeOutFailure(ulong state)
    {
        var missing = new List<int>();
        var requested = string.Empty;
        for (var rank = 0; rank < WorldSize; rank++)
        {
            if ((state & (1UL << rank)) == 0)
            {
                missing.Add(rank);
            }
            else
            {
                requested = _slots[rank].Request.Describe();
            }
        }

        var ranks = (missing.Count == 1 ? "rank " : "ranks ") + string.Join(", ", missing);
        return new CallFailure(rank => new RankTimeoutException(
            missing,
            CallFailure.Addressee(rank) + (missing.Contains(rank) ? " came too late" : " waited in vain") + ": " + ranks + " of " + WorldSize
                + " did not come to the all-reduce of " + requested + " within " + _timeout.TotalSeconds + " s. Every rank must make the same calls in the same order; set GroupOptions.Timeout where ranks need longer."));
    }

    private void FailArrived(ulong state, CallFailure failure, bool owedByOthers)
    {
        for (var rank = 0; rank < WorldSize; rank++)
        {
            if ((state & (1UL << rank)) != 0)
            {
                _slots[rank].Result = failure;
            }
            else if (owedByOthers)
            {
                _slots[rank].Owed = failure;
            }
        }

        Release();
    }

    private void Release()
    {
        ulong state;
        do
        {
            state = Volatile.Read(ref _state.Word);
        }
        while (!TryChange(state, (((state >> RoundShift) + 1) << RoundShift) | (state & Closed)));
        WakeAll((state & SleeperMask) >> SleeperShift);
    }

    private void WakeAll(ulong participants)
    {
        for (var participant = 0; participant < _slots.Length && participants != 0; participant++, participants >>= 1)
        {
            if ((participants & 1) != 0)
            {
                _slots[participant].Wake.Set();
            }
        }
    }

    private bool TryChange(ulong from, ulong to) => Interlocked.CompareExchange(ref _state.Word, to, from) == from;

    private struct PaddedState
    {
#pragma warning disable CS0169, IDE0051 // Only their size matters.
        private CacheLinePadding _before;
        public ulong Word;
        private CacheLinePadding _after;
#pragma warning restore CS0169, IDE0051
    }
}
