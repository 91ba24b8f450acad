using Microsoft.Extensions.Logging;
using QuickReduce.Collectives.Processes;

namespace QuickReduce.Collectives.Gpu;

/// <summary>
/// Looks after a rank whose kernels wait for those of other processes: whether these live, call in time, or say that the
/// group is over. Then it releases this rank's kernels. A thread of its own, so that nothing else can keep it from that.
/// </summary>
internal sealed class GpuWatch : IDisposable
{
    private const int LooksPerTimeout = 8;

    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(20);

    private readonly GpuMember _member;
    private readonly TimeSpan _timeout;
    private readonly TimeSpan _releaseTimeout;
    private readonly ILogger _logger;
    private readonly OverdueClock _clock = new();
    private readonly ManualResetEventSlim _wake = new();
    private readonly Thread _thread;
    private KernelWait _wait;
    private long _waitingSince;
    private long _nextLook;
    private volatile bool _stopping;

    /// <summary>Begins to look after a rank.</summary>
    /// <param name="member">The rank.</param>
    /// <param name="timeout">How long ranks that have called wait for one that has not.</param>
    /// <param name="releaseTimeout">How long kernels may take to end once they are released.</param>
    /// <param name="logger">Where messages go.</param>
    public GpuWatch(GpuMember member, TimeSpan timeout, TimeSpan releaseTimeout, ILogger logger)
    {
        _member = member;
        _timeout = timeout;
        _releaseTimeout = releaseTimeout;
        _logger = logger;
        _thread = new Thread(Run) { IsBackground = true, Name = "QuickReduce rank " + member.Rank };
        _thread.Start();
    }

    /// <summary>Ends the group, unless it is over already. Thread-safe.</summary>
    public void Fail(FaultKind kind, uint ranks, string text)
    {
        _member.Faults.Raise(kind, ranks, text);
        _wake.Set();
    }

    /// <summary>Ends the group because something took too long: this rank's wait for those that are behind.</summary>
    /// <param name="otherwise">What took too long where no rank is behind.</param>
    public void FailOverdue(string otherwise)
    {
        var behind = RanksBehind();
        Fail(FaultKind.TimedOut, behind, behind != 0 ? "their call " + _member.Ledger.Calls : otherwise);
    }

    /// <summary>Stops looking; waits for a release that is under way.</summary>
    public void Dispose()
    {
        _stopping = true;
        _wake.Set();
        _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        try
        {
            Look();
        }
        catch (GpuException exception)
        {
            // The device is lost: there is nothing to release, and this rank's next call meets with it as well.
            Fail(FaultKind.Failed, 1U << _member.Rank, exception.Message);
            CommunicatorLog.NotReleased(_logger, _member.Rank, exception);
        }
    }

    private void Look()
    {
        _member.Device.Driver.IgnoreCaptures();
        while (!_stopping && _member.Faults.Fault.Kind == FaultKind.None)
        {
            LookAfterPeers();
            LookAfterKernels();
            if (_member.Faults.Fault.Kind == FaultKind.None)
            {
                _wake.Wait(Period);
                _wake.Reset();
            }
        }

        if (!_stopping)
        {
            LogFault();
        }

        // Again and again: a call may be launched while the fault comes up, and graphs are replayed by those who do not know.
        while (!_stopping)
        {
            GpuWorkspace.ReleaseKernels([_member.Workspace], grace: TimeSpan.Zero, _releaseTimeout);
            _wake.Wait(Period);
            _wake.Reset();
        }
    }

    private void LookAfterPeers()
    {
        uint left = 0, died = 0;
        for (var rank = 0; rank < _member.WorldSize; rank++)
        {
            if (rank == _member.Rank)
            {
                continue;
            }

            // A rank says that it leaves before it lets go: so the second is asked first.
            var isAlive = _member.Faults.IsAlive(rank);
            var hasLeft = _member.Faults.HasLeft(rank);
            left |= hasLeft && _member.Ledger.IsBehind(rank) ? 1U << rank : 0;
            died |= !isAlive && !hasLeft ? 1U << rank : 0;
        }

        Span<long> calls = stackalloc long[_member.WorldSize];
        _member.Ledger.CallsOf(calls);
        if (died != 0)
        {
            _member.Faults.Raise(FaultKind.Died, died);
        }
        else if (left != 0)
        {
            _member.Faults.Raise(FaultKind.Left, left);
        }
        else if (_clock.IsOver(calls, _timeout) && RanksBehind() != 0)
        {
            FailOverdue(string.Empty);
        }
    }

    /// <summary>
    /// Finds out where all ranks have called and a kernel waits all the same: graphs are replayed, or a rank's stream does
    /// not come to its kernel.
    /// </summary>
    private void LookAfterKernels()
    {
        var now = Environment.TickCount64;
        if (_timeout == Timeout.InfiniteTimeSpan || now < _nextLook)
        {
            return;
        }

        _nextLook = now + (long)_timeout.TotalMilliseconds / LooksPerTimeout;
        var wait = _member.Workspace.LookWhatIsAwaited(_member.Peers.Addresses[_member.Rank == 0 ? 1 : 0]);
        if (wait.Ranks == 0 || wait != _wait)
        {
            _wait = wait;
            _waitingSince = now;
        }

        _member.Ledger.Await(wait.Ranks);
        if (wait.Ranks != 0 && now - _waitingSince >= _timeout.TotalMilliseconds)
        {
            // Those that wait themselves are not to blame.
            var idle = 0U;
            for (var rank = 0; rank < _member.WorldSize; rank++)
            {
                idle |= _member.Ledger.IsWaiting(rank) ? 0 : wait.Ranks & (1U << rank);
            }

            Fail(FaultKind.TimedOut, idle != 0 ? idle : wait.Ranks, "an all-reduce that is waited for on the device");
        }
    }

    private uint RanksBehind()
    {
        uint behind = 0;
        for (var rank = 0; rank < _member.WorldSize; rank++)
        {
            behind |= rank != _member.Rank && _member.Ledger.IsBehind(rank) ? 1U << rank : 0;
        }

        return behind;
    }

    private void LogFault()
    {
        try
        {
            _member.Faults.ThrowIfOver();
        }
        catch (QuickReduceException exception)
        {
            CommunicatorLog.Over(_logger, _member.Rank, (ulong)_member.Ledger.Calls, exception);
        }
    }
}
