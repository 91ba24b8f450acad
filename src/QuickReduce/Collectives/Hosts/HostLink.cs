using QuickReduce.Collectives.Gpu;
using QuickReduce.Collectives.Processes;
using QuickReduce.Rendezvous;

namespace QuickReduce.Collectives.Hosts;

/// <summary>
/// What the ranks of all hosts tell each other beside the data, over the connections by which they met: what each has called,
/// that it is alive, and why it cannot go on. A thread of its own, which neither calls nor the device wait for.
/// </summary>
/// <remarks>
/// Rounds in which every rank hears what every rank reports: some milliseconds apart while calls are made. A round in which a
/// rank says that the group is over is the last one for all. One thread makes calls; all else is thread-safe.
/// </remarks>
internal sealed class HostLink : IDisposable
{
    /// <summary>Calls that one rank may be ahead of another.</summary>
    public const int Depth = 1024;

    private static readonly TimeSpan BusyPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan IdlePause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    private readonly RankMeeting _meeting;
    private readonly int _rank;
    private readonly TimeSpan _timeout;
    private readonly Func<HostVerdict?> _look;
    private readonly Action<HostVerdict> _onOver;
    private readonly (ulong Chain, HostCall Call)[] _ring = new (ulong, HostCall)[Depth];
    private readonly OverdueClock _clock = new();
    private readonly ManualResetEventSlim _wake = new();
    private readonly ManualResetEventSlim _progress = new();
    private readonly Thread _thread;
    private HostVerdict? _verdict;
    private HostVerdict? _departed;
    private IReadOnlyList<HostReport> _reports = [];
    private long _calls;
    private long _reported;
    private long _slowest;
    private long _seenByAll;
    private long _agreed;
    private bool _told;
    private volatile bool _leaving;
    private volatile bool _closing;
    private volatile bool _ended;

    /// <summary>Begins to talk.</summary>
    /// <param name="meeting">The ranks; ended with this.</param>
    /// <param name="rank">This rank.</param>
    /// <param name="timeout">How long ranks wait for each other.</param>
    /// <param name="look">Asks whether this rank can go on.</param>
    /// <param name="onOver">Told, once, that the group is over.</param>
    public HostLink(RankMeeting meeting, int rank, TimeSpan timeout, Func<HostVerdict?> look, Action<HostVerdict> onOver)
    {
        _meeting = meeting;
        _rank = rank;
        _timeout = timeout;
        _look = look;
        _onOver = onOver;
        _thread = new Thread(Run) { IsBackground = true, Name = "QuickReduce hosts, rank " + rank };
        _thread.Start();
    }

    /// <summary>Why the group is over; null where it is not.</summary>
    public HostVerdict? Verdict => Volatile.Read(ref _verdict);

    /// <summary>That ranks have left, after which the others cannot call; null where none has.</summary>
    public HostVerdict? Departed => Volatile.Read(ref _departed);

    /// <summary>Whether all ranks have said that they make no more calls, and nothing else went wrong.</summary>
    public bool HasEndedWell { get; private set; }

    /// <summary>Enters this rank's next call. Waits only for ranks that are <see cref="Depth"/> calls behind.</summary>
    /// <param name="call">What it asks for; the number is set here.</param>
    /// <exception cref="QuickReduceException">The group is over, or a rank has left it.</exception>
    public void Enter(HostCall call)
    {
        call.CallNumber = _calls + 1;
        ThrowIfOver();
        if (Departed is { } departed)
        {
            throw departed.ToException(_rank, _timeout);
        }

        while (call.CallNumber - Volatile.Read(ref _slowest) >= Depth - HostReport.MostCalls)
        {
            _wake.Set();
            Thread.Sleep(1);
            ThrowIfOver();
        }

        _ring[call.CallNumber % Depth] = (Continue(_ring[_calls % Depth].Chain, call), call);
        Volatile.Write(ref _calls, call.CallNumber);
    }

    /// <summary>Throws if the group is over.</summary>
    public void ThrowIfOver()
    {
        if (Verdict is { } verdict)
        {
            throw verdict.ToException(_rank, _timeout);
        }
    }

    /// <summary>Ends the group for all ranks, unless it is over.</summary>
    public void Fail(HostVerdict verdict)
    {
        Conclude(verdict);
        _wake.Set();
    }

    /// <summary>Waits until all ranks have told their calls up to this one's last, and they are the same, or the group is over.</summary>
    /// <returns>Whether it came to that in time.</returns>
    public bool AwaitAgreement(TimeSpan limit)
    {
        var calls = _calls;
        return Await(() => Volatile.Read(ref _agreed) >= calls, limit);
    }

    /// <summary>Waits for a verdict that is on its way.</summary>
    public HostVerdict? AwaitVerdict(TimeSpan limit)
    {
        _ = Await(static () => false, limit);
        return Verdict;
    }

    /// <summary>Says that this rank makes no more calls, and waits for all others to say so.</summary>
    public void Leave(TimeSpan limit)
    {
        _leaving = true;
        _ = Await(() => _ended, limit);
    }

    /// <summary>Ends the connections.</summary>
    public void Dispose()
    {
        _leaving = true;
        _closing = true;
        _wake.Set();
        if (!_thread.Join(LastWords))
        {
            // It waits for ranks that do not answer.
            _meeting.DisposeAsync().AsTask().GetAwaiter().GetResult();
            _thread.Join();
        }

        _wake.Dispose();
        _progress.Dispose();
    }

    private static ulong Continue(ulong chain, in HostCall call)
    {
        var hash = (chain ^ (ulong)call.ElementCount) * 0x9E3779B97F4A7C15;
        hash = (hash ^ (hash >> 29) ^ ((ulong)(uint)call.DataType << 40) ^ ((ulong)call.Regime << 20) ^ ((ulong)call.ScaleFormat << 28) ^ (ushort)call.GroupSize) * 0xBF58476D1CE4E5B9;
        return hash ^ (hash >> 32);
    }

    private bool Await(Func<bool> isSo, TimeSpan limit)
    {
        var deadline = limit == Timeout.InfiniteTimeSpan ? long.MaxValue : Environment.TickCount64 + (long)limit.TotalMilliseconds;
        while (!isSo() && Verdict is null && !_ended)
        {
            if (Environment.TickCount64 >= deadline)
            {
                return false;
            }

            _progress.Reset();
            _wake.Set();
            _ = _progress.Wait(IdlePause);
        }

        return isSo() || Verdict is not null;
    }

    private void Run()
    {
        try
        {
            while (Round())
            {
                _progress.Set();
                if (Verdict is null && !_closing)
                {
                    _wake.Wait(Volatile.Read(ref _calls) > _reported ? BusyPause : IdlePause);
                    _wake.Reset();
                }
            }
        }
        catch (RendezvousException exception)
        {
            End(HostVerdict.Of(exception));
        }
        catch (Exception exception) when (exception is OperationCanceledException or ObjectDisposedException or InvalidDataException or InvalidOperationException)
        {
            End(new HostVerdict(FaultKind.Failed, [_rank], exception.Message));
        }

        _ended = true;
        _progress.Set();
        _meeting.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Tells and hears once.</summary>
    /// <returns>Whether there is to be another round.</returns>
    private bool Round()
    {
        if (Verdict is null && _look() is { } trouble)
        {
            Conclude(trouble);
        }

        var own = Report();
        using var limit = new CancellationTokenSource(Limit(own));
        _reports = [.. _meeting.ExchangeAsync(own.ToArray(), limit.Token).GetAwaiter().GetResult().Select(HostReport.From)];
        if (_reports.FirstOrDefault(static report => report.Verdict is not null)?.Verdict is { } told)
        {
            Conclude(told);
            return false;
        }

        if ((HostReport.Judge(_reports) ?? FindEarlierMismatch(own) ?? FindOverdue()) is { } verdict)
        {
            // Whether the others see it as well or not: they hear of it in the next round, which is the last.
            Conclude(verdict);
            return true;
        }

        Agree(own);
        HasEndedWell = _reports.All(static report => report.IsLeaving);
        return !HasEndedWell && !(_closing && own.IsLeaving);
    }

    private HostReport Report()
    {
        var calls = Volatile.Read(ref _calls);
        _reported = calls;
        var last = new HostCall[int.Min(HostReport.MostCalls, (int)long.Min(calls, int.MaxValue))];
        for (var i = 0; i < last.Length; i++)
        {
            last[i] = _ring[(calls - last.Length + 1 + i) % Depth].Call;
        }

        return new HostReport(Verdict, _leaving, calls, _ring[calls % Depth].Chain, last);
    }

    /// <summary>Rank 0 gives up first, so that it tells the others who was missing.</summary>
    private TimeSpan Limit(HostReport own)
    {
        var limit = own.Verdict is not null || _timeout != Timeout.InfiniteTimeSpan && _timeout < LastWords ? LastWords : _timeout;
        return limit == Timeout.InfiniteTimeSpan || _rank == 0 ? limit : limit * 1.25 + LastWords;
    }

    /// <summary>Compares with ranks that are so far behind that their last calls are no longer among those that this one tells.</summary>
    private HostVerdict? FindEarlierMismatch(HostReport own)
    {
        for (var rank = 0; rank < _reports.Count; rank++)
        {
            var calls = _reports[rank].Calls;
            if (calls > 0 && calls <= own.Calls && own.Calls - calls < Depth - HostReport.MostCalls && _ring[calls % Depth] is var (chain, call) && chain != _reports[rank].Chain)
            {
                return new HostVerdict(FaultKind.Mismatch, [], "in one of the calls " + (_agreed + 1) + " to " + calls + "; rank " + _rank + ": " + call.Describe()
                    + "; rank " + rank + ": " + (_reports[rank].Last is [.., var other] ? other.Describe() : "none"));
            }
        }

        return null;
    }

    private HostVerdict? FindOverdue()
    {
        Span<long> calls = stackalloc long[_reports.Count];
        for (var rank = 0; rank < calls.Length; rank++)
        {
            calls[rank] = _reports[rank].Calls;
        }

        Volatile.Write(ref _slowest, _reports.Min(static report => report.Calls));
        if (!_clock.IsOver(calls, _timeout))
        {
            return null;
        }

        return new HostVerdict(FaultKind.TimedOut, [.. Enumerable.Range(0, _reports.Count).Where(rank => _reports[rank].Calls == _slowest)], "come to call " + (_slowest + 1));
    }

    /// <summary>A call is agreed upon when all have made it, and whoever was ahead then has had a round to say that it differs.</summary>
    private void Agree(HostReport own)
    {
        var areSame = _reports.All(report => report.Calls == own.Calls);
        Volatile.Write(ref _agreed, areSame ? own.Calls : _seenByAll);
        _seenByAll = _reports.All(report => report.Calls >= own.Calls) ? own.Calls : _seenByAll;
    }

    private void Conclude(HostVerdict verdict)
    {
        if (Interlocked.CompareExchange(ref _verdict, verdict, null) is null && !_told)
        {
            _told = true;
            _onOver(verdict);
            _progress.Set();
        }
    }

    /// <summary>The connections are gone. That is no fault where whoever has gone had said so.</summary>
    private void End(HostVerdict verdict)
    {
        var wasLeaving = _reports.Count > 0 && verdict.Ranks.All(rank => rank < _reports.Count && _reports[rank].IsLeaving);
        if (_closing || wasLeaving)
        {
            Volatile.Write(ref _departed, verdict with { Kind = FaultKind.Left });
        }
        else
        {
            Conclude(verdict);
        }
    }
}
