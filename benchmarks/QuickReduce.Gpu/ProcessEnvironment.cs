using System.Runtime.InteropServices;

namespace QuickReduce.Gpu;

/// <summary>What the C library must be asked for, since .NET does it for itself alone.</summary>
internal static partial class ProcessEnvironment
{
    /// <summary>Sets a variable, for native libraries too.</summary>
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

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetEnv(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void UnderscoreExit(int exitCode);
}
