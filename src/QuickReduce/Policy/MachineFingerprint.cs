using System.Runtime.InteropServices;

namespace QuickReduce;

/// <summary>What of a machine decides how fast its all-reduces are: the same on every machine that is built alike.</summary>
public sealed record MachineFingerprint
{
    private const string ProcessorInformation = "/proc/cpuinfo";
    private const string ProcessorLabel = "model name";

    /// <summary>Operating system: <c>Linux</c>, <c>Windows</c>, <c>macOS</c>, <c>FreeBSD</c>.</summary>
    public required string OperatingSystem { get; init; }

    /// <summary>Architecture of the process, for example <c>X64</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>What the processor calls itself; its architecture where it doesn't say.</summary>
    public required string Processor { get; init; }

    /// <summary>Threads that this process can run at once.</summary>
    public required int LogicalCores { get; init; }

    /// <summary>The GPUs, in the order of their indices; empty where there are none or nobody looked.</summary>
    public IReadOnlyList<GpuFingerprint> Gpus { get; init; } = [];

    /// <summary>What the processor of this machine calls itself; its architecture where it doesn't say.</summary>
    internal static string ProcessorName
    {
        get
        {
            var line = File.Exists(ProcessorInformation)
                ? File.ReadLines(ProcessorInformation).FirstOrDefault(static line => line.StartsWith(ProcessorLabel, StringComparison.Ordinal))
                : null;
            return line is not null ? line[(line.IndexOf(':') + 1)..].Trim()
                : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? RuntimeInformation.ProcessArchitecture.ToString();
        }
    }

    /// <summary>This machine, without its GPUs.</summary>
    public static MachineFingerprint Current() => Of([]);

    /// <summary>This machine with GPUs, such as <see cref="GpuDevice.Discover"/> finds them.</summary>
    /// <param name="gpus">The GPUs.</param>
    public static MachineFingerprint Of(IEnumerable<GpuDevice> gpus)
    {
        ArgumentNullException.ThrowIfNull(gpus);
        return new MachineFingerprint
        {
            OperatingSystem = NameOfSystem(),
            Architecture = RuntimeInformation.ProcessArchitecture.ToString(),
            Processor = ProcessorName,
            LogicalCores = Environment.ProcessorCount,
            Gpus = [.. gpus.Select(static gpu => new GpuFingerprint(gpu.Kind, gpu.Name, gpu.Architecture))],
        };
    }

    /// <summary>In words, as far as a device's speed depends on it.</summary>
    /// <param name="device">What runs the kernels; <see cref="DeviceKind.Auto"/> is the CPU.</param>
    public string Describe(DeviceKind device)
    {
        var system = OperatingSystem + " on " + Architecture;
        if (device is not (DeviceKind.Cuda or DeviceKind.Hip))
        {
            return system + ", " + Processor + ", " + LogicalCores + " logical cores";
        }

        var models = ModelsOf(device).Select(static gpu => gpu.Name + " (" + gpu.Architecture + ")").ToArray();
        return system + ", " + (models.Length == 0 ? "no " + device + " GPU" : string.Join(", ", models));
    }

    /// <summary>Whether what was measured on this machine also holds on another.</summary>
    internal bool Serves(MachineFingerprint other, DeviceKind device)
    {
        var same = OperatingSystem == other.OperatingSystem && Architecture == other.Architecture;
        return device is DeviceKind.Cuda or DeviceKind.Hip
            ? same && other.ModelsOf(device) is { Count: > 0 } models && models.IsSubsetOf(ModelsOf(device))
            : same && Processor == other.Processor && LogicalCores == other.LogicalCores;
    }

    private HashSet<GpuFingerprint> ModelsOf(DeviceKind device) => [.. Gpus.Where(gpu => gpu.Device == device)];

    private static string NameOfSystem() =>
        System.OperatingSystem.IsLinux() ? "Linux"
        : System.OperatingSystem.IsWindows() ? "Windows"
        : System.OperatingSystem.IsMacOS() ? "macOS"
        : System.OperatingSystem.IsFreeBSD() ? "FreeBSD"
        : Environment.OSVersion.Platform.ToString();
}

/// <summary>A model of GPU.</summary>
/// <param name="Device"><see cref="DeviceKind.Cuda"/> or <see cref="DeviceKind.Hip"/>.</param>
/// <param name="Name">Its name, as the driver gives it.</param>
/// <param name="Architecture">What kernels are compiled for, for example <c>gfx942</c>.</param>
public sealed record GpuFingerprint(DeviceKind Device, string Name, string Architecture);
