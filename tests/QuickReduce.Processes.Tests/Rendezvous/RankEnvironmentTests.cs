using QuickReduce.Rendezvous;
using Xunit;

namespace QuickReduce.Processes.Tests.Rendezvous;

public class RankEnvironmentTests
{
    [Fact]
    public void Torchrun()
    {
        var environment = Read("RANK=5 WORLD_SIZE=8 LOCAL_RANK=1 LOCAL_WORLD_SIZE=4 MASTER_ADDR=node1 MASTER_PORT=29500 TORCHELASTIC_RUN_ID=abc TORCHELASTIC_USE_AGENT_STORE=True");
        Assert.Equal(
            new RankEnvironment(5, 8) { LocalRank = 1, LocalWorldSize = 4, MasterAddress = "node1", MasterPort = 29501, JobId = "abc", Launcher = "torchrun" },
            environment);
    }

    [Fact]
    public void OpenMpi()
    {
        // As mpirun of Open MPI 4.1.4 sets them.
        var environment = Read("OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_LOCAL_RANK=1 OMPI_COMM_WORLD_LOCAL_SIZE=2 PMIX_NAMESPACE=701497345 PMIX_RANK=1");
        Assert.Equal(new RankEnvironment(1, 2) { JobId = "701497345", Launcher = "Open MPI" }, environment);
    }

    [Fact]
    public void Mpich()
    {
        var environment = Read("PMI_RANK=1 PMI_SIZE=3 MPI_LOCALRANKID=1 MPI_LOCALNRANKS=3");
        Assert.Equal(new RankEnvironment(1, 3) { Launcher = "MPICH" }, environment);
    }

    [Theory]
    [InlineData("SLURM_STEP_TASKS_PER_NODE=4 SLURM_NODEID=0", 4)]
    [InlineData("SLURM_STEP_TASKS_PER_NODE=2(x2) SLURM_NODEID=1", 2)]
    [InlineData("SLURM_STEP_TASKS_PER_NODE=2,1(x2) SLURM_NODEID=2", 1)]
    public void Slurm(string hosts, int localWorldSize)
    {
        var environment = Read("SLURM_PROCID=3 SLURM_NTASKS=4 SLURM_LOCALID=0 SLURM_JOB_ID=77 SLURM_STEP_ID=2 " + hosts);
        Assert.Equal(new RankEnvironment(3, 4) { LocalRank = 0, LocalWorldSize = localWorldSize, JobId = "77.2", Launcher = "Slurm" }, environment);
    }

    [Fact]
    public void OurOwnComesFirst()
    {
        var environment = Read("RANK=5 WORLD_SIZE=8 QUICKREDUCE_RANK=0 QUICKREDUCE_WORLD_SIZE=2");
        Assert.Equal((0, 2, "QuickReduce"), (environment.Rank, environment.WorldSize, environment.Launcher));
    }

    [Theory]
    [InlineData("", "RANK")]
    [InlineData("RANK=1", "WORLD_SIZE")]
    [InlineData("RANK=2 WORLD_SIZE=2", "RANK")]
    [InlineData("RANK=x WORLD_SIZE=2", "RANK")]
    [InlineData("RANK=0 WORLD_SIZE=0", "WORLD_SIZE")]
    [InlineData("RANK=0 WORLD_SIZE=2 MASTER_PORT=65536", "MASTER_PORT")]
    [InlineData("RANK=0 WORLD_SIZE=2 LOCAL_WORLD_SIZE=3", "LOCAL_WORLD_SIZE")]
    [InlineData("SLURM_PROCID=0 SLURM_NTASKS=2 SLURM_STEP_TASKS_PER_NODE=(x2)", "SLURM_STEP_TASKS_PER_NODE")]
    public void NonsenseNamesTheVariable(string variables, string culprit) =>
        Assert.Equal(culprit, Assert.Throws<RankEnvironmentException>(() => Read(variables)).Variable);

    private static RankEnvironment Read(string variables)
    {
        var values = variables.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        return LauncherVariables.Read(name => values.GetValueOrDefault(name));
    }
}
