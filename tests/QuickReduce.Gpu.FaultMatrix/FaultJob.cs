using System.Diagnostics;
using System.Globalization;

namespace QuickReduce.Gpu.FaultMatrix;

/// <summary>
/// Goes through cases with processes of a program that hands its arguments to <see cref="FaultRank.RunAsync"/>: the ranks
/// that nothing happens to live through all of them; the other one is started anew where a case has ended its process.
/// </summary>
public sealed class FaultJob : IDisposable
{
    private const double ShareOfLimit = 0.9;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("quickreduce-faults-");
    private readonly string[] _command;
    private readonly int _worldSize;
    private readonly bool _shared;
    private readonly TimeSpan _silence;
    private readonly FaultSettings _settings;
    private readonly List<RankProcess> _processes = [];

    /// <summary>Prepares a job; nothing is started.</summary>
    /// <param name="command">The program of a rank, and arguments that come before all others.</param>
    /// <param name="worldSize">Number of ranks, 2 or 3.</param>
    /// <param name="shared">Whether all are on the first GPU; otherwise they take those that there are in turn.</param>
    /// <param name="silence">How long a case may take beyond its time limits before it counts as a hang.</param>
    /// <param name="settings">The cases.</param>
    public FaultJob(string[] command, int worldSize, bool shared, TimeSpan silence, FaultSettings settings)
    {
        _command = command;
        _worldSize = worldSize;
        _shared = shared;
        _silence = silence;
        _settings = settings;
    }

    /// <summary>Goes through the cases.</summary>
    /// <param name="machine">Name of the machine, for the records.</param>
    /// <param name="each">Told what every rank got, as soon as it has.</param>
    /// <returns>What is left of the job, which should be nothing.</returns>
    /// <exception cref="TimeoutException">A rank hangs; its last words are in the message.</exception>
    /// <exception cref="InvalidOperationException">A rank that nothing happened to has ended; its last words are in the message.</exception>
    public IReadOnlyList<string> Run(string machine, Action<FaultOutcome> each)
    {
        RankProcess[] survivors = [.. Enumerable.Range(0, _worldSize).Where(rank => rank != _settings.Culprit).Select(rank => Start(rank, first: 0))];
        var culprit = Start(_settings.Culprit, first: 0);
        var next = StartNext(0);
        for (var number = 0; number < _settings.Cases.Count; number++)
        {
            var what = _settings.Cases[number];
            Array.ForEach(survivors, survivor => Await(survivor, "done", number));
            Await(culprit, what.EndsProcess ? "fault" : "done", number);

            // Time runs from when the first of them waits.
            var start = survivors.Min(rank => Ended(rank, number).Start);
            foreach (var rank in survivors)
            {
                each(Judge(machine, number, rank, culprit, what.Expected, start));
            }

            if (what.ExpectedOfCulprit is { } expected)
            {
                each(Judge(machine, number, culprit, culprit, expected, start));
            }

            if (what.EndsProcess)
            {
                culprit.Kill();
                culprit = next ?? culprit;
                next = StartNext(number + 1);
            }
        }

        _processes.ForEach(process => process.WaitForExit(_silence));
        if (Array.Find(survivors, static survivor => survivor.ExitCode != 0) is { } failed)
        {
            throw new InvalidOperationException("Rank " + failed.Number + " ended with exit code " + failed.ExitCode + ": " + failed.Text);
        }

        return Leftovers.Of(_directory, _processes.SelectMany(static process => process.All("segment")));
    }

    /// <summary>What the processes have said under a name, the first time each.</summary>
    public IEnumerable<string> Said(string name) => _processes.Select(process => process.Said(name)).OfType<string>();

    public void Dispose()
    {
        _processes.ForEach(static process => process.Dispose());
        _directory.Delete(recursive: true);
    }

    private RankProcess Start(int rank, int first)
    {
        var arguments = (_settings with { First = first }).ToArguments();
        var process = RankProcess.Start([.. _command, .. arguments], rank, _worldSize, _shared ? 0 : rank, _directory.FullName);
        _processes.Add(process);
        return process;
    }

    /// <summary>Starts the process that takes the culprit's place once a case has ended that one; it waits until then.</summary>
    private RankProcess? StartNext(int number)
    {
        for (; number < _settings.Cases.Count - 1; number++)
        {
            if (_settings.Cases[number].EndsProcess)
            {
                return Start(_settings.Culprit, number + 1);
            }
        }

        return null;
    }

    private void Await(RankProcess rank, string word, int number)
    {
        var start = Stopwatch.GetTimestamp();
        var limit = _settings.Limit + _settings.JoinLimit + _silence;
        while (Line(rank, word, number) is null)
        {
            if (rank.HasExited)
            {
                rank.WaitForExit(_silence);
                if (Line(rank, word, number) is not null)
                {
                    return;
                }

                throw new InvalidOperationException("Rank " + rank.Number + " has ended in " + _settings.Cases[number] + ": " + rank.Text);
            }

            if (Stopwatch.GetElapsedTime(start) > limit)
            {
                throw new TimeoutException("Rank " + rank.Number + " hangs in " + _settings.Cases[number] + ". The last that it said: " + rank.Text);
            }

            Thread.Sleep(Pause);
        }
    }

    private FaultOutcome Judge(string machine, int number, RankProcess rank, RankProcess culprit, Expectation expected, TimeSpan start)
    {
        var what = _settings.Cases[number];
        var (_, end, type, ranks, text) = Ended(rank, number);
        var milliseconds = Line(culprit, "fault", number) is { } fault && type.Length > 0 ? end.Subtract(Ticks(fault.Split(' ')[1])).TotalMilliseconds : (double?)null;
        var isUsable = rank == culprit || expected.Notice == Notice.None || Line(rank, "usable", number) is not null;
        var limit = what.IsAtRendezvous ? _settings.JoinLimit : _settings.Limit;
        var isInTime = expected.Notice switch
        {
            Notice.None => text == "right",
            Notice.Prompt => milliseconds < (limit + _settings.Slack).TotalMilliseconds,
            _ => milliseconds < (limit + _settings.Slack).TotalMilliseconds && end - start >= ShareOfLimit * limit,
        };
        var isRight = type == expected.Exception && isInTime && isUsable
            && (!expected.NamesCulprit || ranks == _settings.Culprit.ToString(CultureInfo.InvariantCulture));
        return new FaultOutcome(
            machine, rank.Said("device") ?? string.Empty, _worldSize, _shared, what.Fault.ToString(), what.Moment.ToString(), _settings.Culprit, rank.Number, type, ranks,
            milliseconds, isUsable, isRight, text);
    }

    /// <summary>When a rank began to wait and when that ended; then type, ranks and message of its exception.</summary>
    private static (TimeSpan Start, TimeSpan End, string Type, string Ranks, string Text) Ended(RankProcess rank, int number)
    {
        var line = Line(rank, "ended", number)!.Split(' ', 6);
        var end = Ticks(line[1]);
        var start = end - TimeSpan.FromMilliseconds(long.Parse(line[2], CultureInfo.InvariantCulture));
        return line is [_, _, _, var type, var ranks, var text] ? (start, end, type, ranks, text) : (start, end, string.Empty, string.Empty, line[3]);
    }

    private static TimeSpan Ticks(string text) => TimeSpan.FromTicks(long.Parse(text, CultureInfo.InvariantCulture));

    private static string? Line(RankProcess rank, string word, int number) => rank.Find(word + " " + number.ToString(CultureInfo.InvariantCulture))?[(word.Length + 1)..];
}
