using QuickReduce.Tests.Shared.Processes;

namespace QuickReduce.Gpu.Tests;

/// <summary>Jobs whose ranks are processes of this very program (Worker/), on stand-ins for the driver that share memory.</summary>
internal static class GpuJobs
{
    private static readonly string[] Command = ["dotnet", "exec", typeof(GpuJobs).Assembly.Location];

    /// <summary>How to start a rank.</summary>
    public static IReadOnlyList<string> RankCommand => Command;

    /// <summary>A job of which no rank is started yet.</summary>
    public static Job Prepare(int worldSize) => new(Command, worldSize);

    /// <summary>What starts a rank that goes through a matrix of faults, before the matrix's own arguments.</summary>
    public static string[] MatrixCommand(int worldSize) => [.. Command, "matrix", "driver=" + StandInDriver.Library, "multiprocessors=" + worldSize];

    /// <summary>What every rank is told: a command, where driver and code objects are, and more.</summary>
    public static string[] Arguments(string command, CodeObjects objects, params string[] more) =>
        [command, "driver=" + StandInDriver.Library, "objects=" + objects.Directory, .. more];

    /// <summary>Starts all ranks with the same arguments.</summary>
    public static Job Start(int worldSize, string command, CodeObjects objects, params string[] more) =>
        Job.Start(Command, worldSize, Arguments(command, objects, more));
}
