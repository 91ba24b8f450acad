using System.Diagnostics;
using System.Globalization;

namespace QuickReduce.Gpu.Processes;

/// <summary>The processes of one job: this program, once for each rank. Disposing kills what still runs.</summary>
internal sealed class RankProcesses : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("quickreduce-gpu-");
    private readonly TimeSpan _silence;

    /// <summary>Starts them.</summary>
    /// <param name="worldSize">How many.</param>
    /// <param name="shared">Whether all are on the first GPU.</param>
    /// <param name="silence">How long one may say nothing.</param>
    /// <param name="arguments">What they are told.</param>
    /// <param name="hosts">Which hosts they are told to be on; null for this one.</param>
    public RankProcesses(int worldSize, bool shared, TimeSpan silence, string[] arguments, HostPlan? hosts = null)
    {
        _silence = silence;
        Ranks = [.. Enumerable.Range(0, worldSize).Select(rank => new RankProcess(rank, Start(rank, worldSize, shared, arguments, hosts)))];
    }

    public RankProcess[] Ranks { get; }

    /// <summary>Waits until all have ended; kills all when one says nothing for too long, and throws.</summary>
    public void WaitForAll()
    {
        foreach (var rank in Ranks)
        {
            rank.WaitForExit(_silence);
        }
    }

    public void Dispose()
    {
        foreach (var rank in Ranks)
        {
            rank.Dispose();
        }

        _directory.Delete(recursive: true);
    }

    private ProcessStartInfo Start(int rank, int worldSize, bool shared, string[] arguments, HostPlan? hosts)
    {
        // Where it is not compiled ahead of time, the program is the host with this program's assembly as first argument.
        var program = Environment.ProcessPath!;
        string[] before = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];
        var start = new ProcessStartInfo(program, [.. before, "process-rank", .. arguments]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["QUICKREDUCE_RANK"] = rank.ToString(CultureInfo.InvariantCulture);
        start.Environment["QUICKREDUCE_WORLD_SIZE"] = worldSize.ToString(CultureInfo.InvariantCulture);
        start.Environment["QUICKREDUCE_LOCAL_RANK"] = shared ? "0" : rank.ToString(CultureInfo.InvariantCulture);
        start.Environment["QUICKREDUCE_RUNTIME_DIR"] = _directory.FullName;
        hosts?.Tell(rank, start.Environment);
        return start;
    }
}

/// <summary>One of them, and what it has said, line by line.</summary>
internal sealed class RankProcess : IDisposable
{
    private readonly Process _process;
    private readonly List<(string Text, DateTime When)> _lines = [];
    private long _lastLine = Stopwatch.GetTimestamp();

    public RankProcess(int number, ProcessStartInfo start)
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

    public int Number { get; }

    public int ExitCode => _process.ExitCode;

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
                throw new TimeoutException("Rank " + Number + " hangs. The last that it said: " + string.Join(" / ", Last(3)));
            }
        }

        // Without a limit, this waits for the last lines too.
        _process.WaitForExit();
    }

    public void Signal(string name)
    {
        using var kill = Process.Start("/bin/kill", ["-" + name, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        kill.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit(TimeSpan.FromSeconds(10));
        }

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
