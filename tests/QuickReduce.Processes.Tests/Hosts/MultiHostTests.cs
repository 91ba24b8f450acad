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
