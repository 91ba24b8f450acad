using System.Diagnostics;

namespace QuickReduce.Build;

/// <summary>
/// Lets one compilation of a project's kernels run at a time: MSBuild builds the target frameworks of a project, and a
/// library under different properties, in processes of their own at the same time. The system releases it when a process dies.
/// </summary>
internal sealed class ProjectLock : IDisposable
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    private readonly FileStream _file;

    private ProjectLock(FileStream file) => _file = file;

    /// <summary>Waits for its turn.</summary>
    /// <param name="path">File that stands for the project; it stays.</param>
    /// <param name="timeLimit">How long to wait.</param>
    /// <param name="cancellation">Stops waiting.</param>
    /// <exception cref="IOException">The others did not finish in time, or the file can't be made.</exception>
    /// <exception cref="OperationCanceledException">Waiting was stopped.</exception>
    public static ProjectLock Acquire(string path, TimeSpan timeLimit, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                return new ProjectLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
            }
            catch (IOException) when (File.Exists(path) && watch.Elapsed < timeLimit)
            {
                cancellation.WaitHandle.WaitOne(PollInterval);
                cancellation.ThrowIfCancellationRequested();
            }
        }
    }

    public void Dispose() => _file.Dispose();
}
