using System.Diagnostics;
using System.Globalization;
using QuickReduce.Processes.Tests.Support;
using QuickReduce.Tests.Shared;
using QuickReduce.Tests.Shared.Processes;
using Xunit;

namespace QuickReduce.Processes.Tests.Hosts;

/// <summary>Ranks on several hosts, which here are all this machine: processes of an MPI job that are told where they are.</summary>
[Collection(nameof(Calls.Processes))]
public class MultiHostTests
{
    private const string OpenMpi = "mpirun.openmpi";
    private const string Mpich = "mpirun.mpich";
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(2);

    [RequiresProgramsTheory(OpenMpi)]
    [InlineData(4, 2)]
    [InlineData(3, 1)]
    [InlineData(2, 2)]
    public void OpenMpiJobsGiveEveryRankTheSum(int ranks, int perHost) => RequireRight(OpenMpi, ranks, perHost);

    [RequiresProgramsTheory(Mpich)]
    [InlineData(4, 2)]
    [InlineData(3, 1)]
    public void MpichJobsGiveEveryRankTheSum(int ranks, int perHost) => RequireRight(Mpich, ranks, perHost);

    [RequiresProgramsTheory(OpenMpi)]
    [InlineData("size", nameof(RankMismatchException), nameof(RankMismatchException))]
    [InlineData("regime", nameof(RankMismatchException), nameof(RankMismatchException))]
    [InlineData("buffer", nameof(InvalidBufferException), nameof(RankFailedException))]
    public void HostsThatAskForSomethingElseAreNamedAndTheGroupGoesOn(string fault, string onCulprit, string elsewhere)
    {
        using var job = Start(OpenMpi, 4, 2, "fault=" + fault, "calls=6");
        job.WaitForExit(Hang);
        Assert.True(job.ExitCode == 0, job.Text);
        Assert.Equal(4, job.TimesSaid("right"));
        Assert.Equal(onCulprit == elsewhere ? 4 : 2, job.Text.Split("refused " + onCulprit).Length - 1);
        Assert.Equal(onCulprit == elsewhere ? 4 : 2, job.Text.Split("refused " + elsewhere).Length - 1);
    }

    [RequiresProgramsFact(OpenMpi)]
    public void HostsOfDifferentSizesAreRefused()
    {
        using var job = Start(OpenMpi, 3, 2);
        job.WaitForExit(Hang);
        Assert.InRange(job.TimesSaid("exception"), 1, 3);
        Assert.Contains("2 on host 0, 1 on host 1", job.Text, StringComparison.Ordinal);
    }

    /// <summary>Hosts with a network between them, names, addresses and shared memory of their own, and nothing else in common.</summary>
    [RequiresNamespacesFact(OpenMpi)]
    public void OpenMpiJobsOverANetworkGiveEveryRankTheSum() => RequireRightOverNetwork(OverNetwork(OpenMpi));

    /// <inheritdoc cref="OpenMpiJobsOverANetworkGiveEveryRankTheSum"/>
    [RequiresNamespacesFact(Mpich)]
    public void MpichJobsOverANetworkGiveEveryRankTheSum() => RequireRightOverNetwork(OverNetwork(Mpich));

    /// <summary>Open MPI's launcher ends the job. (MPICH's ends, and leaves its processes waiting.)</summary>
    [RequiresNamespacesFact(OpenMpi)]
    public void ANetworkThatGoesDownEndsTheJob()
    {
        using var job = OverNetwork(OpenMpi, "fault=cut", "calls=6");
        job.WaitForExit(Hang);
        Assert.NotEqual(0, job.ExitCode);
        Assert.Equal(1, job.TimesSaid("cut"));
        Assert.Equal(0, job.TimesSaid("right"));
    }

    [Fact]
    public void AMissingLibraryIsNamedWithTheRemedy()
    {
        var start = new ProcessStartInfo(Jobs.Program, ["hosts"]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["QUICKREDUCE_MPI_LIBRARY"] = "libno-such-mpi.so";
        using var rank = new WorkerProcess(start);
        rank.WaitForExit(Hang);
        Assert.StartsWith(nameof(MpiException), rank.Said("exception") ?? rank.Text, StringComparison.Ordinal);
        Assert.Contains("libno-such-mpi.so. Install Open MPI (Debian: openmpi-bin) or MPICH", rank.Text, StringComparison.Ordinal);
    }

    private static void RequireRight(string launcher, int ranks, int perHost)
    {
        using var job = Start(launcher, ranks, perHost);
        job.WaitForExit(Hang);
        Assert.True(job.ExitCode == 0, job.Text);
        Assert.Equal(ranks, job.TimesSaid("right"));
    }

    private static void RequireRightOverNetwork(WorkerProcess started)
    {
        using var job = started;
        job.WaitForExit(Hang);
        Assert.True(job.ExitCode == 0, job.Text);
        for (var rank = 0; rank < 4; rank++)
        {
            Assert.Contains("right " + rank + " 2 host-" + (rank < 2 ? "a" : "b"), job.Text, StringComparison.Ordinal);
        }
    }

    /// <summary>Starts two ranks on each of two network namespaces.</summary>
    private static WorkerProcess OverNetwork(string launcher, params string[] more)
    {
        // Over TCP alone; the launchers' own connections are watched, so that one that is cut is noticed in seconds.
        string[] options = launcher == OpenMpi
            ?
            [
                "--allow-run-as-root", "--mca", "plm_rsh_agent", "{agent}", "--mca", "btl", "tcp,self", "--mca", "btl_tcp_if_include", "10.77.0.0/24", "--mca", "oob_tcp_if_include", "10.77.0.0/24",
                "--mca", "oob_tcp_keepalive_time", "1", "--mca", "oob_tcp_keepalive_intvl", "1", "--mca", "oob_tcp_keepalive_probes", "3", "--host", "10.77.0.1:2,10.77.0.2:2", "--map-by", "ppr:2:node",
            ]
            : ["-launcher", "ssh", "-launcher-exec", "{agent}", "-hosts", "10.77.0.1:2,10.77.0.2:2", "-localhost", "10.77.0.1", "-iface", "link0"];
        var start = NetworkNamespaces.Start([launcher, .. options, "-n", "4", Jobs.Program, "hosts", "perhost=2", .. more]);
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.Environment["TERM"] = "dumb";
        start.Environment["FI_TCP_IFACE"] = "link0";
        return new WorkerProcess(start);
    }

    private static WorkerProcess Start(string launcher, int ranks, int perHost, params string[] more)
    {
        string[] options = launcher == OpenMpi ? ["--allow-run-as-root", "--oversubscribe", "--mca", "btl_vader_single_copy_mechanism", "none"] : [];
        var start = new ProcessStartInfo(launcher, [.. options, "-n", ranks.ToString(CultureInfo.InvariantCulture), Jobs.Program, "hosts", "perhost=" + perHost, .. more])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };

        // Open MPI gives its processes a terminal, which .NET would greet.
        start.Environment["TERM"] = "dumb";
        return new WorkerProcess(start);
    }
}
