using QuickReduce.Tests.Shared;
using QuickReduce.Tests.Shared.Processes;

namespace QuickReduce.Gpu.Tests.Processes;

/// <summary>
/// Something happens to one of three processes. The other two end with an exception that names it, which tells whether it was
/// noticed itself or the time limit was over; their kernels are released, nothing is left behind, and they can form a group of their own.
/// </summary>
[Collection(nameof(Jobs))]
public sealed class ProcessFaultTests
{
    private const string HostCompiler = "clang++-22";
    private const int LimitMilliseconds = 2000;

    // Three ranks: one-shot up to 256 KiB.
    private const int OneShotElements = 20_001;
    private const int TwoShotElements = 140_001;
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    public static TheoryData<string, int, int> Deaths
    {
        get
        {
            // With a delay, in the midst of calls: in whichever phase of a kernel that happens to be.
            var data = new TheoryData<string, int, int>();
            foreach (var delay in new[] { 0, 3, 11 })
            {
                data.Add("kill", delay, OneShotElements);
                data.Add("kill", delay, TwoShotElements);
            }

            data.Add("exit", 0, TwoShotElements);
            data.Add("exit", 7, OneShotElements);

            return data;
        }
    }

    [RequiresProgramsTheory(StandInDriver.Compiler, HostCompiler)]
    [MemberData(nameof(Deaths))]
    public void ARankThatEndsIsNoticedAtOnce(string what, int delay, int elements)
    {
        using var objects = CodeObjects.OfHostLibraries(JobKernels.Kernels);
        using var job = Start(objects, what, "delay=" + delay, "elements=" + elements);
        foreach (var survivor in Survivors(job))
        {
            AssertException(survivor, nameof(RankFailedException), "1");
        }
    }

    [RequiresProgramsTheory(StandInDriver.Compiler, HostCompiler)]
    [InlineData("stop", 0, OneShotElements)]
    [InlineData("stop", 5, OneShotElements)]
    [InlineData("stop", 9, TwoShotElements)]
    [InlineData("never", 0, TwoShotElements)]
    public void ARankThatDoesNotCallIsNoticedWhenTheTimeIsUp(string what, int delay, int elements)
    {
        using var objects = CodeObjects.OfHostLibraries(JobKernels.Kernels);
        using var job = Start(objects, what, "delay=" + delay, "elements=" + elements);

        // A rank that lives on may still write to the others' workspaces: these are kept, with their streams, for it. With
        // them waits what the group after it had: memory is freed when no workspace is left.
        foreach (var survivor in Survivors(job, alive: 3))
        {
            AssertException(survivor, nameof(RankTimeoutException), "1");
            Assert.True(Milliseconds(survivor) >= LimitMilliseconds * 9 / 10, survivor.Text);
        }
    }

    [RequiresProgramsTheory(StandInDriver.Compiler, HostCompiler)]
    [InlineData("size", nameof(RankMismatchException), "")]
    [InlineData("regime", nameof(RankMismatchException), "")]
    [InlineData("order", nameof(RankMismatchException), "")]
    [InlineData("abort", nameof(GroupAbortedException), "1")]
    [InlineData("buffer", nameof(GroupAbortedException), "1")]
    [InlineData("leave", nameof(RankFailedException), "1")]
    [InlineData("launch", nameof(RankFailedException), "1")]
    public void WhateverARankDoesIsToldToAll(string what, string exception, string ranks)
    {
        using var objects = CodeObjects.OfHostLibraries(JobKernels.Kernels);
        using var job = Start(objects, what);
        foreach (var survivor in Survivors(job))
        {
            AssertException(survivor, exception, ranks);
        }
    }

    /// <summary>Replays are in nobody's account: a time limit on the wait for them ends them.</summary>
    [RequiresProgramsFact(StandInDriver.Compiler, HostCompiler)]
    public void AReplayThatWaitsForARankThatLeftIsReleased()
    {
        using var objects = CodeObjects.OfHostLibraries(JobKernels.Kernels);
        using var job = Start(objects, "replay");
        foreach (var survivor in Survivors(job))
        {
            Assert.Matches("RankTimeoutException|RankFailedException", survivor.Said("exception"));
        }
    }

    [RequiresProgramsTheory(StandInDriver.Compiler, HostCompiler)]
    [InlineData("memory", "cuMemAlloc")]
    [InlineData("export", "cuIpcGetMemHandle")]
    [InlineData("import", "cannot map the memory of rank 0")]
    public void ARankWhoseDeviceCannotTakePartIsNamed(string what, string reason)
    {
        using var objects = CodeObjects.OfHostLibraries(JobKernels.Kernels);
        using var job = Start(objects, what);
        foreach (var survivor in Survivors(job))
        {
            AssertException(survivor, nameof(RendezvousException) + "." + RendezvousProblem.Device, "1");
        }

        Assert.StartsWith(nameof(GpuException), job[1].Said("exception") ?? job[1].Text, StringComparison.Ordinal);
        Assert.Contains(reason, job[1].Said("exception"), StringComparison.Ordinal);
        Assert.Equal("0", job[1].Said("alive"));
    }

    private static Job Start(CodeObjects objects, string what, params string[] more) =>
        GpuJobs.Start(3, "fault", objects, ["what=" + what, "limit=" + LimitMilliseconds, "join=30", "multiprocessors=3", .. more]);

    private static IEnumerable<WorkerProcess> Survivors(Job job, int alive = 0)
    {
        WorkerProcess[] survivors = [job[0], job[2]];
        foreach (var survivor in survivors)
        {
            survivor.WaitForExit(Hang);
            Assert.True(survivor.ExitCode == 0, survivor.Text);
            Assert.Equal("2", survivor.Said("again"));
            Assert.Equal(alive, int.Parse(survivor.Said("alive")!));
        }

        Assert.Empty(job.FilesLeft);
        return survivors;
    }

    private static void AssertException(WorkerProcess process, string type, string ranks)
    {
        Assert.True(process.Said("exception") is not null, process.Text);
        Assert.StartsWith(type + " " + ranks + " ", process.Said("exception"), StringComparison.Ordinal);
    }

    private static long Milliseconds(WorkerProcess process) => long.Parse(process.Said("after") ?? throw new InvalidOperationException(process.Text));
}
