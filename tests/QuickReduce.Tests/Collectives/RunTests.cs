using Xunit;

namespace QuickReduce.Tests.Collectives;

/// <summary>Ranks that fail, leave, come late or are told to stop: the others learn of it and nobody hangs.</summary>
public class RunTests
{
    private static readonly GroupOptions NeverTimesOut = new() { Timeout = Timeout.InfiniteTimeSpan };
    private static readonly GroupOptions TimesOutSoon = new() { Timeout = TimeSpan.FromMilliseconds(150) };

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    public async Task AFailingBodyWakesTheOthers(int worldSize)
    {
        using var group = AllReduceGroup.Create(TestKernels.Default, worldSize, NeverTimesOut);
        var seen = new Exception?[worldSize];
        var run = group.RunAsync(rank =>
        {
            if (rank.Index == 1)
            {
                throw new InvalidTimeZoneException("the original");
            }

            seen[rank.Index] = Record.Exception(() => Sum(rank));
            throw seen[rank.Index]!;
        });

        var thrown = await Assert.ThrowsAsync<InvalidTimeZoneException>(() => Bounded.Ends(run));
        Assert.Single(run.Exception!.InnerExceptions);
        for (var rank = 0; rank < worldSize; rank++)
        {
            if (rank != 1)
            {
                var failure = Assert.IsType<RankFailedException>(seen[rank]);
                Assert.Equal(1, failure.FailedRank);
                Assert.Same(thrown, failure.InnerException);
            }
        }

        await AssertUsable(group);
    }

    [Fact]
    public async Task ABodyThatReturnsEarlyWakesTheOthers()
    {
        using var group = AllReduceGroup.Create(TestKernels.Default, 4, NeverTimesOut);
        var run = group.RunAsync(rank =>
        {
            Sum(rank);
            if (rank.Index != 2)
            {
                Sum(rank);
            }
        });

        Assert.Equal(2, (await Assert.ThrowsAsync<RankFailedException>(() => Bounded.Ends(run))).FailedRank);
        await AssertUsable(group);
    }

    [Fact]
    public async Task CancellationWakesRanksThatWait()
    {
        using var group = AllReduceGroup.Create(TestKernels.Default, 4, NeverTimesOut);
        using var cancellation = new CancellationTokenSource();
        using var waiting = new CountdownEvent(3);
        using var woken = new CountdownEvent(3);
        var run = group.RunAsync(rank =>
        {
            if (rank.Index == 0)
            {
                waiting.Wait();
                cancellation.CancelAfter(50);

                // Not the token itself: it is set before those who registered with it are told.
                woken.Wait();
                Sum(rank);
                return;
            }

            waiting.Signal();
            try
            {
                Sum(rank);
            }
            finally
            {
                woken.Signal();
            }
        }, cancellation.Token);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Bounded.Ends(run));
        Assert.True(run.IsCanceled);
        await AssertUsable(group);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => group.RunAsync(_ => { }, cancellation.Token));
    }

    [Fact]
    public async Task ALateRankIsNamedAndGetsTheSameFailureWhenItComes()
    {
        using var group = AllReduceGroup.Create(TestKernels.Default, 4, TimesOutSoon);
        using var over = new CountdownEvent(3);
        var exceptions = Bounded.Run([.. Enumerable.Range(0, 4).Select<int, Action>(rank => () =>
        {
            if (rank == 3)
            {
                over.Wait();
                Sum(group[rank]);
                return;
            }

            try
            {
                Sum(group[rank]);
            }
            finally
            {
                over.Signal();
            }
        })]);

        Assert.All(exceptions, exception => Assert.Equal([3], Assert.IsType<RankTimeoutException>(exception).MissingRanks));
        Assert.StartsWith("Rank 0 waited in vain: rank 3 of 4", exceptions[0]!.Message, StringComparison.Ordinal);
        Assert.StartsWith("Rank 3 came too late", exceptions[3]!.Message, StringComparison.Ordinal);
        await AssertUsable(group);
    }

    [Fact]
    public async Task RunsStartAfreshAfterATimeout()
    {
        using var group = AllReduceGroup.Create(TestKernels.Default, 2, TimesOutSoon);
        Assert.IsType<RankTimeoutException>(Bounded.Run(() => Sum(group[0]))[0]);
        await AssertUsable(group);
    }

    [Fact]
    public async Task DisposingWakesRanksThatWaitAndEndsTheGroup()
    {
        var group = AllReduceGroup.Create(TestKernels.Default, 2, NeverTimesOut);
        using var waiting = new ManualResetEventSlim();
        var run = group.RunAsync(rank =>
        {
            if (rank.Index == 0)
            {
                waiting.Wait();
                Thread.Sleep(50);
                group.Dispose();
            }
            else
            {
                waiting.Set();
                Sum(rank);
            }
        });

        await Assert.ThrowsAsync<ObjectDisposedException>(() => Bounded.Ends(run));
        group.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Sum(group[0]));
        Assert.Throws<ObjectDisposedException>(() => group.AllReduce<Half>(QuantRegime.FP, [new Half[1], new Half[1]], [new Half[1], new Half[1]]));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => group.RunAsync(_ => { }));
    }

    [Fact]
    public async Task ASecondRunAtTheSameTimeIsRefused()
    {
        using var group = AllReduceGroup.Create(TestKernels.Default, 2);
        using var release = new ManualResetEventSlim();
        var run = group.RunAsync(_ => release.Wait());
        await Assert.ThrowsAsync<ConcurrentCallException>(() => group.RunAsync(_ => { }));
        release.Set();
        await Bounded.Ends(run);
        await AssertUsable(group);
    }

    [Fact]
    public async Task BodiesRunOnThreadsOfTheGroupEachRankOnItsOwn()
    {
        using var group = AllReduceGroup.Create(TestKernels.Default, 8);
        var threads = new int[2][];
        for (var run = 0; run < 2; run++)
        {
            var ids = threads[run] = new int[8];
            await Bounded.Ends(group.RunAsync(rank =>
            {
                Assert.False(Thread.CurrentThread.IsThreadPoolThread);
                ids[rank.Index] = Environment.CurrentManagedThreadId;
                Sum(rank);
            }));
        }

        Assert.Equal(8, threads[0].Distinct().Count());
        Assert.Equal(threads[0], threads[1]);
    }

    [Fact]
    public async Task ManyRunsFollowEachOther()
    {
        using var group = AllReduceGroup.Create(TestKernels.Default, 8);
        for (var run = 0; run < 200; run++)
        {
            await AssertUsable(group);
        }
    }

    [Fact]
    public async Task CancellingAtAnyMomentEndsTheRunAndLeavesTheGroupUsable()
    {
        using var group = AllReduceGroup.Create(TestKernels.Default, 4, NeverTimesOut);
        for (var run = 0; run < 50; run++)
        {
            using var cancellation = new CancellationTokenSource();
            cancellation.CancelAfter(TimeSpan.FromMilliseconds(run % 7));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Bounded.Ends(group.RunAsync(rank =>
            {
                var buffer = new Half[20_000];
                while (true)
                {
                    rank.AllReduce<Half>(QuantRegime.FP, buffer, buffer);
                }
            }, cancellation.Token)));
        }

        await AssertUsable(group);
    }

    private static void Sum(AllReduceRank rank) => rank.AllReduce<Half>(QuantRegime.FP, new Half[10], new Half[10]);

    private static async Task AssertUsable(AllReduceGroup group)
    {
        var sums = Enumerable.Range(0, group.WorldSize).Select(_ => new Half[1]).ToArray();
        await Bounded.Ends(group.RunAsync(rank => rank.AllReduce<Half>(QuantRegime.FP, [Half.One], sums[rank.Index])));
        Assert.All(sums, sum => Assert.Equal((Half)group.WorldSize, sum[0]));
    }
}
