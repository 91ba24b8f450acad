using QuickReduce.Tests.Shared.Processes;

namespace QuickReduce.Processes.Tests.Support;

/// <summary>Jobs of the program <c>QuickReduce.Processes.Worker</c>.</summary>
internal static class Jobs
{
    /// <summary>The program's file.</summary>
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "QuickReduce.Processes.Worker");

    private static readonly string[] Command = [Program];

    /// <summary>A job of which no rank is started yet.</summary>
    public static Job Prepare(int worldSize) => new(Command, worldSize);

    /// <summary>Starts all ranks with the same arguments.</summary>
    public static Job Start(int worldSize, params string[] arguments) => Job.Start(Command, worldSize, arguments);
}
