using System.Diagnostics;
using System.Globalization;

namespace QuickReduce.Gpu.Processes;

/// <summary>
/// Ranks in processes of their own: starts this program once for each, lets them verify and time all-reduces, kills or
/// stops one of them, and looks what becomes of the others.
/// </summary>
internal sealed class ProcessJobs
{
    /// <summary>Exit code where something hangs.</summary>
    public const int HangExitCode = 3;

    private static readonly TimeSpan FaultLimit = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    private readonly int _worldSize;
    private readonly bool _shared;
    private readonly TimeSpan _stepLimit;
    private readonly TextWriter _output;
    private readonly HostPlan? _hosts;

    /// <summary>Prepares jobs.</summary>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="shared">Whether all ranks are on the first GPU; otherwise they take those that there are in turn.</param>
    /// <param name="stepLimit">How long the ranks may say nothing.</param>
    /// <param name="output">Where lines go.</param>
    /// <param name="hosts">Which hosts the ranks are told to be on; null for this one.</param>
    public ProcessJobs(int worldSize, bool shared, TimeSpan stepLimit, TextWriter output, HostPlan? hosts = null)
    {
        _hosts = hosts;
        _worldSize = worldSize;
        _shared = shared;
        _stepLimit = stepLimit;
        _output = output;
    }

    /// <summary>What was found.</summary>
    public List<ProcessRecord> Records { get; } = [];

    /// <summary>Runs everything.</summary>
    /// <returns>Whether everything was right.</returns>
    public bool Run()
    {
        var right = Verify();
        foreach (var fault in new[] { "kill", "stop", "leave", "abort", "mismatch", "replay" })
        {
            if (fault == "replay" && _hosts is not null)
            {
                // That a host does not replay is not noticed beside the data: only Synchronize has a limit for it.
                continue;
            }

            right &= LetFail(fault);
        }

        return right;
    }

    private bool Verify()
    {
        using var job = Start("verify");
        job.WaitForAll();
        var right = true;
        foreach (var rank in job.Ranks)
        {
            var compared = rank.Said("compared")?.Split(' ');
            var ended = rank.ExitCode == 0 && compared is not null && compared[1] == "0";
            right &= ended;
            Write("verify", rank.Number, ended, compared is null ? "it ended with exit code " + rank.ExitCode : compared[0] + " results compared bit for bit, " + compared[1] + " wrong");
        }

        foreach (var line in job.Ranks[0].All("time"))
        {
            _output.WriteLine("  " + line);
            Records.Add(new ProcessRecord(_worldSize, _shared, "time", 0, true, line));
        }

        return right;
    }

    /// <summary>Something happens to the last rank in the midst of calls. All others end with the exception for it.</summary>
    private bool LetFail(string fault)
    {
        var culprit = _worldSize - 1;
        using var job = Start("fault", fault, culprit.ToString(CultureInfo.InvariantCulture), FaultLimit.TotalSeconds.ToString(CultureInfo.InvariantCulture));
        var allReady = job.Ranks.All(rank => rank.WaitFor("calling", _stepLimit));
        if (!allReady)
        {
            Write(fault, culprit, false, "not all ranks came to their calls");
            return false;
        }

        Thread.Sleep(150);
        var when = DateTime.UtcNow;
        switch (fault)
        {
            case "kill":
                job.Ranks[culprit].Signal("KILL");
                break;
            case "stop":
                job.Ranks[culprit].Signal("STOP");
                break;
        }

        var right = true;
        foreach (var survivor in job.Ranks.Where(rank => rank.Number != culprit))
        {
            survivor.WaitForExit(FaultLimit + Slack + _stepLimit);
            var (exception, moment) = survivor.Said("ended") is { } said && said.Split(' ', 2) is [var ticks, var text]
                ? (text, new DateTime(long.Parse(ticks, CultureInfo.InvariantCulture), DateTimeKind.Utc))
                : ("no exception", DateTime.MaxValue);
            var took = moment - (fault is "kill" or "stop" ? when : job.Ranks[culprit].SaidAt("faulting") ?? when);
            var ended = survivor.ExitCode == 0 && Expected(fault).Any(name => exception.StartsWith(name, StringComparison.Ordinal)) && took < FaultLimit + Slack && survivor.Said("usable") is not null;
            right &= ended;
            Write(fault, survivor.Number, ended, string.Create(CultureInfo.InvariantCulture, $"after {took.TotalMilliseconds:F0} ms {exception}; then the device is {(survivor.Said("usable") is null ? "NOT USABLE" : "usable")}"));
        }

        return right;
    }

    private static string[] Expected(string fault) => fault switch
    {
        "stop" => [nameof(RankTimeoutException)],
        "abort" => [nameof(GroupAbortedException)],
        "mismatch" => [nameof(RankMismatchException)],
        "replay" => [nameof(RankTimeoutException), nameof(RankFailedException)],
        _ => [nameof(RankFailedException)],
    };

    private RankProcesses Start(string command, params string[] more) =>
        new(_worldSize, _shared, _stepLimit, _hosts is null ? [command, .. more] : ["hosts", _hosts.Argument, command, .. more], _hosts);

    private void Write(string what, int rank, bool right, string text)
    {
        Records.Add(new ProcessRecord(_worldSize, _shared, what, rank, right, text));
        _output.WriteLine($"{(right ? "ok   " : "WRONG")} {_worldSize} processes{(_shared ? " on one GPU" : string.Empty)}{_hosts?.Text}, {what}, rank {rank}: {text}");
    }
}

/// <summary>An outcome of one rank.</summary>
/// <param name="WorldSize">Number of ranks.</param>
/// <param name="SharesOneGpu">Whether all were on the first GPU.</param>
/// <param name="What">What was tried.</param>
/// <param name="Rank">The rank.</param>
/// <param name="IsRight">Whether it ended as it must.</param>
/// <param name="Text">What came of it.</param>
internal sealed record ProcessRecord(int WorldSize, bool SharesOneGpu, string What, int Rank, bool IsRight, string Text);
