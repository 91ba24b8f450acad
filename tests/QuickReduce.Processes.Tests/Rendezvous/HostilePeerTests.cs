using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using QuickReduce.Processes.Worker;
using Xunit;

namespace QuickReduce.Processes.Tests.Rendezvous;

/// <summary>Strangers at the port of a job. The ranks meet all the same.</summary>
public class HostilePeerTests
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(90);

    private readonly int _port = FreePort();

    [Fact]
    public async Task RandomBytesAreIgnored()
    {
        var zero = Join(0);
        var random = new Random(1);
        for (var stranger = 0; stranger < 50; stranger++)
        {
            using var socket = await ConnectAsync();
            var bytes = new byte[random.Next(1, 4000)];
            random.NextBytes(bytes);
            await SendAsync(socket, bytes);
        }

        await MeetAsync(zero);
    }

    [Fact]
    public async Task FramesThatAnnounceTooMuchAreIgnored()
    {
        var zero = Join(0);
        foreach (var length in new uint[] { uint.MaxValue, int.MaxValue, 1 << 20, 513 })
        {
            using var socket = await ConnectAsync();
            await SendAsync(socket, [.. BitConverter.GetBytes(length), 2]);
            Assert.Equal(0, await EndAsync(socket));
        }

        await MeetAsync(zero);
    }

    [Fact]
    public async Task HalfOpenAndSlowConnectionsDoNotKeepRanksOut()
    {
        var zero = Join(0);
        var strangers = new List<Socket>();
        for (var stranger = 0; stranger < 100; stranger++)
        {
            strangers.Add(await ConnectAsync());
            await SendAsync(strangers[^1], [1]);
        }

        await MeetAsync(zero);
        strangers.ForEach(stranger => stranger.Dispose());
    }

    [Fact]
    public async Task AThousandConnectionsDoNotKeepRanksOut()
    {
        var zero = Join(0);
        var strangers = new List<Socket>();
        for (var stranger = 0; stranger < 1000; stranger++)
        {
            strangers.Add(await ConnectAsync());
        }

        await MeetAsync(zero);
        strangers.ForEach(stranger => stranger.Dispose());
    }

    [Fact]
    public async Task ARecordedHandshakeCannotBeUsedAgain()
    {
        // A man in the middle records what a rank of another, finished job with the same secret has sent.
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        var middle = ((IPEndPoint)listener.LocalEndPoint!).Port;
        var zero = Join(0);
        using var cancellation = new CancellationTokenSource();
        var one = Communicator.JoinAsync(WorkerKernels.All, new RankEnvironment(1, 2) { MasterAddress = "127.0.0.1", MasterPort = middle }, Options(), cancellation.Token);
        using var fromRank = await listener.AcceptAsync();
        listener.Close();
        byte[] recorded;
        using (var toHost = await ConnectAsync())
        {
            var hello = await ReceiveAsync(toHost);
            await SendAsync(fromRank, hello);
            recorded = await ReceiveAsync(fromRank);
        }

        fromRank.Dispose();
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => one);

        using (var replay = await ConnectAsync())
        {
            await ReceiveAsync(replay);
            await SendAsync(replay, recorded);
            var answer = await ReceiveAsync(replay);
            Assert.Equal(4, answer[4]);
        }

        await MeetAsync(zero);
    }

    [Fact]
    public async Task AHostThatDoesNotKnowTheSecretIsNotJoined()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, _port));
        listener.Listen();
        using var cancellation = new CancellationTokenSource();
        var one = Communicator.JoinAsync(WorkerKernels.All, Environment(1), Options(TimeSpan.FromSeconds(3)), cancellation.Token);
        using var socket = await listener.AcceptAsync();
        await SendAsync(socket, Frame(1, [.. "QKREDUCE"u8, 1, 0, 0, 0, .. RandomNumberGenerator.GetBytes(32)]));
        await ReceiveAsync(socket);
        await SendAsync(socket, Frame(3, RandomNumberGenerator.GetBytes(32)));
        Assert.Equal(0, await EndAsync(socket));
        listener.Close();
        Assert.Equal(RendezvousProblem.TimedOut, (await Assert.ThrowsAsync<RendezvousException>(() => one.WaitAsync(Hang))).Problem);
    }

    private static byte[] Frame(byte type, byte[] payload) => [.. BitConverter.GetBytes(payload.Length), type, .. payload];

    private static async Task SendAsync(Socket socket, byte[] bytes)
    {
        try
        {
            await socket.SendAsync(bytes);
        }
        catch (SocketException)
        {
            // It was thrown out already.
        }
    }

    private static async Task<byte[]> ReceiveAsync(Socket socket)
    {
        var buffer = new byte[4096];
        return buffer[..await socket.ReceiveAsync(buffer).WaitAsync(Hang)];
    }

    /// <summary>Reads until the other side closes; 0 when it does.</summary>
    private static async Task<int> EndAsync(Socket socket)
    {
        try
        {
            int received;
            while ((received = await socket.ReceiveAsync(new byte[4096]).WaitAsync(Hang)) > 0)
            {
            }

            return received;
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static JoinOptions Options(TimeSpan? timeout = null) =>
        new() { Transport = RendezvousTransport.Tcp, Secret = "secret of the test", Timeout = timeout ?? Hang };

    private RankEnvironment Environment(int rank) => new(rank, 2) { MasterAddress = "127.0.0.1", MasterPort = _port };

    private Task<Communicator> Join(int rank) => Communicator.JoinAsync(WorkerKernels.All, Environment(rank), Options());

    private async Task<Socket> ConnectAsync()
    {
        while (true)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, _port);
                return socket;
            }
            catch (SocketException)
            {
                // Rank 0 has not opened its port yet.
                socket.Dispose();
                await Task.Delay(10);
            }
        }
    }

    private async Task MeetAsync(Task<Communicator> zero)
    {
        foreach (var rank in await Task.WhenAll(zero, Join(1)).WaitAsync(Hang))
        {
            rank.Dispose();
        }
    }
}
