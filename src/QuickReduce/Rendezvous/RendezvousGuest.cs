using System.Net.Sockets;

namespace QuickReduce.Rendezvous;

/// <summary>The other ranks' side of a rendezvous: finds rank 0, and hears from it what becomes of the group.</summary>
internal sealed class RendezvousGuest : RankMeeting
{
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ReportInterval = TimeSpan.FromSeconds(1);

    // How long rank 0 may take to say whom this rank has waited for.
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromMilliseconds(500);

    private readonly Introduction _own;
    private readonly FrameChannel _channel;
    private readonly IRendezvousObserver _observer;

    private RendezvousGuest(Introduction own, FrameChannel channel, IRendezvousObserver observer)
    {
        _own = own;
        _channel = channel;
        _observer = observer;
    }

    /// <summary>Looks for the job until it is open, and joins it. Blocks.</summary>
    /// <exception cref="RendezvousException">It does not open in time, or does not let this rank in.</exception>
    public static RendezvousGuest Join(Introduction own, JobAddress address, IRendezvousObserver observer, CancellationToken cancellationToken)
    {
        var pause = ShortestPause;
        var waited = TimeSpan.Zero;
        while (true)
        {
            try
            {
                if (address.TryConnect(out var secret, cancellationToken) is { } connection
                    && TryJoin(own, connection, secret, observer, cancellationToken) is { } guest)
                {
                    return guest;
                }
            }
            catch (OperationCanceledException)
            {
                // Said below.
            }

            if (cancellationToken.WaitHandle.WaitOne(pause))
            {
                throw TimedOut(own, [0], null);
            }

            waited += pause;
            pause = TimeSpan.FromTicks(long.Min(pause.Ticks * 9 / 8, LongestPause.Ticks));
            if (waited >= ReportInterval)
            {
                waited = TimeSpan.Zero;
                observer.RanksMissing([0]);
            }
        }
    }

    /// <remarks>Blocks.</remarks>
    public override Task<byte[][]> ExchangeAsync(byte[] offer, CancellationToken cancellationToken)
    {
        using var ending = cancellationToken.UnsafeRegister(static guest => ((RendezvousGuest)guest!).GiveUp(), this);
        try
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                _channel.Send(FrameType.Offer, offer);
            }

            while (true)
            {
                var (type, payload) = _channel.Receive();
                switch (type)
                {
                    case FrameType.Waiting:
                        _observer.RanksMissing(FailureFrame.ReadRanks(payload));
                        break;
                    case FrameType.Gathered:
                        return Task.FromResult(ReadOffers(payload));
                    case FrameType.Failed:
                        throw FailureFrame.Read(payload);
                    default:
                        throw new InvalidDataException("Rank 0 does not keep to the protocol.");
                }
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or InvalidDataException or ObjectDisposedException)
        {
            throw cancellationToken.IsCancellationRequested ? TimedOut(_own, [0], exception) : new RendezvousException(
                RendezvousProblem.RankLost,
                "Rank " + _own.Rank + " cannot join: rank 0 went away, or its process ended (" + exception.Message + ").",
                [0],
                exception);
        }
    }

    public override void End() => _channel.Dispose();

    public override ValueTask DisposeAsync()
    {
        _channel.Dispose();
        return ValueTask.CompletedTask;
    }

    private static RendezvousGuest? TryJoin(Introduction own, IConnection connection, byte[] secret, IRendezvousObserver observer, CancellationToken cancellationToken)
    {
        var channel = new FrameChannel(connection);
        try
        {
            using var ending = cancellationToken.UnsafeRegister(static channel => ((FrameChannel)channel!).Dispose(), channel);
            var refusal = Handshake.Join(channel, secret, own);
            return refusal is null ? new RendezvousGuest(own, channel, observer) : throw Refused(own, refusal.Value);
        }
        catch (Exception exception) when (exception is IOException or SocketException or InvalidDataException or ObjectDisposedException)
        {
            // Too many strangers at the door, another program at this address, or a job that has just closed.
            channel.Dispose();
            observer.ConnectionRefused(exception.Message);
            return null;
        }
        catch
        {
            channel.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Tells rank 0, so that all others hear who was missing and not that this rank went away. It answers who that is; where
    /// it does not, it is the one that is waited for.
    /// </summary>
    private void GiveUp()
    {
        try
        {
            _channel.Send(FrameType.GiveUp, []);
            _ = Task.Delay(AnswerLimit).ContinueWith(_ => _channel.Dispose(), TaskScheduler.Default);
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
        {
            // Rank 0 is gone as well.
            _channel.Dispose();
        }
    }

    private byte[][] ReadOffers(byte[] payload)
    {
        var reader = new PayloadReader(payload);
        var offers = new byte[_own.WorldSize][];
        for (var rank = 0; rank < offers.Length; rank++)
        {
            offers[rank] = reader.Bytes().ToArray();
        }

        reader.End();
        return offers;
    }

    private static RendezvousException Refused(Introduction own, Refusal refusal) => new(
        RendezvousProblem.Refused,
        "Rank " + own.Rank + " may not join: " + refusal switch
        {
            Refusal.WrongSecret => "rank 0 has another secret. Set QUICKREDUCE_JOB_SECRET to the same text for all ranks.",
            Refusal.RankTaken => "there is a rank " + own.Rank + " already. Give every process a rank of its own.",
            _ => "there is no such rank among " + own.WorldSize + ".",
        });

    private static RendezvousException TimedOut(Introduction own, IReadOnlyList<int> missing, Exception? inner) => new(
        RendezvousProblem.TimedOut,
        "Rank " + own.Rank + " cannot join: " + Names(missing) + " of " + own.WorldSize + " did not come within the time limit. Start all ranks of the job, or set JoinOptions.Timeout where they need longer.",
        missing,
        inner);
}
