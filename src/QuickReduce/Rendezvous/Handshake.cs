using System.Security.Cryptography;

namespace QuickReduce.Rendezvous;

/// <summary>What a rank says of itself when it joins.</summary>
/// <param name="Rank">Its rank.</param>
/// <param name="WorldSize">The number of ranks that it expects.</param>
/// <param name="Agreement">Hash of all that the ranks must have in common.</param>
/// <param name="Host">The host that it runs on.</param>
internal sealed record Introduction(int Rank, int WorldSize, byte[] Agreement, string Host);

/// <summary>Why a host refuses a connection. Numbers are part of the protocol.</summary>
internal enum Refusal : byte
{
    WrongSecret = 1,
    RankTaken = 2,
    NoSuchRank = 3,
}

/// <summary>
/// How a rank and the host show each other that they know the job's secret, without telling it, and agree on a key for
/// what follows. Both put fresh random numbers in, so that nothing recorded can be used again.
/// </summary>
internal static class Handshake
{
    /// <summary>Version of the protocol.</summary>
    public const uint Version = 1;

    /// <summary>Bytes of hashes, keys and nonces.</summary>
    public const int HashBytes = SHA256.HashSizeInBytes;

    private const int MaxHostName = 128;

    private static readonly byte[] Magic = "QKREDUCE"u8.ToArray();

    /// <summary>The host's side.</summary>
    /// <param name="channel">The connection.</param>
    /// <param name="secret">The job's secret.</param>
    /// <param name="admit">Says why a rank that knows the secret may not join, or null; called once the proof is there.</param>
    /// <param name="cancellationToken">The time limit.</param>
    /// <returns>Who it is; the rank has yet to be welcomed.</returns>
    /// <exception cref="InvalidDataException">It is a stranger, and was told so if it speaks the protocol.</exception>
    public static async Task<Introduction> ReceiveAsync(FrameChannel channel, byte[] secret, Func<Introduction, Refusal?> admit, CancellationToken cancellationToken)
    {
        var hostNonce = RandomNumberGenerator.GetBytes(HashBytes);
        await channel.SendAsync(FrameType.Hello, new PayloadWriter().Raw(Magic).UInt32(Version).Raw(hostNonce).ToArray(), cancellationToken).ConfigureAwait(false);
        var (type, payload) = await channel.ReceiveAsync(cancellationToken).ConfigureAwait(false);
        var (introduction, rankNonce, proof) = ReadJoin(type, payload);
        var refusal = CryptographicOperations.FixedTimeEquals(proof, Proof(secret, "join", hostNonce, rankNonce, introduction)) ? admit(introduction) : Refusal.WrongSecret;
        if (refusal is { } reason)
        {
            await channel.SendAsync(FrameType.Refuse, [(byte)reason], cancellationToken).ConfigureAwait(false);
            throw new InvalidDataException("A connection was refused: " + reason + ".");
        }

        await channel.SendAsync(FrameType.Welcome, Proof(secret, "welcome", hostNonce, rankNonce, introduction), cancellationToken).ConfigureAwait(false);
        channel.Secure(Proof(secret, "session", hostNonce, rankNonce, introduction));
        return introduction;
    }

    /// <summary>A rank's side.</summary>
    /// <returns>Why the host refuses; null when the rank is welcome.</returns>
    /// <exception cref="InvalidDataException">The other side is not the job's host.</exception>
    /// <exception cref="RendezvousException">The host speaks another version.</exception>
    public static Refusal? Join(FrameChannel channel, byte[] secret, Introduction introduction)
    {
        var (type, payload) = channel.Receive();
        var hostNonce = ReadHello(type, payload, introduction.Rank);
        var rankNonce = RandomNumberGenerator.GetBytes(HashBytes);
        var join = new PayloadWriter().Raw(Magic).UInt32(Version).UInt32((uint)introduction.Rank).UInt32((uint)introduction.WorldSize)
            .Raw(introduction.Agreement).Raw(rankNonce).Raw(Proof(secret, "join", hostNonce, rankNonce, introduction)).Text(introduction.Host);
        channel.Send(FrameType.Join, join.ToArray());

        (type, payload) = channel.Receive();
        switch (type)
        {
            case FrameType.Refuse when payload.Length == 1:
                return (Refusal)payload[0];
            case FrameType.Welcome when CryptographicOperations.FixedTimeEquals(payload, Proof(secret, "welcome", hostNonce, rankNonce, introduction)):
                channel.Secure(Proof(secret, "session", hostNonce, rankNonce, introduction));
                return null;
            default:
                throw new InvalidDataException("The other side does not know the job's secret.");
        }
    }

    private static byte[] ReadHello(FrameType type, byte[] payload, int rank)
    {
        var reader = new PayloadReader(payload);
        if (type != FrameType.Hello || !reader.Raw(Magic.Length).SequenceEqual(Magic))
        {
            throw new InvalidDataException("The other side is no QuickReduce job.");
        }

        var version = reader.UInt32();
        return version == Version
            ? reader.Raw(HashBytes).ToArray()
            : throw new RendezvousException(
                RendezvousProblem.Refused,
                "Rank " + rank + " cannot join: rank 0 speaks version " + version + " of the rendezvous, and this QuickReduce version " + Version + ". Start all ranks from the same build.");
    }

    private static (Introduction Introduction, byte[] Nonce, byte[] Proof) ReadJoin(FrameType type, byte[] payload)
    {
        var reader = new PayloadReader(payload);
        if (type != FrameType.Join || !reader.Raw(Magic.Length).SequenceEqual(Magic) || reader.UInt32() != Version)
        {
            throw new InvalidDataException("A connection does not speak this protocol.");
        }

        var rank = (int)uint.Min(reader.UInt32(), int.MaxValue);
        var worldSize = (int)uint.Min(reader.UInt32(), int.MaxValue);
        var agreement = reader.Raw(HashBytes).ToArray();
        var nonce = reader.Raw(HashBytes).ToArray();
        var proof = reader.Raw(HashBytes).ToArray();
        var host = reader.Text();
        reader.End();
        return host.Length <= MaxHostName ? (new Introduction(rank, worldSize, agreement, host), nonce, proof) : throw new InvalidDataException("A host's name is too long.");
    }

    private static byte[] Proof(byte[] secret, string purpose, byte[] hostNonce, byte[] rankNonce, Introduction introduction) => HMACSHA256.HashData(
        secret,
        new PayloadWriter().Text("quickreduce " + purpose).UInt32(Version).Raw(hostNonce).Raw(rankNonce).UInt32((uint)introduction.Rank)
            .UInt32((uint)introduction.WorldSize).Raw(introduction.Agreement).Text(introduction.Host).ToArray());
}
