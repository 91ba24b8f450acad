using QuickReduce.Tests.Shared;
using QuickReduce.Tests.Shared.Processes;

namespace QuickReduce.Gpu.Tests.Processes;

/// <summary>
/// Ranks on GPUs of several hosts, which here are all this machine: processes that are told where they are, on stand-ins for
/// the driver and for NCCL, with the real kernels.
/// </summary>
[Collection(nameof(Jobs))]
public sealed class MultiHostTests
{
    private const string HostCompiler = "clang++-22";
    private const int LimitMilliseconds = 2000;
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(2);

    [RequiresProgramsTheory(StandInDriver.Compiler, HostCompiler)]
    [InlineData(4, 2, 15)]
    [InlineData(3, 1, 15)]
    [InlineData(2, 1, 15)]
    [InlineData(2, 2, 10)]
    public void EveryRankGetsTheSumOfAllHosts(int ranks, int perHost, int calls)
    {
        using var objects = CodeObjects.OfHostLibraries(JobKernels.Kernels);
        using var job = Start(objects, ranks, perHost, "calls=" + calls);
        job.WaitForAll(Hang);
        for (var rank = 0; rank < ranks; rank++)
        {
            Assert.True(job[rank].ExitCode == 0 && job[rank].Said("right") is not null, "Rank " + rank + ": " + job[rank].Text);
            Assert.Equal(rank / perHost + " " + ranks / perHost + " " + rank % perHost + (ranks == perHost ? " alone" : " connected"), job[rank].Said("formed"));
            Assert.Equal("0", job[rank].Said("allocated"));
            Assert.Equal("0", job[rank].Said("communicators"));
            Assert.Equal("0", job[rank].Said("alive"));
        }

        Assert.Empty(job.FilesLeft);
    }

    [RequiresProgramsTheory(StandInDriver.Compiler, HostCompiler)]
    [InlineData("kill", nameof(RankFailedException), "3")]
    [InlineData("stop", nameof(RankTimeoutException), "3")]
    [InlineData("never", nameof(RankTimeoutException), "3")]
    [InlineData("leave", nameof(RankFailedException), "3")]
    [InlineData("abort", nameof(GroupAbortedException), "3")]
    [InlineData("buffer", nameof(GroupAbortedException), "3")]
    [InlineData("launch", nameof(RankFailedException), "3")]
    [InlineData("call", nameof(RankFailedException), "3")]
    [InlineData("network", nameof(RankFailedException), "3")]
    [InlineData("size", nameof(RankMismatchException), "")]
    [InlineData("regime", nameof(RankMismatchException), "")]
    [InlineData("order", nameof(RankMismatchException), "")]
    public void WhateverHappensToARankIsToldOnAllHosts(string what, string exception, string ranks)
    {
        using var objects = CodeObjects.OfHostLibraries(JobKernels.Kernels);
        using var job = Start(objects, 4, 2, "what=" + what, "limit=" + LimitMilliseconds);
        foreach (var survivor in ranks.Length == 0 ? new[] { 0, 1, 2, 3 } : [0, 1, 2])
        {
            job[survivor].WaitForExit(Hang);
            Assert.True(job[survivor].ExitCode == 0 && job[survivor].Said("idle") is not null, "Rank " + survivor + ": " + job[survivor].Text);
            Assert.True((job[survivor].Said("exception") ?? string.Empty).StartsWith(exception + " " + ranks + " ", StringComparison.Ordinal), "Rank " + survivor + ": " + job[survivor].Text);
            Assert.Equal("0", job[survivor].Said("communicators"));
        }

        Assert.Empty(job.FilesLeft);
    }

    [RequiresProgramsFact(StandInDriver.Compiler, HostCompiler)]
    public void WhereEachHostHasOneRankADeathIsNoticedOnTheOthers()
    {
        using var objects = CodeObjects.OfHostLibraries(JobKernels.Kernels);
        using var job = Start(objects, 3, 1, "what=kill", "culprit=1");
        foreach (var survivor in new[] { 0, 2 })
        {
            job[survivor].WaitForExit(Hang);
            Assert.StartsWith(nameof(RankFailedException) + " 1 ", job[survivor].Said("exception") ?? job[survivor].Text, StringComparison.Ordinal);
        }
    }

    [RequiresProgramsFact(StandInDriver.Compiler, HostCompiler)]
    public void AHostThatCannotBeConnectedIsNamed()
    {
        using var objects = CodeObjects.OfHostLibraries(JobKernels.Kernels);
        using var job = Start(objects, 4, 2, "what=connect");
        job.WaitForAll(Hang);
        Assert.StartsWith(nameof(NcclException), job[3].Said("exception") ?? job[3].Text, StringComparison.Ordinal);
        Assert.Contains("fake system error (2): as the test asked for", job[3].Text, StringComparison.Ordinal);
        foreach (var other in new[] { 0, 1, 2 })
        {
            Assert.StartsWith(nameof(RendezvousException) + "." + RendezvousProblem.Device + " 3 ", job[other].Said("exception") ?? job[other].Text, StringComparison.Ordinal);
        }
    }

    /// <summary>Two network namespaces with addresses and shared memory of their own: the ranks meet over TCP, with a secret.</summary>
    [RequiresNamespacesFact(StandInDriver.Compiler, HostCompiler)]
    public void EveryRankGetsTheSumOverANetwork()
    {
        using var objects = CodeObjects.OfHostLibraries(JobKernels.Kernels);
        using var job = OverNetwork(objects, "calls=5");
        job.WaitForExit(Hang);
        Assert.True(job.TimesSaid("right") == 4, job.Text);
    }

    [RequiresNamespacesFact(StandInDriver.Compiler, HostCompiler)]
    public void ANetworkThatGoesDownIsNoticedOnBothSides()
    {
        using var objects = CodeObjects.OfHostLibraries(JobKernels.Kernels);
        using var job = OverNetwork(objects, "what=cut", "culprit=0", "limit=" + LimitMilliseconds);
        job.WaitForExit(Hang);
        Assert.True(job.TimesSaid("idle") == 4, job.Text);
        Assert.Equal(5, job.Text.Split(nameof(RankTimeoutException)).Length);
    }

    [RequiresProgramsFact(StandInDriver.Compiler, HostCompiler)]
    public void HostsOfDifferentSizesAreRefused()
    {
        using var objects = CodeObjects.OfHostLibraries(JobKernels.Kernels);
        using var job = Start(objects, 3, 2);
        job.WaitForAll(Hang);
        for (var rank = 0; rank < 3; rank++)
        {
            Assert.Contains("2 on host 0, 1 on host 1", job[rank].Said("exception") ?? job[rank].Text, StringComparison.Ordinal);
        }
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public async Task WhatCannotWorkIsRefusedBeforeAnyoneWaits()
    {
        using var driver = new StandInDriver();
        var join = new JoinOptions { Gpu = new GpuGroupOptions { Devices = [driver.Devices[0]] } };
        var nowhere = await Assert.ThrowsAsync<RendezvousException>(() => MultiHostGpuCommunicator.JoinAsync(
            TestKernels.Silent, new RankEnvironment(0, 4) { LocalWorldSize = 2 }, new MultiHostOptions { Local = join }));
        Assert.Contains("Set MASTER_ADDR and MASTER_PORT", nowhere.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => MultiHostGpuCommunicator.JoinAsync(TestKernels.Silent, new RankEnvironment(0, 2), new MultiHostOptions { Local = join, StagingBytes = 1 }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => MultiHostGpuCommunicator.JoinAsync(TestKernels.Silent, new RankEnvironment(0, 65), new MultiHostOptions { Local = join }));
    }

    /// <summary>Starts two ranks on each of two network namespaces.</summary>
    private static WorkerProcess OverNetwork(CodeObjects objects, params string[] more)
    {
        const string Ranks = """
            for rank in 0 1; do RANK=$rank LOCAL_RANK=$rank "$@" & done
            for rank in 2 3; do "$ENTER_HOST" host-b RANK=$rank LOCAL_RANK=$((rank - 2)) "$@" & done
            wait
            """;
        var start = NetworkNamespaces.Start(
            ["sh", "-c", Ranks, "ranks", .. GpuJobs.RankCommand, .. GpuJobs.Arguments("hosts", objects, ["nccl=" + StandInNccl.Library, "perhost=2", "multiprocessors=4", .. more])]);
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.Environment["WORLD_SIZE"] = "4";
        start.Environment["LOCAL_WORLD_SIZE"] = "2";
        start.Environment["MASTER_ADDR"] = "10.77.0.1";
        start.Environment["MASTER_PORT"] = "29500";
        start.Environment["QUICKREDUCE_JOB_SECRET"] = "of this test";
        return new WorkerProcess(start);
    }

    private static Job Start(CodeObjects objects, int ranks, int perHost, params string[] more) =>
        GpuJobs.Start(ranks, "hosts", objects, ["nccl=" + StandInNccl.Library, "perhost=" + perHost, "multiprocessors=" + ranks, .. more]);
}
