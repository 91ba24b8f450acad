using QuickReduce.Gpu.FaultMatrix;

namespace QuickReduce.Gpu.Processes;

/// <summary>The processes of one job: this program, once for each rank. Disposing kills what still runs.</summary>
internal sealed class RankProcesses : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("quickreduce-gpu-");
    private readonly TimeSpan _silence;

    /// <summary>Starts them.</summary>
    /// <param name="worldSize">How many.</param>
    /// <param name="shared">Whether all are on the first GPU.</param>
    /// <param name="silence">How long one may say nothing.</param>
    /// <param name="arguments">What they are told.</param>
    /// <param name="hosts">Which hosts they are told to be on; null for this one.</param>
    public RankProcesses(int worldSize, bool shared, TimeSpan silence, string[] arguments, HostPlan? hosts = null)
    {
        _silence = silence;
        Ranks = [.. Enumerable.Range(0, worldSize).Select(rank => RankProcess.Start([.. Command, .. arguments], rank, worldSize, shared ? 0 : rank, _directory.FullName, environment => hosts?.Tell(rank, environment)))];
    }

    /// <summary>How this program starts itself as a rank; what the rank is to do comes after it.</summary>
    public static string[] Command { get; } = [.. Program(), "process-rank"];

    public RankProcess[] Ranks { get; }

    /// <summary>Waits until all have ended; kills all when one says nothing for too long, and throws.</summary>
    public void WaitForAll()
    {
        foreach (var rank in Ranks)
        {
            rank.WaitForExit(_silence);
        }
    }

    public void Dispose()
    {
        foreach (var rank in Ranks)
        {
            rank.Dispose();
        }

        _directory.Delete(recursive: true);
    }

    // Where it is not compiled ahead of time, the program is the host with this program's assembly as first argument.
    private static string[] Program() => Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet"
        ? [Environment.ProcessPath!, Environment.GetCommandLineArgs()[0]]
        : [Environment.ProcessPath!];
}
