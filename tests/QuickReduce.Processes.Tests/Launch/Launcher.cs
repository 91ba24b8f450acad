using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace QuickReduce.Processes.Tests.Launch;

/// <summary><c>quickreduce launch</c> as a user runs it, with a word in every command that tells its processes from all others.</summary>
internal sealed class Launcher : IDisposable
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int Terminate = 15;

    /// <summary>The tool's assembly.</summary>
    public static readonly string Tool = Path.Combine(AppContext.BaseDirectory, "QuickReduce.Cli.dll");

    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly Task<string> _output;
    private readonly Task<string> _error;

    private Launcher(Process process)
    {
        _process = process;
        _output = process.StandardOutput.ReadToEndAsync();
        _error = process.StandardError.ReadToEndAsync();
    }

    /// <summary>A number that no other process has in its command line: <c>sleep 1234567.25</c>.</summary>
    public static string NewMark() => Random.Shared.Next(1_000_000, 9_000_000) + "." + Random.Shared.Next(10_000, 99_999);

    public static Launcher Start(params string[] arguments) => Start([], arguments);

    public static Launcher Start((string Name, string Value)[] environment, params string[] arguments)
    {
        // Who runs the tests in the background lets them ignore interrupts, and so would what they start.
        var start = new ProcessStartInfo("env", ["--default-signal=INT", "dotnet", Tool, "launch", .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        return new Launcher(Process.Start(start)!);
    }

    /// <summary>Runs to the end: exit code, output, error output.</summary>
    public static (int ExitCode, string[] Output, string Error) Run(params string[] arguments)
    {
        using var launcher = Start(arguments);
        return launcher.End();
    }

    public void Type(string text)
    {
        _process.StandardInput.Write(text);
        _process.StandardInput.Close();
    }

    public void Send(int signal) => Assert.Equal(0, SendSignal(_process.Id, signal));

    public (int ExitCode, string[] Output, string Error) End()
    {
        Assert.True(_process.WaitForExit(Hang), "launch does not end.");
        Assert.True(Task.WaitAll([_output, _error], Hang), "Something that launch has started still holds its output.");
        return (_process.ExitCode, _output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries), _error.Result);
    }

    /// <summary>Numbers of the processes that sleep for a mark.</summary>
    public static int[] ProcessesWith(string mark) =>
    [
        .. Directory.EnumerateDirectories("/proc").Select(static path => int.TryParse(Path.GetFileName(path), out var id) ? id : 0)
            .Where(id => id > 0 && CommandLineOf(id) is ["sleep", var time] && time == mark),
    ];

    /// <summary>Waits until there are so many such processes.</summary>
    public static int[] WaitFor(int count, string mark)
    {
        var watch = Stopwatch.StartNew();
        int[] found;
        while ((found = ProcessesWith(mark)).Length != count)
        {
            Assert.True(watch.Elapsed < Hang, found.Length + " processes are there, not " + count + ".");
            Thread.Sleep(20);
        }

        return found;
    }

    public static void SendTo(int process, int signal) => Assert.Equal(0, SendSignal(process, signal));

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static string[] CommandLineOf(int process)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes("/proc/" + process + "/cmdline")).TrimEnd('\0').Split('\0');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return []; // it has ended meanwhile
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int process, int signal);
}
