namespace QuickReduce.Collectives;

/// <summary>
/// One run of a body on all ranks: sees to it that no rank waits for one that cannot come, and gathers how it ended.
/// </summary>
internal sealed class RankRun
{
    private readonly AllReduceGroup _group;
    private readonly Rendezvous _rendezvous;
    private readonly Action<AllReduceRank> _body;
    private readonly Action _ended;
    private readonly CancellationToken _cancellationToken;
    private readonly CancellationTokenRegistration _cancellation;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Exception> _exceptions = [];
    private int _running;
    private bool _cancelled;

    /// <summary>Creates a run and starts to listen for cancellation.</summary>
    /// <param name="group">Whose ranks run.</param>
    /// <param name="rendezvous">Where they meet.</param>
    /// <param name="body">What each rank does.</param>
    /// <param name="ended">Called once every body has ended, before the run completes.</param>
    /// <param name="cancellationToken">Cancels the run.</param>
    public RankRun(AllReduceGroup group, Rendezvous rendezvous, Action<AllReduceRank> body, Action ended, CancellationToken cancellationToken)
    {
        _group = group;
        _rendezvous = rendezvous;
        _body = body;
        _ended = ended;
        _running = group.WorldSize;
        _cancellationToken = cancellationToken;
        _rendezvous.Reopen();
        _cancellation = cancellationToken.UnsafeRegister(static run => ((RankRun)run!).Cancel(), this);
    }

    /// <summary>Ends when every body has.</summary>
    public Task Completion => _completion.Task;

    /// <summary>Runs the body of a rank, on the calling thread.</summary>
    public void RunBody(int rank)
    {
        try
        {
            _body(_group[rank]);
            _rendezvous.Close(new CallFailure(other => new RankFailedException(
                rank,
                CallFailure.Addressee(other) + " cannot all-reduce: the body of rank " + rank + " has returned. Every rank must make the same calls in the same order.",
                inner: null)));
        }
        catch (Exception exception)
        {
            Fail(rank, exception);
        }
        finally
        {
            if (Interlocked.Decrement(ref _running) == 0)
            {
                End();
            }
        }
    }

    private void Fail(int rank, Exception exception)
    {
        lock (_exceptions)
        {
            // What a rank gets because of another's failure, or of the cancellation, says nothing new.
            var follows = exception is RankFailedException ? _exceptions.Count > 0
                : exception is OperationCanceledException && _cancelled;
            if (!follows)
            {
                _exceptions.Add(exception);
            }
        }

        // Only now, so that what failed first also stands first.
        _rendezvous.Close(new CallFailure(other => new RankFailedException(
            rank,
            CallFailure.Addressee(other) + " cannot all-reduce: the body of rank " + rank + " failed: " + exception.Message + " The group can be used again once RunAsync has ended.",
            exception)));
    }

    private void Cancel()
    {
        lock (_exceptions)
        {
            _cancelled = true;
        }

        _rendezvous.Close(new CallFailure(rank => new OperationCanceledException(
            CallFailure.Addressee(rank) + " cannot all-reduce: the run was cancelled.", _cancellationToken)));
    }

    private void End()
    {
        _cancellation.Dispose();
        _ended();
        if (_exceptions.Count > 0)
        {
            _completion.SetException(_exceptions);
        }
        else if (_cancelled)
        {
            _completion.SetCanceled(_cancellationToken);
        }
        else
        {
            _completion.SetResult();
        }
    }
}
