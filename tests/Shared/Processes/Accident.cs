using System.Runtime.InteropServices;

namespace QuickReduce.Tests.Shared.Processes;

/// <summary>What may happen to a rank's process, for tests of what becomes of the others.</summary>
internal static partial class Accident
{
    private const int Kill = 9;
    private const int Stop = 19;

    /// <summary>
    /// Lets it happen to this process, at once: <c>kill</c>, <c>stop</c> (a signal that nothing can catch), <c>exit</c>,
    /// <c>never</c> (it does nothing any more). Returns for anything else.
    /// </summary>
    public static void Happen(string what)
    {
        switch (what)
        {
            case "kill":
                Signal(Kill);
                break;
            case "stop":
                Signal(Stop);
                break;
            case "exit":
                Environment.Exit(0);
                break;
            case "never":
                Thread.Sleep(Timeout.Infinite);
                break;
        }
    }

    /// <summary>The ranks that are left, numbered anew: who this one is among them.</summary>
    public static RankEnvironment Without(this RankEnvironment environment, int culprit) =>
        new(environment.Rank > culprit ? environment.Rank - 1 : environment.Rank, environment.WorldSize - 1)
        {
            MasterAddress = environment.MasterAddress,
            MasterPort = environment.MasterPort,
        };

    private static void Signal(int signal)
    {
        _ = SendSignal(Environment.ProcessId, signal);
        Thread.Sleep(Timeout.Infinite);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
