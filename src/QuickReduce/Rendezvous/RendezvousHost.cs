using System.Net.Sockets;
using System.Threading.Channels;

namespace QuickReduce.Rendezvous;

/// <summary>Rank 0's side of a rendezvous: whoever knows the secret joins, until all ranks are there.</summary>
/// <remarks>
/// Strangers cost a connection for a few seconds at most: a handshake has a time limit, and when too many are under way
/// the oldest gives way. A rank that is turned away by that tries again.
/// </remarks>
internal sealed class RendezvousHost : RankMeeting
{
    private const int MostHandshakes = 128;
    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan FarewellLimit = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan HandshakePause = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Introduction _own;
    private readonly JobListener _listener;
    private readonly IRendezvousObserver _observer;
    private readonly int[] _ranks;
    private readonly List<Member> _members = [];
    private readonly LinkedList<Socket> _handshakes = [];
    private readonly CancellationTokenSource _ending = new();
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _broken = new();
    private volatile byte[]?[]? _offers;
    private volatile RendezvousException? _failure;

    private RendezvousHost(Introduction own, JobListener listener, IRendezvousObserver observer)
    {
        _own = own;
        _listener = listener;
        _observer = observer;
        _ranks = new int[own.WorldSize];
        for (var rank = 0; rank < _ranks.Length; rank++)
        {
            _ranks[rank] = rank;
        }
    }

    /// <summary>Opens the job and waits for its ranks.</summary>
    /// <exception cref="RendezvousException">They do not come, or do not fit together.</exception>
    public static async Task<RendezvousHost> OpenAsync(Introduction own, JobAddress address, IRendezvousObserver observer, CancellationToken cancellationToken)
    {
        var host = new RendezvousHost(own, address.Listen(), observer);
        if (own.WorldSize == 1)
        {
            host._complete.SetResult();
        }

        try
        {
            var accepting = host.AcceptAsync();
            await host.AwaitRanksAsync(cancellationToken).ConfigureAwait(false);
            host._listener.Dispose();
            await accepting.ConfigureAwait(false);
            return host;
        }
        catch (Exception exception)
        {
            await host.FailAsync(exception).ConfigureAwait(false);
            await host.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public override async Task<byte[][]> ExchangeAsync(byte[] offer, CancellationToken cancellationToken)
    {
        var offers = new byte[_own.WorldSize][];
        offers[_own.Rank] = offer;
        _offers = offers;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _broken.Token);
        try
        {
            for (var rank = 0; rank < offers.Length; rank++)
            {
                offers[rank] ??= await MemberOf(rank)!.Offers.Reader.ReadAsync(end.Token).ConfigureAwait(false);
            }

            var gathered = new PayloadWriter();
            foreach (var one in offers)
            {
                gathered.Bytes(one);
            }

            await BroadcastAsync(FrameType.Gathered, gathered.ToArray(), cancellationToken).ConfigureAwait(false);
            return offers;
        }
        catch (Exception exception) when (exception is OperationCanceledException or ChannelClosedException)
        {
            var failure = Members().Any(static member => member.IsLost && !member.GaveUp) ? Lost() : TimedOut(Missing());
            await FailAsync(failure).ConfigureAwait(false);
            throw failure;
        }
        finally
        {
            _offers = null;
        }
    }

    // Elsewhere: every connection's reader ends by an exception, which takes a process that starts its time.
    public override void End() => _ = Task.Run(() => DisposeAsync().AsTask());

    public override ValueTask DisposeAsync()
    {
        _ending.Cancel();
        _listener.Dispose();
        foreach (var member in Members())
        {
            member.Channel.Dispose();
        }

        return ValueTask.CompletedTask;
    }

    private Member[] Members()
    {
        lock (_gate)
        {
            return [.. _members];
        }
    }

    private Member? MemberOf(int rank)
    {
        lock (_gate)
        {
            return _members.Find(member => member.Introduction.Rank == rank);
        }
    }

    /// <summary>Ranks that the others wait for: those that have not come, or, once all have, that have yet to offer something.</summary>
    private int[] Missing()
    {
        var hasBegun = _complete.Task.IsCompletedSuccessfully;
        var offers = _offers;
        return Array.FindAll(_ranks, IsMissing);

        bool IsMissing(int rank) =>
            rank == _own.Rank ? hasBegun && offers is null
            : MemberOf(rank) is not { } member || (hasBegun && offers?[rank] is null && !member.Offers.Reader.TryPeek(out _));
    }

    private async Task AwaitRanksAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await _complete.Task.WaitAsync(ReportInterval, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (TimeoutException)
            {
                var missing = Missing();
                _observer.RanksMissing(missing);
                await BroadcastAsync(FrameType.Waiting, FailureFrame.Ranks(missing), cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                throw TimedOut(Missing());
            }
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var socket = await _listener.Socket.AcceptAsync(_ending.Token).ConfigureAwait(false);
                _ = ReceiveAsync(socket);
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The job is closed: complete, or over.
        }
    }

    private async Task ReceiveAsync(Socket socket)
    {
        LinkedListNode<Socket> entry;
        lock (_gate)
        {
            entry = _handshakes.AddLast(socket);
            if (_handshakes.Count > MostHandshakes)
            {
                _handshakes.First!.Value.Dispose();
                _handshakes.RemoveFirst();
            }
        }

        var channel = new FrameChannel(socket);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_ending.Token);
            limit.CancelAfter(HandshakeLimit);
            var introduction = await Handshake.ReceiveAsync(channel, _listener.Secret, Refuses, limit.Token).ConfigureAwait(false);
            Admit(new Member(introduction, channel));
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            channel.Dispose();
            _observer.ConnectionRefused(exception.Message);
        }
        finally
        {
            lock (_gate)
            {
                if (entry.List is not null)
                {
                    _handshakes.Remove(entry);
                }
            }
        }
    }

    private Refusal? Refuses(Introduction introduction) =>
        introduction.WorldSize != _own.WorldSize ? null
        : introduction.Rank >= _own.WorldSize ? Refusal.NoSuchRank
        : introduction.Rank == _own.Rank || MemberOf(introduction.Rank) is not null ? Refusal.RankTaken
        : null;

    private void Admit(Member member)
    {
        lock (_gate)
        {
            // Also one that does not fit: it is to hear why there is no group.
            _members.Add(member);
        }

        if (Unfit(member.Introduction) is { } unfit)
        {
            _complete.TrySetException(unfit);
        }

        member.Listening = ListenAsync(member);
        if (_failure is { } failure)
        {
            // It came while the others were told.
            _ = SendAsync(member, FrameType.Failed, FailureFrame.Write(failure), _ending.Token);
            return;
        }

        var missing = Missing();
        if (missing.Length == 0)
        {
            _complete.TrySetResult();
        }
        else
        {
            _ = SendAsync(member, FrameType.Waiting, FailureFrame.Ranks(missing), _ending.Token);
        }
    }

    /// <summary>Reads what a member offers, until it is gone. Gone before all are there, the rendezvous has failed.</summary>
    private async Task ListenAsync(Member member)
    {
        try
        {
            while (true)
            {
                var (type, payload) = await member.Channel.ReceiveAsync(_ending.Token).ConfigureAwait(false);
                if (type == FrameType.GiveUp)
                {
                    // It is told for whom it has waited, also where this rank is busy with something else.
                    var failure = TimedOut(Missing());
                    member.GaveUp = true;
                    _complete.TrySetException(failure);
                    await SendAsync(member, FrameType.Failed, FailureFrame.Write(failure), _ending.Token).ConfigureAwait(false);
                    member.Offers.Writer.TryComplete();
                    await _broken.CancelAsync().ConfigureAwait(false);
                    continue;
                }

                if (member.GaveUp)
                {
                    continue;
                }

                if (type != FrameType.Offer)
                {
                    throw new InvalidDataException("Rank " + member.Introduction.Rank + " does not keep to the protocol.");
                }

                if (!member.Offers.Writer.TryWrite(payload))
                {
                    throw new InvalidDataException("Rank " + member.Introduction.Rank + " offers what nobody has asked for.");
                }
            }
        }
        catch (Exception exception) when (exception is IOException or InvalidDataException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            member.IsLost = true;
            member.Offers.Writer.TryComplete();
            if (!_complete.Task.IsCompleted)
            {
                _complete.TrySetException(Lost());
            }

            await _broken.CancelAsync().ConfigureAwait(false);
        }
    }

    private RendezvousException? Unfit(Introduction other) =>
        other.WorldSize != _own.WorldSize ? Differs("rank " + other.Rank + " expects " + other.WorldSize + " ranks, and rank 0 " + _own.WorldSize, RendezvousProblem.Mismatch)
        : !other.Agreement.AsSpan().SequenceEqual(_own.Agreement) ? Differs("rank " + other.Rank + " has other kernels or options than rank 0. Start all ranks from the same build, with the same GroupOptions", RendezvousProblem.Mismatch)
        : other.Host != _own.Host ? Differs("rank " + other.Rank + " runs on another host than rank 0. Ranks in processes share memory, so they must be on one host", RendezvousProblem.SeveralHosts)
        : null;

    private static RendezvousException Differs(string what, RendezvousProblem problem) =>
        new(problem, "The ranks cannot form a group: " + what + ".");

    private RendezvousException Lost()
    {
        var lost = Members().Where(static member => member.IsLost && !member.GaveUp).Select(member => member.Introduction.Rank).ToArray();
        return new RendezvousException(RendezvousProblem.RankLost, "The ranks cannot form a group: " + Names(lost) + " came and went away again, or its process ended.", lost);
    }

    private RendezvousException TimedOut(int[] missing) => new(
        RendezvousProblem.TimedOut,
        "The ranks cannot form a group: " + Names(missing) + " of " + _own.WorldSize + " did not come within the time limit. Start all ranks of the job, or set JoinOptions.Timeout where they need longer.",
        missing);

    /// <summary>Tells all who are there why there is no group, and lets them go first: what they still send would otherwise cut off what they are told.</summary>
    private async Task FailAsync(Exception exception)
    {
        var failure = exception as RendezvousException
            ?? new RendezvousException(RendezvousProblem.RankLost, "The ranks cannot form a group: rank 0 failed: " + exception.Message, [0]);
        _failure = failure;
        using var limit = new CancellationTokenSource(FarewellLimit);
        await BroadcastAsync(FrameType.Failed, FailureFrame.Write(failure), limit.Token).ConfigureAwait(false);
        while (AreSomeAtTheDoor() && !limit.IsCancellationRequested)
        {
            await Task.Delay(HandshakePause).ConfigureAwait(false);
        }

        await Task.WhenAny(Task.WhenAll(Members().Select(member => member.Listening)), Task.Delay(FarewellLimit)).ConfigureAwait(false);
    }

    private bool AreSomeAtTheDoor()
    {
        lock (_gate)
        {
            return _handshakes.Count > 0;
        }
    }

    private Task BroadcastAsync(FrameType type, byte[] payload, CancellationToken cancellationToken) =>
        Task.WhenAll(Members().Select(member => SendAsync(member, type, payload, cancellationToken)));

    private static async Task SendAsync(Member member, FrameType type, byte[] payload, CancellationToken cancellationToken)
    {
        try
        {
            await member.Channel.SendAsync(type, payload, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // That it is gone is noticed where it is listened to.
        }
    }

    private sealed class Member(Introduction introduction, FrameChannel channel)
    {
        public Introduction Introduction => introduction;

        public FrameChannel Channel => channel;

        public Channel<byte[]> Offers { get; } = System.Threading.Channels.Channel.CreateBounded<byte[]>(4);

        /// <summary>Ends when the connection does.</summary>
        public Task Listening { get; set; } = Task.CompletedTask;

        public volatile bool IsLost;

        public volatile bool GaveUp;
    }
}
