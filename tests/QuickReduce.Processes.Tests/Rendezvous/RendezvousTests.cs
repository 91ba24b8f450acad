using System.Net;
using System.Net.Sockets;
using QuickReduce.Processes.Worker;
using Xunit;

namespace QuickReduce.Processes.Tests.Rendezvous;

public sealed class RendezvousTests : IDisposable
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("quickreduce-rendezvous-");
    private readonly int _port = FreePort();

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData(RendezvousTransport.UnixSocket, 2)]
    [InlineData(RendezvousTransport.UnixSocket, 8)]
    [InlineData(RendezvousTransport.Tcp, 2)]
    [InlineData(RendezvousTransport.Tcp, 5)]
    public async Task RanksMeetAndSum(RendezvousTransport transport, int worldSize)
    {
        var ranks = await Task.WhenAll(Enumerable.Range(0, worldSize).Reverse().Select(rank => Join(rank, worldSize, transport))).WaitAsync(Hang);
        await SumsAsync(ranks);
        Assert.Empty(_directory.EnumerateFiles());
    }

    [Fact]
    public async Task GroupsOfDifferentNamesFormSideBySide()
    {
        var groups = await Task.WhenAll(Enumerable.Range(0, 4).Select(index => Join(index % 2, 2, name: "group " + index / 2))).WaitAsync(Hang);
        await SumsAsync(groups[..2]);
        await SumsAsync(groups[2..]);
    }

    [Fact]
    public async Task MissingRanksAreToldWhileItWaitsAndNamedAtTheEnd()
    {
        var told = new List<string>();
        var options = Options(RendezvousTransport.UnixSocket, TimeSpan.FromSeconds(2.5), missing: new Told(told));
        var zero = Communicator.JoinAsync(WorkerKernels.All, Environment(0, 4), options);
        var two = Communicator.JoinAsync(WorkerKernels.All, Environment(2, 4), options);
        foreach (var join in new[] { zero, two })
        {
            var exception = await Assert.ThrowsAsync<RendezvousException>(() => join.WaitAsync(Hang));
            Assert.Equal(RendezvousProblem.TimedOut, exception.Problem);
            Assert.Equal([1, 3], exception.Ranks);
        }

        Assert.Contains("1,3", told);
        Assert.Empty(_directory.EnumerateFiles());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task WhenOneGivesUpAllHearWhoWasMissing(int lost)
    {
        using var cancellation = new CancellationTokenSource();
        var told = new List<string>();
        var options = Options(RendezvousTransport.UnixSocket, Hang, missing: new Told(told));
        var joins = Enumerable.Range(0, 3).Select(rank => Communicator.JoinAsync(WorkerKernels.All, Environment(rank, 4), options, rank == lost ? cancellation.Token : default)).ToArray();
        while (!Told.Includes(told, "3"))
        {
            await Task.Delay(20);
        }

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => joins[lost].WaitAsync(Hang));
        foreach (var join in joins.Where((_, rank) => rank != lost))
        {
            var exception = await Assert.ThrowsAsync<RendezvousException>(() => join.WaitAsync(Hang));
            Assert.Equal((RendezvousProblem.TimedOut, 3), (exception.Problem, Assert.Single(exception.Ranks)));
        }
    }

    [Fact]
    public async Task AWrongSecretIsRefusedAndTheJobGoesOn()
    {
        var zero = Join(0, 2, RendezvousTransport.Tcp);
        var stranger = Communicator.JoinAsync(WorkerKernels.All, Environment(1, 2), Options(RendezvousTransport.Tcp, Hang, secret: "another"));
        var refused = await Assert.ThrowsAsync<RendezvousException>(() => stranger.WaitAsync(Hang));
        Assert.Equal(RendezvousProblem.Refused, refused.Problem);
        await SumsAsync(await Task.WhenAll(zero, Join(1, 2, RendezvousTransport.Tcp)).WaitAsync(Hang));
    }

    [Fact]
    public async Task ARankThatIsThereAlreadyIsRefused()
    {
        var zero = Join(0, 3);
        var one = Join(1, 3);
        var first = await Task.WhenAny(one, Task.Delay(500));
        Assert.NotSame(one, first);
        var refused = await Assert.ThrowsAsync<RendezvousException>(() => Join(1, 3).WaitAsync(Hang));
        Assert.Equal(RendezvousProblem.Refused, refused.Problem);
        await SumsAsync(await Task.WhenAll(zero, one, Join(2, 3)).WaitAsync(Hang));
    }

    [Fact]
    public async Task OtherKernelsAreAMismatchOnAll()
    {
        var zero = Join(0, 2);
        var one = Communicator.JoinAsync(WorkerKernels.Named("Other.Kernels"), Environment(1, 2), Options(RendezvousTransport.UnixSocket, Hang));
        foreach (var join in new[] { zero, one })
        {
            Assert.Equal(RendezvousProblem.Mismatch, (await Assert.ThrowsAsync<RendezvousException>(() => join.WaitAsync(Hang))).Problem);
        }
    }

    /// <summary>Every rank names the ranks whose policy chooses otherwise, and what they would choose.</summary>
    [Fact]
    public async Task AnotherPolicyIsAMismatchThatNamesTheRanks()
    {
        var joins = Enumerable.Range(0, 4).Select(rank => Communicator.JoinAsync(
            WorkerKernels.All, Environment(rank, 4), Options(RendezvousTransport.UnixSocket, Hang, policy: new AllReducePolicy { Regime = QuantRegime.Int4, MinBytes = rank is 1 or 3 ? 7777 : 4096 }))).ToArray();
        foreach (var join in joins)
        {
            var exception = await Assert.ThrowsAsync<RendezvousException>(() => join.WaitAsync(Hang));
            Assert.Equal(RendezvousProblem.Mismatch, exception.Problem);
            Assert.Equal([1, 3], exception.Ranks);
            Assert.Contains("the policies of ranks 1, 3 and of rank 0 choose differently: rank 0 has 'from 4096: ", exception.Message, StringComparison.Ordinal);
            Assert.Contains("and rank 1 'from 7777: ", exception.Message, StringComparison.Ordinal);
        }

        // What is said differently and chooses the same is the same.
        var ranks = await Task.WhenAll(Enumerable.Range(0, 2).Select(rank => Communicator.JoinAsync(
            WorkerKernels.All, Environment(rank, 2), Options(RendezvousTransport.UnixSocket, Hang, policy: new AllReducePolicy { Regime = QuantRegime.FP, MinBytes = rank })))).WaitAsync(Hang);
        await SumsAsync(ranks);
    }

    [Theory]
    [InlineData(1, 3)]
    [InlineData(3, 4)]
    public async Task AnotherNumberOfRanksIsAMismatchOnAll(int rank, int worldSize)
    {
        var joins = new[] { Join(0, 2), Join(rank, worldSize) };
        foreach (var join in joins)
        {
            Assert.Equal(RendezvousProblem.Mismatch, (await Assert.ThrowsAsync<RendezvousException>(() => join.WaitAsync(Hang))).Problem);
        }
    }

    [Fact]
    public async Task ASecondJobOfTheSameNameIsRefused()
    {
        using var cancellation = new CancellationTokenSource();
        var first = Join(0, 2, cancellation: cancellation.Token);
        while (!_directory.EnumerateFiles("*.job").Any())
        {
            await Task.Delay(5);
        }

        var second = await Assert.ThrowsAsync<RendezvousException>(() => Join(0, 2).WaitAsync(Hang));
        Assert.Equal(RendezvousProblem.Address, second.Problem);
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(Hang));
        Assert.Empty(_directory.EnumerateFiles());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task WaitingCanBeCancelled(int rank)
    {
        using var cancellation = new CancellationTokenSource(200);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Join(rank, 2, cancellation: cancellation.Token).WaitAsync(Hang));
    }

    [Fact]
    public async Task WithoutASecretNobodyMeetsOverTcp()
    {
        var exception = await Assert.ThrowsAsync<RendezvousException>(() =>
            Communicator.JoinAsync(WorkerKernels.All, Environment(0, 2), new JoinOptions { Transport = RendezvousTransport.Tcp }));
        Assert.Equal(RendezvousProblem.NoSecret, exception.Problem);
    }

    [Fact]
    public async Task ADirectoryThatOthersCanEnterIsRefused()
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_directory.FullName, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute);
        }

        var exception = await Assert.ThrowsAsync<RendezvousException>(() => Join(0, 2));
        Assert.Equal(RendezvousProblem.Address, exception.Problem);
    }

    [Fact]
    public async Task ANumberOfRanksWithoutKernelsIsRefusedBeforeAnyoneWaits() =>
        await Assert.ThrowsAsync<VariantNotDeclaredException>(() => Communicator.JoinAsync(WorkerKernels.All, new RankEnvironment(0, 9)));

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static async Task SumsAsync(Communicator[] ranks)
    {
        await Task.WhenAll(ranks.Select(rank => Task.Factory.StartNew(
            () =>
            {
                using (rank)
                {
                    var buffer = new Half[] { (Half)(rank.Rank + 1) };
                    rank.AllReduce<Half>(QuantRegime.FP, buffer);
                    Assert.Equal(Enumerable.Range(1, rank.WorldSize).Sum(), (int)buffer[0]);
                }
            },
            TaskCreationOptions.LongRunning))).WaitAsync(Hang);
    }

    private RankEnvironment Environment(int rank, int worldSize) => new(rank, worldSize) { MasterAddress = "127.0.0.1", MasterPort = _port };

    private JoinOptions Options(RendezvousTransport transport, TimeSpan timeout, string name = "default", string secret = "secret of the test", IProgress<IReadOnlyList<int>>? missing = null, AllReducePolicy? policy = null) => new()
    {
        Group = new GroupOptions { Policy = policy },
        Timeout = timeout,
        Transport = transport,
        GroupName = name,
        RuntimeDirectory = _directory.FullName,
        Secret = transport == RendezvousTransport.Tcp ? secret : null,
        MissingRanks = missing,
    };

    private Task<Communicator> Join(
        int rank, int worldSize, RendezvousTransport transport = RendezvousTransport.UnixSocket, string name = "default", CancellationToken cancellation = default) =>
        Communicator.JoinAsync(WorkerKernels.All, Environment(rank, worldSize), Options(transport, Hang, name), cancellation);

    private sealed class Told(List<string> told) : IProgress<IReadOnlyList<int>>
    {
        public static bool Includes(List<string> told, string ranks)
        {
            lock (told)
            {
                return told.Contains(ranks);
            }
        }

        public void Report(IReadOnlyList<int> value)
        {
            lock (told)
            {
                told.Add(string.Join(',', value));
            }
        }
    }
}
