using System.Diagnostics;
using System.Globalization;
using Xunit;

namespace QuickReduce.Tests.Shared.Processes;

/// <summary>
/// Processes that a test starts, one per rank, with a directory of their own to meet in. Disposing kills what still
/// runs and checks that nothing is left behind.
/// </summary>
public sealed class Job : IDisposable
{
    private static int _jobs;

    private readonly string[] _command;
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("quickreduce-job-");
    private readonly string _id = Environment.ProcessId + "-" + Interlocked.Increment(ref _jobs);
    private readonly int _worldSize;
    private readonly WorkerProcess?[] _processes;

    /// <summary>Prepares a job; nothing is started.</summary>
    /// <param name="command">The program of a rank, and arguments that come before all others.</param>
    /// <param name="worldSize">Number of ranks.</param>
    public Job(string[] command, int worldSize)
    {
        _command = command;
        _worldSize = worldSize;
        _processes = new WorkerProcess?[worldSize];
    }

    /// <summary>Starts all ranks with the same arguments.</summary>
    public static Job Start(string[] command, int worldSize, params string[] arguments)
    {
        var job = new Job(command, worldSize);
        for (var rank = 0; rank < worldSize; rank++)
        {
            job.StartRank(rank, arguments);
        }

        return job;
    }

    public WorkerProcess this[int rank] => _processes[rank] ?? throw new InvalidOperationException("Rank " + rank + " was not started.");

    /// <summary>Starts one rank.</summary>
    public WorkerProcess StartRank(int rank, params string[] arguments)
    {
        var start = new ProcessStartInfo(_command[0], [.. _command[1..], .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["RANK"] = rank.ToString(CultureInfo.InvariantCulture);
        start.Environment["WORLD_SIZE"] = _worldSize.ToString(CultureInfo.InvariantCulture);
        start.Environment["MASTER_ADDR"] = "localhost";
        start.Environment["MASTER_PORT"] = "29500";
        start.Environment["TORCHELASTIC_RUN_ID"] = _id;
        start.Environment["QUICKREDUCE_RUNTIME_DIR"] = _directory.FullName;
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        return _processes[rank] = new WorkerProcess(start);
    }

    /// <summary>Waits until all ranks that were started have ended by themselves.</summary>
    public void WaitForAll(TimeSpan limit)
    {
        var watch = Stopwatch.StartNew();
        foreach (var process in _processes.OfType<WorkerProcess>())
        {
            process.WaitForExit(limit - watch.Elapsed);
        }
    }

    /// <summary>Files that the job has left in its directory.</summary>
    public IReadOnlyList<string> FilesLeft => [.. _directory.EnumerateFiles().Select(file => file.FullName)];

    public void Dispose()
    {
        foreach (var process in _processes.OfType<WorkerProcess>())
        {
            process.Dispose();
        }

        _directory.Delete(recursive: true);
    }
}
