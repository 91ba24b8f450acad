using Microsoft.Win32.SafeHandles;

namespace QuickReduce.Rendezvous.Linux;

/// <summary>
/// A connection to a socket in the file system, for ranks that join: to start .NET's sockets took more than a quarter of the
/// processor time that joining did (docs/performance.md).
/// </summary>
internal sealed class UnixConnection : IConnection
{
    private readonly SafeFileHandle _socket;

    private UnixConnection(SafeFileHandle socket) => _socket = socket;

    /// <summary>Connects; null where nobody listens.</summary>
    /// <exception cref="IOException">There is no socket to be had.</exception>
    public static UnixConnection? TryConnect(string path)
    {
        var socket = LibC.OpenUnixSocket();
        if (LibC.TryConnect(socket, path))
        {
            return new UnixConnection(socket);
        }

        socket.Dispose();
        return null;
    }

    public int Send(ReadOnlySpan<byte> bytes) => LibC.Send(_socket, bytes);

    public int Receive(Span<byte> bytes) => LibC.Receive(_socket, bytes);

    public void Dispose()
    {
        // What another thread waits in holds the handle open, and ends by this.
        LibC.ShutDown(_socket);
        _socket.Dispose();
    }
}
