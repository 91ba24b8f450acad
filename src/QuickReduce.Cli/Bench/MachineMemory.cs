using System.Globalization;

namespace QuickReduce.Cli.Bench;

/// <summary>What this machine has of memory and cache.</summary>
internal static class MachineMemory
{
    private const double UsableShare = 0.5;
    private const long UsualCacheBytes = 32L << 20;

    /// <summary>Bytes that a sweep may take: half of what is free, within the limits of this process.</summary>
    public static long UsableBytes()
    {
        var limit = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return (long)(UsableShare * long.Min(limit, FreeBytes() ?? limit));
    }

    /// <summary>Size of the last-level cache; a guess where the system does not say.</summary>
    public static long LastLevelCacheBytes()
    {
        const string Folder = "/sys/devices/system/cpu/cpu0/cache";
        var sizes = Directory.Exists(Folder)
            ? Directory.EnumerateDirectories(Folder, "index*").Select(static index => Kibibytes(Path.Combine(index, "size")))
            : [];
        return sizes.DefaultIfEmpty(0).Max() is > 0 and var kibibytes ? kibibytes << 10 : UsualCacheBytes;
    }

    private static long Kibibytes(string file) =>
        File.Exists(file) && long.TryParse(File.ReadAllText(file).Trim().TrimEnd('K'), NumberStyles.None, CultureInfo.InvariantCulture, out var size) ? size : 0;

    private static long? FreeBytes()
    {
        const string Information = "/proc/meminfo";
        const string Label = "MemAvailable:";
        var line = File.Exists(Information) ? File.ReadLines(Information).FirstOrDefault(static line => line.StartsWith(Label, StringComparison.Ordinal)) : null;
        return long.TryParse(line?[Label.Length..].Trim().Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var kibibytes) ? kibibytes << 10 : null;
    }
}
