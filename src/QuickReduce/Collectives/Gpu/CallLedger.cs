namespace QuickReduce.Collectives.Gpu;

/// <summary>
/// Keeps account of what every rank of a group has called, so that ranks which call different things, or do not call at
/// all, are found out on the host: on the device they would wait for ever, or mix up their messages. Thread-safe.
/// </summary>
/// <param name="worldSize">Number of ranks.</param>
internal sealed class CallLedger(int worldSize)
{
    // A rank that is further ahead of another one than this is not compared with it.
    private const int Depth = 256;

    private readonly Lock _gate = new();
    private readonly Call[] _calls = new Call[Depth];
    private readonly long[] _made = new long[worldSize];
    private readonly OverdueClock _clock = new();

    /// <summary>Enters a rank's next call.</summary>
    /// <param name="rank">The rank.</param>
    /// <param name="kernel">Number of the kernel.</param>
    /// <param name="count">Number of elements.</param>
    /// <param name="first">The rank that made this call first, and what it called.</param>
    /// <returns>Whether it is the same call as the other ranks'; if not, it does not count.</returns>
    public bool Enter(int rank, int kernel, long count, out Call first)
    {
        lock (_gate)
        {
            var number = ++_made[rank];
            ref var entry = ref _calls[number % Depth];
            if (entry.Number < number)
            {
                entry = new Call(number, rank, kernel, count);
            }

            first = entry;
            if (entry.Number > number || (entry.Kernel == kernel && entry.Count == count))
            {
                return true;
            }

            _made[rank]--;
            return false;
        }
    }

    /// <summary>Takes a rank's last call back: it was not launched.</summary>
    public void Withdraw(int rank)
    {
        lock (_gate)
        {
            _made[rank]--;
        }
    }

    /// <summary>The ranks that others have waited for longer than a time, in ascending order; none where nobody waits.</summary>
    /// <remarks>To be asked now and then (<see cref="OverdueClock"/>).</remarks>
    public int[] OverdueRanks(TimeSpan timeout)
    {
        lock (_gate)
        {
            return _clock.IsOver(_made, timeout) ? RanksBehind() : [];
        }
    }

    /// <summary>The ranks that have called less often than others, in ascending order.</summary>
    public int[] RanksBehind()
    {
        lock (_gate)
        {
            var most = _made.Max();
            return [.. Enumerable.Range(0, worldSize).Where(rank => _made[rank] < most)];
        }
    }

    /// <summary>Forgets all calls.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            Array.Clear(_calls);
            Array.Clear(_made);
            _clock.Restart(0);
        }
    }

    /// <summary>One all-reduce, as the first rank that came to it called it.</summary>
    /// <param name="Number">The how manieth call it is, from 1.</param>
    /// <param name="Rank">The rank that called first.</param>
    /// <param name="Kernel">Number of the kernel.</param>
    /// <param name="Count">Number of elements.</param>
    internal readonly record struct Call(long Number, int Rank, int Kernel, long Count);
}
