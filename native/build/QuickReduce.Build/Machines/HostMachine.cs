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

    /// <summary>
    /// Changes when the GPUs that this machine offers may have changed: with a restart, and with the devices that a
    /// container is given. Empty where that can't be told.
    /// </summary>
    public static string DeviceFingerprint()
    {
        const string BootId = "/proc/sys/kernel/random/boot_id";
        const string Devices = "/dev";
        try
        {
            return File.Exists(BootId)
                ? File.ReadAllText(BootId).Trim() + " "
                    + string.Join(" ", Directory.GetFileSystemEntries(Devices).Where(IsGpuDevice).OrderBy(name => name, StringComparer.Ordinal)) + " "
                : "";
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static bool IsGpuDevice(string path) =>
        Path.GetFileName(path) is "kfd" or "dxg" || Path.GetFileName(path).StartsWith("nvidia", StringComparison.Ordinal);

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
