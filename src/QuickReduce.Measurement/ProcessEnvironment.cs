using System.Runtime.InteropServices;
using QuickReduce.Devices.Gpu;

namespace QuickReduce.Measurement;

/// <summary>What is asked of the operating system and the C library.</summary>
internal static partial class ProcessEnvironment
{
    /// <summary>Processor and operating system of this machine.</summary>
    public static string Machine { get; } = MachineFingerprint.ProcessorName + ", " + Environment.ProcessorCount + " processors, " + RuntimeInformation.OSDescription;

    /// <summary>Version of a vendor's kernel driver; <c>unknown</c> where the system does not say.</summary>
    public static string DriverVersion(DeviceKind kind) => kind == DeviceKind.Cuda
        ? FirstLine("/proc/driver/nvidia/version")?.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(static word => char.IsAsciiDigit(word[0]) && word.Contains('.', StringComparison.Ordinal)) ?? "unknown"
        : FirstLine("/sys/module/amdgpu/version") ?? "unknown";

    /// <summary>Sets a variable, for native libraries too, which .NET does not do.</summary>
    public static void Set(string name, string value)
    {
        Environment.SetEnvironmentVariable(name, value);
        if (!OperatingSystem.IsWindows())
        {
            _ = SetEnv(name, value, 1);
        }
    }

    /// <summary>Ends the process without running anything on the way out.</summary>
    public static void ExitNow(int exitCode)
    {
        if (OperatingSystem.IsWindows())
        {
            Environment.FailFast("The device hangs.");
        }

        UnderscoreExit(exitCode);
    }

    private static string? FirstLine(string path) => File.Exists(path) ? File.ReadLines(path).FirstOrDefault() : null;

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnv(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void UnderscoreExit(int exitCode);
}
