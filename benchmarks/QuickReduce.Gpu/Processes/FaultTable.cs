using System.Globalization;
using QuickReduce.Gpu.FaultMatrix;

namespace QuickReduce.Gpu.Processes;

/// <summary>Runs the whole matrix of faults with this program's processes, and writes a line for every rank of every case.</summary>
internal sealed class FaultTable
{
    private const int FaultWidth = 10;
    private const int MomentWidth = 9;
    private const int ExceptionWidth = 30;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private readonly int _worldSize;
    private readonly bool _shared;
    private readonly TimeSpan _stepLimit;
    private readonly IReadOnlyList<FaultCase> _cases;
    private readonly TextWriter _output;

    /// <summary>Prepares the matrix.</summary>
    /// <param name="worldSize">Number of ranks, 2 or 3.</param>
    /// <param name="shared">Whether all ranks are on the first GPU; otherwise they take those that there are in turn.</param>
    /// <param name="stepLimit">How long a case may take beyond its time limits.</param>
    /// <param name="cases">The cases.</param>
    /// <param name="output">Where lines go.</param>
    public FaultTable(int worldSize, bool shared, TimeSpan stepLimit, IReadOnlyList<FaultCase> cases, TextWriter output)
    {
        _worldSize = worldSize;
        _shared = shared;
        _stepLimit = stepLimit;
        _cases = cases;
        _output = output;
    }

    /// <summary>What was found.</summary>
    public List<FaultOutcome> Outcomes { get; } = [];

    /// <summary>Runs all cases; a line each, as soon as it is known.</summary>
    /// <returns>Whether all is right, and nothing is left behind.</returns>
    /// <exception cref="TimeoutException">A rank hangs.</exception>
    /// <exception cref="InvalidOperationException">A rank that nothing happened to has ended.</exception>
    public bool Run()
    {
        var culprit = _worldSize - 1;
        _output.WriteLine($"{_worldSize} processes{(_shared ? " on one GPU" : string.Empty)}; it happens to rank {culprit}; time limits of {Limit.TotalSeconds} s");
        _output.WriteLine(Line("      ", "fault", "moment", "rank", "ms", "exception", "names"));
        var settings = new FaultSettings { Cases = _cases, Culprit = culprit, Limit = Limit, JoinLimit = Limit };
        using var job = new FaultJob([.. RankProcesses.Command, "matrix"], _worldSize, _shared, _stepLimit, settings);
        var left = job.Run(ProcessEnvironment.Machine, Write);
        foreach (var thing in left)
        {
            _output.WriteLine("WRONG left behind: " + thing);
        }

        foreach (var fault in Outcomes.Where(static outcome => outcome.Milliseconds is not null && FaultCase.Parse(outcome.Fault + "@" + outcome.Moment).Expected.Notice == Notice.Prompt).GroupBy(static outcome => outcome.Fault))
        {
            var times = fault.Select(static outcome => outcome.Milliseconds!.Value).Order().ToArray();
            _output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{fault.Key} is told after {times[times.Length / 2]:F0} ms (median of {times.Length}), {times[^1]:F0} ms at most"));
        }

        return left.Count == 0 && Outcomes.TrueForAll(static outcome => outcome.IsRight);
    }

    private void Write(FaultOutcome outcome)
    {
        Outcomes.Add(outcome);
        var milliseconds = outcome.Milliseconds?.ToString("F0", CultureInfo.InvariantCulture) ?? string.Empty;
        _output.WriteLine(Line(
            outcome.IsRight ? "ok    " : "WRONG ", outcome.Fault, outcome.Moment, outcome.Rank.ToString(CultureInfo.InvariantCulture), milliseconds,
            outcome.Exception.Length > 0 ? outcome.Exception : outcome.Text, outcome.NamedRanks));
        if (!outcome.IsRight)
        {
            _output.WriteLine("      " + outcome.Text + (outcome.DeviceIsUsable ? string.Empty : " Then the device is NOT USABLE."));
        }
    }

    private static string Line(string verdict, string fault, string moment, string rank, string milliseconds, string exception, string names) =>
        verdict + fault.PadRight(FaultWidth) + moment.PadRight(MomentWidth) + rank.PadLeft(5) + milliseconds.PadLeft(6) + "  " + exception.PadRight(ExceptionWidth) + names;
}
