using System.Runtime.InteropServices;

namespace QuickReduce.Build;

/// <summary>What the build has to know of the machine it runs on.</summary>
internal static class HostMachine
{
    private const long BytesPerCompiler = 512L << 20;

    public static bool IsArm => RuntimeInformation.OSArchitecture == Architecture.Arm64;

    public static bool IsWindows => RuntimeInformation.IsOSPlatform(OSPlatform.Windows);

    /// <summary>How many compilers run at once unless the user says: one per core that has half a gigabyte to go with it.</summary>
    public static int DefaultJobs()
    {
        if (int.TryParse(Environment.GetEnvironmentVariable("MAX_JOBS"), out int jobs) && jobs > 0)
        {
            return jobs;
        }

        long byMemory = AvailableMemory() is { } bytes ? Math.Max(1, bytes / BytesPerCompiler) : int.MaxValue;
        return (int)Math.Min(Environment.ProcessorCount, byMemory);
    }

    private static long? AvailableMemory()
    {
        const string Label = "MemAvailable:";
        try
        {
            string? line = File.Exists("/proc/meminfo")
                ? File.ReadLines("/proc/meminfo").FirstOrDefault(l => l.StartsWith(Label, StringComparison.Ordinal))
                : null;
            return line is not null && long.TryParse(line.Substring(Label.Length).Replace("kB", "").Trim(), out long kib) ? kib << 10 : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
