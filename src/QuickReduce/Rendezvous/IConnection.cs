using System.Net.Sockets;

namespace QuickReduce.Rendezvous;

/// <summary>A stream of bytes to another process. Calls block; disposing it from another thread ends them.</summary>
internal interface IConnection : IDisposable
{
    /// <summary>Sends some of the bytes, at least one, and says how many.</summary>
    /// <exception cref="SocketException">The connection is gone.</exception>
    /// <exception cref="IOException">The connection is gone.</exception>
    /// <exception cref="ObjectDisposedException">It was disposed.</exception>
    int Send(ReadOnlySpan<byte> bytes);

    /// <summary>Receives some bytes and says how many; 0 where the other side has closed the connection.</summary>
    /// <inheritdoc cref="Send" path="/exception"/>
    int Receive(Span<byte> bytes);
}

/// <summary>A socket of .NET.</summary>
internal sealed class SocketConnection(Socket socket) : IConnection
{
    public int Send(ReadOnlySpan<byte> bytes) => socket.Send(bytes);

    public int Receive(Span<byte> bytes) => socket.Receive(bytes);

    public void Dispose() => socket.Dispose();
}
