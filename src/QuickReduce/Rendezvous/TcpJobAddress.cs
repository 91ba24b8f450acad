using System.Net;
using System.Net.Sockets;

namespace QuickReduce.Rendezvous;

/// <summary>A port of rank 0's host.</summary>
internal sealed class TcpJobAddress(string address, int port, byte[] secret) : JobAddress
{
    private const int Backlog = 512;

    public override JobListener Listen()
    {
        var resolved = Resolve();
        var failure = default(SocketException);

        // Where rank 0 stands behind an address that is not its own, every address of it will do.
        foreach (var candidate in resolved.Append(IPAddress.Any))
        {
            var socket = new Socket(candidate.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.Bind(new IPEndPoint(candidate, port));
                socket.Listen(Backlog);
                return new JobListener(socket, secret, static () => { });
            }
            catch (SocketException exception)
            {
                socket.Dispose();
                failure = exception;
                if (exception.SocketErrorCode == SocketError.AddressAlreadyInUse)
                {
                    break;
                }
            }
        }

        throw new RendezvousException(
            RendezvousProblem.Address,
            "Rank 0 cannot listen on " + address + ":" + port + ": " + failure!.Message + ". Set MASTER_PORT to a port that is free on rank 0's host.",
            inner: failure);
    }

    public override IConnection? TryConnect(out byte[] key, CancellationToken cancellationToken)
    {
        key = secret;
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            // With a token, which the blocking call does not take: an address that does not answer takes minutes.
            socket.ConnectAsync(address, port, cancellationToken).AsTask().GetAwaiter().GetResult();
            return new SocketConnection(socket);
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private IPAddress[] Resolve()
    {
        try
        {
            return Dns.GetHostAddresses(address);
        }
        catch (SocketException exception)
        {
            throw new RendezvousException(RendezvousProblem.Address, "Rank 0 cannot resolve MASTER_ADDR " + address + ": " + exception.Message + ".", inner: exception);
        }
    }
}
