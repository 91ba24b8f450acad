using System.Diagnostics;
using System.Globalization;

namespace QuickReduce.Gpu.Tests;

/// <summary>Compiles the C libraries of the tests, once for each process.</summary>
internal static class NativeLibraryOfTests
{
    public static string Compile(string source)
    {
        var path = Path.Combine(Path.GetTempPath(), "quickreduce-" + Path.GetFileNameWithoutExtension(source) + "-" + Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + ".so");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => File.Delete(path);
        var (exitCode, errors) = Run(StandInDriver.Compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", Path.Combine(AppContext.BaseDirectory, "native", source), "-o", path, "-lpthread", "-ldl");
        return exitCode == 0 ? path : throw new InvalidOperationException(source + " does not compile: " + errors);
    }

    /// <summary>Runs a program, and gives what it says on its error output.</summary>
    public static (int ExitCode, string Errors) Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, errors);
    }
}
