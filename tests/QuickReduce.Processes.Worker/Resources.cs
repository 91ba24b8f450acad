using System.Diagnostics;

namespace QuickReduce.Processes.Worker;

/// <summary>What this process holds of the system.</summary>
internal static class Resources
{
    /// <summary>Open files, bytes that live on the managed heap, and threads.</summary>
    public static (int Handles, long Bytes, int Threads) InUse()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return (Directory.GetFiles("/proc/self/fd").Length, GC.GetTotalMemory(forceFullCollection: true), Process.GetCurrentProcess().Threads.Count);
    }

    /// <summary>Memory mappings of the process.</summary>
    public static int Mappings => File.ReadLines("/proc/self/maps").Count();
}
