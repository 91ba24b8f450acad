using System.Diagnostics;
using System.Runtime.InteropServices;

namespace QuickReduce.Accuracy.Tests.Support;

/// <summary>A program as a user runs it: what it said, and how it ended.</summary>
internal sealed record ProgramRun(int ExitCode, string Output, string Error)
{
    private const int InterruptSignal = 2;

    /// <summary>Runs a program that lies beside the tests to its end.</summary>
    public static async Task<ProgramRun> RunAsync(string assembly, params string[] arguments)
    {
        using var process = Start(assembly, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new ProgramRun(process.ExitCode, await output, await error);
    }

    /// <summary>Runs a program, and presses Ctrl-C when it says its first line on the error output.</summary>
    public static async Task<ProgramRun> InterruptAsync(string assembly, params string[] arguments)
    {
        using var process = Start(assembly, arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var first = await process.StandardError.ReadLineAsync();
        Assert.Equal(0, Kill(process.Id, InterruptSignal));
        var rest = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new ProgramRun(process.ExitCode, await output, first + "\n" + rest);
    }

    // Who runs the tests in the background lets them ignore interrupts, and so would what they start.
    private static Process Start(string assembly, string[] arguments) => Process.Start(
        new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", Path.Combine(AppContext.BaseDirectory, assembly), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        })!;

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
