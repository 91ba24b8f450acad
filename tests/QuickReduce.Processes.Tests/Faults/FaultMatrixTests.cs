using QuickReduce.Processes.Tests.Support;
using QuickReduce.Tests.Shared.Processes;
using Xunit;

namespace QuickReduce.Processes.Tests.Faults;

/// <summary>
/// Something happens to one of three processes, at a certain moment. The other two end with an exception that names it,
/// within the time limit and a second, leave nothing behind, and can form a group of their own.
/// </summary>
[Collection(nameof(Calls.Processes))]
public class FaultMatrixTests
{
    private const int LimitMilliseconds = 3000;
    private const int JoinSeconds = 4;

    // The machine may be busy with other tests' processes: what is asserted of time is what the ranks themselves measure.
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    public static TheoryData<string, string, int> Deaths
    {
        get
        {
            var data = new TheoryData<string, string, int>();
            foreach (var what in new[] { "kill", "exit", "exception" })
            {
                foreach (var when in new[] { "between", "phase1", "phase2", "phase3" })
                {
                    data.Add(what, when, 1);
                }
            }

            data.Add("kill", "phase2", 0);
            data.Add("kill", "phase1", 2);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Deaths))]
    public void ARankThatEndsIsNoticedAtOnce(string what, string when, int culprit)
    {
        using var job = Start(what, when, culprit);
        foreach (var survivor in Survivors(job, culprit))
        {
            // An exception unwinds through the communicator, which then leaves instead of dying.
            AssertException(survivor, nameof(RankFailedException), culprit);
            Assert.True(Milliseconds(survivor) < LimitMilliseconds, survivor.Text);
            Assert.Equal("2", survivor.Said("again"));
        }
    }

    /// <summary>The same where buffers lie in memory that all see: phase 2 reads the peers' inputs and has written their outputs.</summary>
    [Theory]
    [InlineData("kill", "phase1", 1)]
    [InlineData("kill", "phase2", 1)]
    [InlineData("kill", "phase3", 0)]
    [InlineData("exception", "phase2", 2)]
    [InlineData("kill", "allocation", 1)]
    [InlineData("kill", "allocation", 0)]
    public void ARankThatEndsWithSharedBuffersIsNoticedAtOnce(string what, string when, int culprit)
    {
        using var job = Jobs.Start(3, [.. Arguments(what, when, culprit), "shared=1"]);
        foreach (var survivor in Survivors(job, culprit))
        {
            AssertException(survivor, nameof(RankFailedException), culprit);
            Assert.True(Milliseconds(survivor) < LimitMilliseconds, survivor.Text);
            Assert.Equal("2", survivor.Said("again"));
        }
    }

    [Theory]
    [InlineData("between")]
    [InlineData("phase1")]
    [InlineData("phase2")]
    [InlineData("phase3")]
    public void ARankThatIsStoppedIsNoticedWhenTheTimeIsUp(string when)
    {
        using var job = Start("stop", when, culprit: 1);
        foreach (var survivor in Survivors(job, culprit: 1))
        {
            AssertException(survivor, nameof(RankTimeoutException), 1);
            Assert.InRange(Milliseconds(survivor), LimitMilliseconds * 9 / 10, LimitMilliseconds + 1000);
            Assert.Equal("2", survivor.Said("again"));
        }
    }

    [Theory]
    [InlineData("size", nameof(RankMismatchException))]
    [InlineData("regime", nameof(RankMismatchException))]
    [InlineData("type", nameof(RankMismatchException))]
    [InlineData("order", nameof(RankMismatchException))]
    [InlineData("buffer", nameof(InvalidBufferException))]
    public void ARankThatAsksForSomethingElseIsNamedOnAll(string what, string exception)
    {
        using var job = Start(what, "between", culprit: 1);
        job.WaitForAll(Hang);
        for (var rank = 0; rank < 3; rank++)
        {
            Assert.StartsWith(exception + " ", job[rank].Said("exception") ?? job[rank].Text, StringComparison.Ordinal);
            Assert.True(Milliseconds(job[rank]) < LimitMilliseconds, job[rank].Text);
        }
    }

    [Fact]
    public void ARankThatAbortsIsNamedOnAll()
    {
        using var job = Start("abort", "between", culprit: 1);
        foreach (var survivor in Survivors(job, culprit: 1))
        {
            AssertException(survivor, nameof(GroupAbortedException), 1);
            Assert.Equal("2", survivor.Said("again"));
        }
    }

    [Fact]
    public void ARankThatLeavesIsNamed()
    {
        using var job = Start("leave", "between", culprit: 2);
        foreach (var survivor in Survivors(job, culprit: 2))
        {
            AssertException(survivor, nameof(RankFailedException), 2);
            Assert.Contains("has left the group", survivor.Text, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("kill", 1)]
    [InlineData("exit", 2)]
    [InlineData("exception", 1)]
    [InlineData("never", 1)]
    [InlineData("stop", 2)]
    public void ARankThatDoesNotComeToTheRendezvousIsNamed(string what, int culprit)
    {
        using var job = Start(what, "rendezvous", culprit);
        foreach (var survivor in Survivors(job, culprit))
        {
            AssertException(survivor, nameof(RendezvousException) + "." + RendezvousProblem.TimedOut, culprit);
            Assert.InRange(Milliseconds(survivor), JoinSeconds * 900, (JoinSeconds + 1) * 1000);
        }
    }

    [Fact]
    public void RankZeroThatNeverComesIsNamed()
    {
        using var job = Jobs.Prepare(2);
        job.StartRank(1, Arguments("kill", "between", 0));
        job[1].WaitForExit(Hang);
        AssertException(job[1], nameof(RendezvousException) + "." + RendezvousProblem.TimedOut, 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void ARankThatIsKilledAfterItCameIsNoticedAtOnce(int culprit)
    {
        using var job = Jobs.Prepare(3);
        job.StartRank(0, "calls", "waiting=1", "join=60");
        job.StartRank(1, "calls", "waiting=1", "join=60");
        for (var rank = 0; rank < 2; rank++)
        {
            // Both have met: what is missing, to either, is the third.
            job[rank].WaitFor("missing 2", Hang);
        }

        job[culprit].Kill();
        var survivor = job[1 - culprit];
        survivor.WaitForExit(TimeSpan.FromSeconds(20));
        AssertException(survivor, nameof(RendezvousException) + "." + RendezvousProblem.RankLost, culprit);
    }

    [Fact]
    public void ALateRankIsWaitedFor()
    {
        using var job = Start("late", "rendezvous", culprit: 2);
        job.WaitForAll(Hang);
        for (var rank = 0; rank < 3; rank++)
        {
            Assert.True(job[rank].ExitCode == 0 && job[rank].TimesSaid("summed") == 2, job[rank].Text);
        }
    }

    [Fact]
    public void ARankThatComesLateToACallIsWaitedFor()
    {
        using var job = Start("late", "between", culprit: 2);
        job.WaitForAll(Hang);
        for (var rank = 0; rank < 3; rank++)
        {
            Assert.True(job[rank].TimesSaid("summed") == 2, job[rank].Text);
        }
    }

    [Fact]
    public void NothingIsLeftOfAJobThatWasKilledWhole()
    {
        using var job = Jobs.Prepare(3);
        job.StartRank(0, Arguments("kill", "between", 0));
        job.StartRank(1, Arguments("kill", "between", 0));
        var watch = DateTime.UtcNow;
        while (job.FilesLeft.Count < 2 && DateTime.UtcNow - watch < Hang)
        {
            Thread.Sleep(10);
        }

        job[0].Kill();
        job[1].Kill();
        job.WaitForAll(Hang);
        Assert.NotEmpty(job.FilesLeft);
        foreach (var file in job.FilesLeft)
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddMinutes(-1));
        }

        for (var rank = 0; rank < 3; rank++)
        {
            job.StartRank(rank, "calls", "calls=3");
        }

        job.WaitForAll(Hang);
        Assert.All(Enumerable.Range(0, 3), rank => Assert.True(job[rank].ExitCode == 0, job[rank].Text));
        Assert.Empty(job.FilesLeft);
    }

    private static Job Start(string what, string when, int culprit) => Jobs.Start(3, Arguments(what, when, culprit));

    private static string[] Arguments(string what, string when, int culprit) =>
        ["fault", "what=" + what, "when=" + when, "culprit=" + culprit, "limit=" + LimitMilliseconds, "join=" + (when == "rendezvous" && what != "late" ? JoinSeconds : 30)];

    private static IEnumerable<WorkerProcess> Survivors(Job job, int culprit)
    {
        var survivors = Enumerable.Range(0, 3).Where(rank => rank != culprit).Select(rank => job[rank]).ToArray();
        foreach (var survivor in survivors)
        {
            survivor.WaitForExit(Hang);
        }

        Assert.Empty(job.FilesLeft);
        return survivors;
    }

    private static void AssertException(WorkerProcess process, string type, int culprit)
    {
        Assert.True(process.Said("exception") is not null, process.Text);
        Assert.StartsWith(type + " " + culprit + " ", process.Said("exception"), StringComparison.Ordinal);
    }

    private static long Milliseconds(WorkerProcess process) => long.Parse(process.Said("after") ?? throw new InvalidOperationException(process.Text));
}
