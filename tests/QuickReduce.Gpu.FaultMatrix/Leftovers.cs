using System.Text;

namespace QuickReduce.Gpu.FaultMatrix;

/// <summary>What a job may leave behind on its host: processes, sockets and other files, shared memory.</summary>
internal static class Leftovers
{
    private const string SharedMemory = "/dev/shm/quickreduce-";
    private const string Deleted = " (deleted)";

    /// <summary>Files of shared memory that this process has mapped, whether they still have their name or not.</summary>
    public static IEnumerable<string> MappedSegments() => File.ReadLines("/proc/self/maps")
        .Where(static line => line.Contains(SharedMemory, StringComparison.Ordinal))
        .Select(static line => line[line.IndexOf(SharedMemory, StringComparison.Ordinal)..].Replace(Deleted, string.Empty, StringComparison.Ordinal));

    /// <summary>What is left of a job whose processes have ended.</summary>
    /// <param name="directory">Where its ranks have met; of this job alone.</param>
    /// <param name="segments">The shared memory that its ranks had.</param>
    public static IReadOnlyList<string> Of(DirectoryInfo directory, IEnumerable<string> segments) =>
    [
        .. directory.EnumerateFileSystemInfos().Select(static file => file.FullName),
        .. segments.Where(File.Exists),
        .. ProcessesOf(directory.FullName).Select(static process => "process " + process),
    ];

    // Also what a rank has started itself: it has inherited the variable.
    private static IEnumerable<string> ProcessesOf(string directory)
    {
        var variable = Encoding.UTF8.GetBytes("\0" + RankProcess.DirectoryVariable + "=" + directory + "\0");
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(static path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            byte[] environment;
            try
            {
                environment = File.ReadAllBytes(Path.Combine(process, "environ"));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                // It has ended, or belongs to somebody else.
                continue;
            }

            if (environment.AsSpan().IndexOf(variable) >= 0)
            {
                yield return Path.GetFileName(process);
            }
        }
    }
}
