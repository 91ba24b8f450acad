using System.Diagnostics;
using System.Reflection;

namespace QuickReduce.Build;

/// <summary>How a child process ended.</summary>
internal enum ChildEnd
{
    Exited,
    TimedOut,
    Cancelled,
    NotStarted,
}

/// <summary>The end of a child process and all it said.</summary>
internal sealed record ChildResult(ChildEnd End, int ExitCode, string Output, bool OutputIsText, TimeSpan Elapsed)
{
    public bool Succeeded => End == ChildEnd.Exited && ExitCode == 0;

    /// <summary>Killed by a signal or ended by a fault: a shell's 128 + n, .NET's own 128 + n, or Windows' 0xC0000xxx.</summary>
    public bool Crashed => End == ChildEnd.Exited && (ExitCode is >= 129 and <= 159 || ExitCode < 0);
}

/// <summary>Runs one program to its end, within a time limit, and leaves none of its children behind.</summary>
internal static class ChildProcess
{
    /// <summary>Time for the streams of an ended child to close; a grandchild may hold them open.</summary>
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(2);

    // The profile lacks Kill(entireProcessTree), every .NET host has it: hipcc is a script whose clang would live on.
    private static readonly MethodInfo? KillTreeMethod = typeof(Process).GetMethod("Kill", [typeof(bool)]);

    public static ChildResult Run(
        string program,
        IReadOnlyList<string> arguments,
        IReadOnlyDictionary<string, string> environment,
        TimeSpan timeLimit,
        CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        var start = new ProcessStartInfo(program, ArgumentQuoting.Join(arguments))
        {
            UseShellExecute = false,
            CreateNoWindow = true,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (KeyValuePair<string, string> variable in environment)
        {
            start.EnvironmentVariables[variable.Key] = variable.Value;
        }

        // The parser reads English messages.
        start.EnvironmentVariables["LC_ALL"] = "C.UTF-8";

        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Exception failure) when (failure is System.ComponentModel.Win32Exception or IOException or InvalidOperationException)
        {
            return new ChildResult(ChildEnd.NotStarted, -1, failure.Message, true, watch.Elapsed);
        }

        process.StandardInput.Close();
        var output = new ChildOutput();
        Task reading = Task.WhenAll(
            output.ReadAsync(process.StandardOutput.BaseStream),
            output.ReadAsync(process.StandardError.BaseStream));

        ChildEnd end = WaitForEnd(process, timeLimit, cancellation);
        if (end != ChildEnd.Exited)
        {
            KillTree(process);
        }

        reading.Wait(DrainLimit);
        string text = output.ToText(out bool isText);
        return new ChildResult(end, end == ChildEnd.Exited ? process.ExitCode : -1, text, isText, watch.Elapsed);
    }

    private static ChildEnd WaitForEnd(Process process, TimeSpan timeLimit, CancellationToken cancellation)
    {
        using var ended = new ManualResetEventSlim();
        process.EnableRaisingEvents = true;
        process.Exited += (_, _) => Signal(ended);
        try
        {
            if (process.HasExited || ended.Wait(timeLimit, cancellation))
            {
                return ChildEnd.Exited;
            }

            return process.HasExited ? ChildEnd.Exited : ChildEnd.TimedOut;
        }
        catch (OperationCanceledException)
        {
            return ChildEnd.Cancelled;
        }
    }

    private static void Signal(ManualResetEventSlim ended)
    {
        try
        {
            ended.Set();
        }
        catch (ObjectDisposedException)
        {
            // The child ended after it was given up.
        }
    }

    private static void KillTree(Process process)
    {
        try
        {
            if (KillTreeMethod is not null)
            {
                KillTreeMethod.Invoke(process, [true]);
            }
            else
            {
                process.Kill();
            }

            process.WaitForExit((int)DrainLimit.TotalMilliseconds);
        }
        catch (Exception failure) when (failure is InvalidOperationException or System.ComponentModel.Win32Exception
            or TargetInvocationException or NotSupportedException)
        {
            // It ended by itself meanwhile.
        }
    }
}
