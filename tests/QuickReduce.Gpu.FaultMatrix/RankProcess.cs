using System.Diagnostics;
using System.Globalization;

namespace QuickReduce.Gpu.FaultMatrix;

/// <summary>A rank in a process of its own, and what it has said, line by line. Disposing kills it if it still runs.</summary>
public sealed class RankProcess : IDisposable
{
    /// <summary>Tells a rank where its job meets.</summary>
    internal const string DirectoryVariable = "QUICKREDUCE_RUNTIME_DIR";

    private const int LinesOfText = 3;

    private readonly Process _process;
    private readonly List<(string Text, DateTime When)> _lines = [];
    private long _lastLine = Stopwatch.GetTimestamp();

    private RankProcess(int number, ProcessStartInfo start)
    {
        Number = number;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) =>
        {
            if (line.Data is { } text)
            {
                Console.Error.WriteLine("rank " + Number + ": " + text);
            }
        };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The rank.</summary>
    public int Number { get; }

    /// <summary>The process's number.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>How it ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>The last that it said, for messages.</summary>
    public string Text => string.Join(" / ", Last(LinesOfText));

    /// <summary>Starts a rank.</summary>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="rank">The rank.</param>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="device">Number of its device on this host.</param>
    /// <param name="directory">Where the job's ranks meet.</param>
    /// <param name="tell">Adds to what its environment tells it.</param>
    public static RankProcess Start(string[] command, int rank, int worldSize, int device, string directory, Action<IDictionary<string, string?>>? tell = null)
    {
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["QUICKREDUCE_RANK"] = rank.ToString(CultureInfo.InvariantCulture);
        start.Environment["QUICKREDUCE_WORLD_SIZE"] = worldSize.ToString(CultureInfo.InvariantCulture);
        start.Environment["QUICKREDUCE_LOCAL_RANK"] = device.ToString(CultureInfo.InvariantCulture);
        start.Environment[DirectoryVariable] = directory;
        start.Environment["DOTNET_DbgEnableMiniDump"] = "0";
        tell?.Invoke(start.Environment);
        return new RankProcess(rank, start);
    }

    /// <summary>The rest of the first line that begins with a word; null where there is none.</summary>
    public string? Said(string word) => All(word).FirstOrDefault();

    /// <summary>When it said so.</summary>
    public DateTime? SaidAt(string word)
    {
        lock (_lines)
        {
            return _lines.Where(line => line.Text.Split(' ')[0] == word).Select(static line => (DateTime?)line.When).FirstOrDefault();
        }
    }

    /// <summary>The first line that begins with some words; null where there is none.</summary>
    public string? Find(string words)
    {
        lock (_lines)
        {
            return _lines.Find(line => line.Text.StartsWith(words, StringComparison.Ordinal) && (line.Text.Length == words.Length || line.Text[words.Length] == ' ')).Text;
        }
    }

    /// <summary>The rest of all lines that begin with a word.</summary>
    public string[] All(string word)
    {
        lock (_lines)
        {
            return [.. _lines.Where(line => line.Text.Split(' ')[0] == word).Select(line => line.Text[word.Length..].TrimStart())];
        }
    }

    /// <summary>Waits until it says a word; false where it ends, or takes too long.</summary>
    public bool WaitFor(string word, TimeSpan limit)
    {
        var start = Stopwatch.GetTimestamp();
        while (Said(word) is null && !_process.HasExited && Stopwatch.GetElapsedTime(start) < limit)
        {
            Thread.Sleep(5);
        }

        return Said(word) is not null;
    }

    /// <summary>Waits until it has ended.</summary>
    /// <exception cref="TimeoutException">It has said nothing for too long.</exception>
    public void WaitForExit(TimeSpan silence)
    {
        while (!_process.WaitForExit(TimeSpan.FromMilliseconds(20)))
        {
            if (Stopwatch.GetElapsedTime(Interlocked.Read(ref _lastLine)) > silence)
            {
                throw new TimeoutException("Rank " + Number + " hangs. The last that it said: " + Text);
            }
        }

        // Without a limit, this waits for the last lines too.
        _process.WaitForExit();
    }

    /// <summary>Sends it a signal.</summary>
    public void Signal(string name)
    {
        using var kill = Process.Start("/bin/kill", ["-" + name, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    /// <summary>Kills it, stopped or not, and waits until it has ended.</summary>
    public void Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit(TimeSpan.FromSeconds(10));
        }
    }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    private string[] Last(int count)
    {
        lock (_lines)
        {
            return [.. _lines.TakeLast(count).Select(static line => line.Text)];
        }
    }

    private void Keep(string? line)
    {
        if (line is not null)
        {
            lock (_lines)
            {
                _lines.Add((line, DateTime.UtcNow));
            }

            Interlocked.Exchange(ref _lastLine, Stopwatch.GetTimestamp());
        }
    }
}
