namespace QuickReduce.Collectives.Gpu;

/// <summary>
/// Tells for how long ranks have been waiting for the slowest of them. To be asked now and then: the time runs from the
/// first question that finds ranks waiting. Used by one thread at a time.
/// </summary>
internal sealed class OverdueClock
{
    private long _slowest;
    private long _waitingSince = Environment.TickCount64;

    /// <summary>Whether some ranks have waited for longer than a time.</summary>
    /// <param name="calls">Calls that each rank has made.</param>
    /// <param name="timeout">The time.</param>
    public bool IsOver(ReadOnlySpan<long> calls, TimeSpan timeout)
    {
        long slowest = long.MaxValue, fastest = 0;
        foreach (var made in calls)
        {
            slowest = long.Min(slowest, made);
            fastest = long.Max(fastest, made);
        }

        if (slowest != _slowest || slowest == fastest)
        {
            Restart(slowest);
            return false;
        }

        return timeout != Timeout.InfiniteTimeSpan && Environment.TickCount64 - _waitingSince >= timeout.TotalMilliseconds;
    }

    /// <summary>Begins anew.</summary>
    /// <param name="slowest">Calls of the rank that has made the fewest.</param>
    public void Restart(long slowest)
    {
        _slowest = slowest;
        _waitingSince = Environment.TickCount64;
    }
}
