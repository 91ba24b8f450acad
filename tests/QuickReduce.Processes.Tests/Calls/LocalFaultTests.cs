using QuickReduce.Processes.Tests.Support;
using Xunit;

namespace QuickReduce.Processes.Tests.Calls;

/// <summary>What ranks hear of each other's mistakes, and whether they can go on.</summary>
public class LocalFaultTests
{
    private static readonly GroupOptions Impatient = new() { Timeout = TimeSpan.FromMilliseconds(300) };

    [Fact]
    public void ADifferentLengthIsNamedOnEveryRankAndTheGroupGoesOn()
    {
        using var ranks = new LocalRanks(3);
        var outputs = Enumerable.Range(0, 3).Select(_ => new Half[1000]).ToArray();
        var exceptions = ranks.Run(rank => rank.AllReduce<Half>(QuantRegime.Int8, new Half[rank.Rank == 1 ? 999 : 1000], outputs[rank.Rank].AsSpan(0, rank.Rank == 1 ? 999 : 1000)));
        foreach (var exception in exceptions)
        {
            var mismatch = Assert.IsType<RankMismatchException>(exception);
            Assert.Contains("rank 0: 1000 elements of float16, Int8", mismatch.Message, StringComparison.Ordinal);
            Assert.Contains("rank 1: 999 elements of float16, Int8", mismatch.Message, StringComparison.Ordinal);
        }

        GoesOn(ranks, 3);
    }

    [Fact]
    public void LongAndShortCallsThatMeetAreAMismatch()
    {
        using var ranks = new LocalRanks(2);
        var exceptions = ranks.Run(rank => rank.AllReduce<Half>(QuantRegime.FP, new Half[rank.Rank == 0 ? 10 : 4_000_000]));
        Assert.All(exceptions, exception => Assert.IsType<RankMismatchException>(exception));
        GoesOn(ranks, 2);
    }

    [Fact]
    public void BuffersOfOneRankThatCannotBeUsedAreNamedOnEveryRank()
    {
        using var ranks = new LocalRanks(2);
        var exceptions = ranks.Run(rank =>
        {
            var buffer = new Half[101];
            rank.AllReduce<Half>(QuantRegime.FP, buffer.AsSpan(0, 100), buffer.AsSpan(rank.Rank, 100));
        });
        Assert.All(exceptions, exception => Assert.Equal(1, Assert.IsType<InvalidBufferException>(exception).Rank));
        GoesOn(ranks, 2);
    }

    [Fact]
    public void AnUndeclaredVariantIsRefusedOnEveryRank()
    {
        using var ranks = new LocalRanks(2);
        var exceptions = ranks.Run(rank => rank.AllReduce<Half>(new AllReduceMode(QuantRegime.Int5, 64), new Half[10]));
        Assert.All(exceptions, exception => Assert.IsType<VariantNotDeclaredException>(exception));
        exceptions = ranks.Run(rank => rank.AllReduce<int>(QuantRegime.FP, new int[10]));
        Assert.All(exceptions, exception => Assert.IsType<RankMismatchException>(exception));
        GoesOn(ranks, 2);
    }

    [Fact]
    public void ARankThatDoesNotComeIsNamedAndComesTooLate()
    {
        using var ranks = new LocalRanks(3, options: Impatient);
        var exceptions = ranks.Run(rank =>
        {
            if (rank.Rank == 2)
            {
                Thread.Sleep(1000);
            }

            rank.AllReduce<Half>(QuantRegime.FP, new Half[10]);
        });
        Assert.All(exceptions, exception => Assert.Equal([2], Assert.IsType<RankTimeoutException>(exception).MissingRanks));
    }

    [Fact]
    public void ARankThatLeavesIsNamed()
    {
        using var ranks = new LocalRanks(3);
        var exceptions = ranks.Run(rank =>
        {
            rank.AllReduce<Half>(QuantRegime.FP, new Half[10]);
            if (rank.Rank == 1)
            {
                rank.Dispose();
                return;
            }

            rank.AllReduce<Half>(QuantRegime.FP, new Half[10]);
        });
        Assert.Null(exceptions[1]);
        Assert.Equal(1, Assert.IsType<RankFailedException>(exceptions[0]).FailedRank);
        Assert.Equal(1, Assert.IsType<RankFailedException>(exceptions[2]).FailedRank);
    }

    [Fact]
    public void WhatALeavingRankHasContributedCounts()
    {
        using var ranks = new LocalRanks(2);
        Assert.All(ranks.Run(rank =>
        {
            if (rank.Rank == 0)
            {
                Thread.Sleep(200);
            }

            var buffer = new Half[] { (Half)1 };
            rank.AllReduce<Half>(QuantRegime.FP, buffer);
            Assert.Equal((Half)2, buffer[0]);
            rank.Dispose();
        }), Assert.Null);
    }

    [Fact]
    public void AbortEndsTheCallOfOthersAndOnesOwn()
    {
        using var ranks = new LocalRanks(3);
        var exceptions = ranks.Run(rank =>
        {
            if (rank.Rank == 0)
            {
                Thread.Sleep(100);
                rank.Abort("the model does not fit");
            }

            rank.AllReduce<Half>(QuantRegime.FP, new Half[10]);
        });
        foreach (var exception in exceptions)
        {
            var aborted = Assert.IsType<GroupAbortedException>(exception);
            Assert.Equal(0, aborted.AbortingRank);
            Assert.Contains("the model does not fit", aborted.Message, StringComparison.Ordinal);
        }

        Assert.All(ranks.Run(rank => rank.AllReduce<Half>(QuantRegime.FP, new Half[10])), exception => Assert.IsType<GroupAbortedException>(exception));
    }

    [Fact]
    public void DisposingEndsACallOfAnotherThread()
    {
        using var ranks = new LocalRanks(2);
        var waiting = new Thread(() => Thread.Sleep(100));
        waiting.Start();
        var exceptions = ranks.Run(rank =>
        {
            if (rank.Rank == 0)
            {
                waiting.Join();
                ranks[1].Dispose();
                return;
            }

            rank.AllReduce<Half>(QuantRegime.FP, new Half[10]);
        });
        Assert.IsType<ObjectDisposedException>(exceptions[1]);
        Assert.Throws<ObjectDisposedException>(() => ranks[1].AllReduce<Half>(QuantRegime.FP, new Half[10]));
    }

    [Fact]
    public void ASecondThreadIsRefused()
    {
        using var ranks = new LocalRanks(2);
        var exceptions = new Exception?[2];
        var threads = Enumerable.Range(0, 2).Select(thread => new Thread(() => exceptions[thread] = Record.Exception(() => ranks[0].AllReduce<Half>(QuantRegime.FP, new Half[10])))).ToArray();
        Array.ForEach(threads, static thread => thread.Start());
        Assert.True(SpinWait.SpinUntil(() => threads.Any(static thread => !thread.IsAlive), TimeSpan.FromSeconds(30)), "Both threads wait for rank 1.");

        // Whichever came first waits still.
        ranks[1].Abort("enough");
        Array.ForEach(threads, static thread => thread.Join());
        Assert.Single(exceptions.OfType<ConcurrentCallException>());
        Assert.Single(exceptions.OfType<GroupAbortedException>());
    }

    private static void GoesOn(LocalRanks ranks, int worldSize) => Assert.All(ranks.Run(rank =>
    {
        var buffer = new Half[] { (Half)1 };
        rank.AllReduce<Half>(QuantRegime.FP, buffer);
        Assert.Equal((Half)worldSize, buffer[0]);
    }), Assert.Null);
}
