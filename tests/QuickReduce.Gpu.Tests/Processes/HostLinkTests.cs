using QuickReduce.Collectives.Hosts;
using QuickReduce.Collectives.Processes;
using QuickReduce.Rendezvous;

namespace QuickReduce.Gpu.Tests.Processes;

/// <summary>What ranks tell each other beside the data: two of them in this process, over real connections.</summary>
public sealed class HostLinkTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("quickreduce-job-");
    private readonly HostVerdict?[] _troubles = new HostVerdict?[2];
    private readonly int[] _told = new int[2];

    [Fact]
    public async Task CallsThatAreTheSameAreAgreedUponAndAllLeave()
    {
        var links = await ConnectAsync(Patience);
        foreach (var link in links)
        {
            Enter(link, 100, 200, 300);
        }

        Assert.All(links, static link => Assert.True(link.AwaitAgreement(Patience)));
        await Task.WhenAll(links.Select(static link => Task.Run(() => link.Leave(Patience))));
        Assert.All(links, static link => Assert.True(link.HasEndedWell));
        Assert.Equal([0, 0], _told);
        Array.ForEach(links, static link => link.Dispose());
    }

    /// <summary>Also where the call in which they differ is no longer among those that are told in full.</summary>
    [Fact]
    public async Task CallsThatDifferAreFoundAndToldOnce()
    {
        var links = await ConnectAsync(Patience);
        var lengths = Enumerable.Range(1, 3 * HostReport.MostCalls).Select(static length => (long)length).ToArray();
        Enter(links[0], lengths);
        lengths[2]++;
        try
        {
            Enter(links[1], lengths);
        }
        catch (RankMismatchException)
        {
            // Found before the last of them.
        }

        Assert.All(links, static link => Assert.Equal(FaultKind.Mismatch, link.AwaitVerdict(Patience)?.Kind));
        Assert.All(links, static link => Assert.Throws<RankMismatchException>(link.ThrowIfOver));
        Assert.Equal([1, 1], _told);
        Array.ForEach(links, static link => link.Dispose());
    }

    [Fact]
    public async Task ARankThatIsFarAheadWaits()
    {
        var links = await ConnectAsync(Patience);
        var lengths = Enumerable.Repeat(7L, 2 * HostLink.Depth).ToArray();
        var ahead = Task.Run(() => Enter(links[0], lengths));
        await Task.Delay(TimeSpan.FromMilliseconds(100));
        Assert.False(ahead.IsCompleted);
        Enter(links[1], lengths);
        await ahead;
        Assert.All(links, static link => Assert.True(link.AwaitAgreement(Patience)));
        Array.ForEach(links, static link => link.Dispose());
    }

    [Fact]
    public async Task ARankThatDoesNotCallIsNamedOnBoth()
    {
        var links = await ConnectAsync(TimeSpan.FromMilliseconds(500));
        Enter(links[0], 10);
        foreach (var link in links)
        {
            var verdict = link.AwaitVerdict(Patience);
            Assert.Equal(FaultKind.TimedOut, verdict?.Kind);
            Assert.Equal([1], verdict!.Ranks);
            Assert.Equal([1], Assert.Throws<RankTimeoutException>(link.ThrowIfOver).MissingRanks);
        }

        Array.ForEach(links, static link => link.Dispose());
    }

    [Fact]
    public async Task TroubleOfARankIsToldAndADepartureIsNoneUntilSomeoneCalls()
    {
        var links = await ConnectAsync(Patience);
        _troubles[1] = new HostVerdict(FaultKind.Failed, [1], "no more memory");
        Assert.All(links, static link => Assert.Equal("no more memory", link.AwaitVerdict(Patience)?.Text));
        Array.ForEach(links, static link => link.Dispose());

        _troubles[1] = null;
        links = await ConnectAsync(Patience);
        links[1].Leave(TimeSpan.FromMilliseconds(100));
        links[1].Dispose();
        Assert.True(SpinWait.SpinUntil(() => links[0].Departed is not null, Patience));
        Assert.Null(links[0].Verdict);
        Assert.Equal(1, Assert.Throws<RankFailedException>(() => Enter(links[0], 1)).FailedRank);
        links[0].Dispose();
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private static void Enter(HostLink link, params long[] lengths)
    {
        foreach (var length in lengths)
        {
            link.Enter(new HostCall { ElementCount = length });
        }
    }

    private async Task<HostLink[]> ConnectAsync(TimeSpan timeout)
    {
        var options = new JoinOptions { RuntimeDirectory = _directory.FullName };
        using var limit = new CancellationTokenSource(Patience);
        var meetings = await Task.WhenAll(Enumerable.Range(0, 2).Select(rank => Task.Run(
            () => RankRendezvous.Meet(new RankEnvironment(rank, 2), options, new byte[Handshake.HashBytes], new Silent(), limit.Token, host: string.Empty))));
        return [.. meetings.Select((meeting, rank) => new HostLink(meeting, rank, timeout, () => _troubles[rank], _ => Interlocked.Increment(ref _told[rank])))];
    }

    private sealed class Silent : IRendezvousObserver
    {
        public void RanksMissing(IReadOnlyList<int> ranks)
        {
        }

        public void ConnectionRefused(string reason)
        {
        }
    }
}
