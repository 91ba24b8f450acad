using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;

namespace QuickReduce.Rendezvous;

/// <summary>Kinds of frames. Numbers are part of the protocol.</summary>
internal enum FrameType : byte
{
    /// <summary>Host → rank, first: version and nonce.</summary>
    Hello = 1,

    /// <summary>Rank → host: who it is and proof that it knows the secret.</summary>
    Join = 2,

    /// <summary>Host → rank: proof that the host knows the secret.</summary>
    Welcome = 3,

    /// <summary>Host → rank: why it may not join.</summary>
    Refuse = 4,

    /// <summary>Host → rank, now and then: which ranks are missing.</summary>
    Waiting = 5,

    /// <summary>Rank → host: its payload of an exchange.</summary>
    Offer = 6,

    /// <summary>Host → rank: everyone's payloads.</summary>
    Gathered = 7,

    /// <summary>Host → rank: there will be no group, and why.</summary>
    Failed = 8,

    /// <summary>Rank → host: it waits no longer for those who are missing.</summary>
    GiveUp = 9,
}

/// <summary>What is sent at once.</summary>
/// <param name="Type">What kind of thing it is.</param>
/// <param name="Payload">What it says.</param>
internal sealed record Frame(FrameType Type, byte[] Payload);

/// <summary>
/// Frames over a socket: length, type, payload. Once both sides have shown that they know the secret, every frame
/// carries a code that binds it to this connection, its direction and its place, so that none can be forged, repeated or
/// left out.
/// </summary>
/// <remarks>
/// One reader and one writer at a time. A length is checked before anything is allocated for it. Rank 0, which has many,
/// uses it asynchronously; the others block, since a process that starts has more code to compile than time to lose.
/// </remarks>
internal sealed class FrameChannel : IDisposable
{
    private const int HeaderBytes = sizeof(uint) + 1;
    private const int CodeBytes = 32;
    private const int MaxStrangersPayload = 512;
    private const int MaxMembersPayload = 256 * 1024;
    private const string Closed = "The other side has closed the connection.";

    private readonly SemaphoreSlim _sending = new(1);
    private readonly IConnection _connection;
    private readonly Socket? _socket;
    private byte[]? _sessionKey;
    private ulong _sent;
    private ulong _received;

    /// <summary>A rank's side, which blocks.</summary>
    public FrameChannel(IConnection connection) => _connection = connection;

    /// <summary>Rank 0's side, which does not.</summary>
    public FrameChannel(Socket socket)
    {
        _connection = new SocketConnection(socket);
        _socket = socket;
    }

    private bool IsHost => _socket is not null;

    /// <summary>From here on, frames carry codes made with this key.</summary>
    public void Secure(byte[] sessionKey) => _sessionKey = sessionKey;

    /// <summary>Sends a frame.</summary>
    /// <exception cref="SocketException">The connection is gone.</exception>
    public async Task SendAsync(FrameType type, byte[] payload, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var frame = Pack(type, payload);
            for (var sent = 0; sent < frame.Length;)
            {
                sent += await _socket!.SendAsync(frame.AsMemory(sent), SocketFlags.None, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Sends a frame, and blocks until it is on its way.</summary>
    /// <exception cref="SocketException">The connection is gone.</exception>
    /// <exception cref="IOException">The connection is gone.</exception>
    public void Send(FrameType type, byte[] payload)
    {
        _sending.Wait();
        try
        {
            var frame = Pack(type, payload);
            for (var sent = 0; sent < frame.Length;)
            {
                sent += _connection.Send(frame.AsSpan(sent));
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Receives a frame.</summary>
    /// <exception cref="EndOfStreamException">The other side has closed the connection.</exception>
    /// <exception cref="InvalidDataException">What came is no frame, or not one of the other side.</exception>
    public async Task<Frame> ReceiveAsync(CancellationToken cancellationToken)
    {
        var header = await ReceiveExactlyAsync(HeaderBytes, cancellationToken).ConfigureAwait(false);
        var rest = await ReceiveExactlyAsync(RestOf(header), cancellationToken).ConfigureAwait(false);
        return Unpack(header, rest);
    }

    /// <summary>Receives a frame, and blocks until it is there.</summary>
    /// <exception cref="EndOfStreamException">The other side has closed the connection.</exception>
    /// <exception cref="InvalidDataException">What came is no frame, or not one of the other side.</exception>
    public Frame Receive()
    {
        var header = ReceiveExactly(HeaderBytes);
        return Unpack(header, ReceiveExactly(RestOf(header)));
    }

    /// <summary>Closes the connection.</summary>
    public void Dispose() => _connection.Dispose();

    private byte[] Pack(FrameType type, byte[] payload)
    {
        var frame = new byte[HeaderBytes + payload.Length + (_sessionKey is null ? 0 : CodeBytes)];
        BinaryPrimitives.WriteUInt32LittleEndian(frame, (uint)payload.Length);
        frame[HeaderBytes - 1] = (byte)type;
        payload.CopyTo(frame, HeaderBytes);
        if (_sessionKey is { } key)
        {
            Code(key, IsHost, _sent++, type, payload).CopyTo(frame, HeaderBytes + payload.Length);
        }

        return frame;
    }

    /// <summary>Bytes that follow a header.</summary>
    private int RestOf(byte[] header)
    {
        var length = BinaryPrimitives.ReadUInt32LittleEndian(header);
        return length <= (_sessionKey is null ? MaxStrangersPayload : MaxMembersPayload)
            ? (int)length + (_sessionKey is null ? 0 : CodeBytes)
            : throw new InvalidDataException("A frame announces " + length + " bytes.");
    }

    private Frame Unpack(byte[] header, byte[] rest)
    {
        var type = (FrameType)header[HeaderBytes - 1];
        if (_sessionKey is not { } key)
        {
            return new Frame(type, rest);
        }

        var payload = rest[..^CodeBytes];
        return CryptographicOperations.FixedTimeEquals(rest.AsSpan(payload.Length), Code(key, !IsHost, _received++, type, payload))
            ? new Frame(type, payload)
            : throw new InvalidDataException("A frame does not come from the other side of this connection.");
    }

    private static byte[] Code(byte[] key, bool fromHost, ulong number, FrameType type, byte[] payload)
    {
        const int PlaceBytes = sizeof(ulong) + 2;
        var coded = new byte[PlaceBytes + payload.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(coded, number);
        coded[PlaceBytes - 2] = fromHost ? (byte)1 : (byte)0;
        coded[PlaceBytes - 1] = (byte)type;
        payload.CopyTo(coded, PlaceBytes);
        return HMACSHA256.HashData(key, coded);
    }

    private async Task<byte[]> ReceiveExactlyAsync(int count, CancellationToken cancellationToken)
    {
        var bytes = new byte[count];
        for (var received = 0; received < count;)
        {
            var more = await _socket!.ReceiveAsync(bytes.AsMemory(received), SocketFlags.None, cancellationToken).ConfigureAwait(false);
            received += more > 0 ? more : throw new EndOfStreamException(Closed);
        }

        return bytes;
    }

    private byte[] ReceiveExactly(int count)
    {
        var bytes = new byte[count];
        for (var received = 0; received < count;)
        {
            var more = _connection.Receive(bytes.AsSpan(received));
            received += more > 0 ? more : throw new EndOfStreamException(Closed);
        }

        return bytes;
    }
}
