using System.Diagnostics;
using Xunit;

namespace QuickReduce.Tests.Shared.Processes;

/// <summary>A rank's process and what it has said, line by line.</summary>
public sealed class WorkerProcess : IDisposable
{
    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly List<string> _errors = [];

    public WorkerProcess(ProcessStartInfo start)
    {
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Keep(_lines, line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(_errors, line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int ExitCode => _process.ExitCode;

    public bool HasExited => _process.HasExited;

    /// <summary>All that it has said, for messages.</summary>
    public string Text
    {
        get
        {
            lock (_lines)
            {
                return string.Join('\n', _lines.Concat(_errors));
            }
        }
    }

    /// <summary>What it said under a name, the first time: the rest of the line; null if it did not.</summary>
    public string? Said(string name)
    {
        lock (_lines)
        {
            return _lines.Find(line => line.StartsWith(name, StringComparison.Ordinal) && (line.Length == name.Length || line[name.Length] == ' ')) is { } line
                ? line[name.Length..].TrimStart()
                : null;
        }
    }

    /// <summary>How often it said a name.</summary>
    public int TimesSaid(string name)
    {
        lock (_lines)
        {
            return _lines.Count(line => line.Split(' ')[0] == name);
        }
    }

    /// <summary>Waits until it says a name.</summary>
    public string WaitFor(string name, TimeSpan limit)
    {
        var watch = Stopwatch.StartNew();
        while (Said(name) is not { } said)
        {
            Assert.True(watch.Elapsed < limit && !_process.HasExited, "It did not say '" + name + "': " + Text);
            Thread.Sleep(5);
            continue;
        }

        return Said(name)!;
    }

    /// <summary>Waits until it ends by itself.</summary>
    public void WaitForExit(TimeSpan limit)
    {
        Assert.True(_process.WaitForExit(limit > TimeSpan.Zero ? limit : TimeSpan.Zero), "It does not end. So far: " + Text);

        // Without a limit, this waits for the last lines too.
        _process.WaitForExit();
    }

    public void Kill() => _process.Kill();

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private void Keep(List<string> lines, string? line)
    {
        if (line is not null)
        {
            lock (_lines)
            {
                lines.Add(line);
            }
        }
    }
}
