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
        var (exitCode, output) = Run(StandInDriver.Compiler, "-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror", Path.Combine(AppContext.BaseDirectory, "native", source), "-o", path, "-lpthread", "-ldl");
        return exitCode == 0 ? path : throw new InvalidOperationException(source + " does not compile: " + output);
    }

    /// <summary>Runs a program, and gives all that it writes.</summary>
    public static (int ExitCode, string Output) Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output + errors.Result);
    }
}
