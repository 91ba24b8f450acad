using System.Globalization;
using Spectre.Console;

namespace QuickStart;

/// <summary>What the user sees.</summary>
internal static class Report
{
    public static List<Measurement> WithProgress(
        IEnumerable<(string Name, Func<IEnumerable<Measurement>> Run)> steps, CancellationToken cancellationToken)
    {
        var measurements = new List<Measurement>();
        var all = steps.ToList();
        AnsiConsole.Progress().AutoClear(true).Start(progress =>
        {
            var task = progress.AddTask("all-reduce", maxValue: all.Count);
            foreach (var (name, run) in all)
            {
                cancellationToken.ThrowIfCancellationRequested();
                task.Description = Markup.Escape(name);
                measurements.AddRange(run());
                task.Increment(1);
            }
        });
        return measurements;
    }

    public static void Print(IEnumerable<Measurement> measurements, int elementCount)
    {
        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = 120; // a pipe has no width of its own
        }

        var table = new Table().Border(TableBorder.Horizontal)
            .Title(string.Create(CultureInfo.InvariantCulture, $"All-reduce of {elementCount:N0} real partial sums per rank"));
        foreach (var (name, isNumber) in new[]
        {
            ("backend", false), ("dtype", false), ("regime", false), ("ranks", true), ("wire bytes", true), ("ratio", true),
            ("SNR dB", true), ("time µs", true), ("same bits", false),
        })
        {
            table.AddColumn(new TableColumn(name) { NoWrap = true, Alignment = isNumber ? Justify.Right : Justify.Left, Padding = new Padding(0, 0, 1, 0) });
        }

        Measurement? previous = null;
        foreach (var m in measurements)
        {
            if (previous is not null && (previous.Ranks, previous.DataType, previous.Device) != (m.Ranks, m.DataType, m.Device))
            {
                table.AddEmptyRow();
            }

            previous = m;
            table.AddRow(
                m.Device.ToString(),
                m.DataType.ToString(),
                m.Regime.ToString(),
                m.Ranks.ToString(CultureInfo.InvariantCulture),
                m.WireBytes.ToString("N0", CultureInfo.InvariantCulture),
                m.Compression.ToString("F2", CultureInfo.InvariantCulture) + "x",
                Colour(m.SignalToNoise >= m.PromisedSignalToNoise, m.SignalToNoise.ToString("F1", CultureInfo.InvariantCulture)),
                m.Time.TotalMicroseconds.ToString("N0", CultureInfo.InvariantCulture),
                Colour(m.BitIdentical, m.BitIdentical ? "yes" : "no"));
        }

        AnsiConsole.Write(table);
        AnsiConsole.MarkupLine("""
            [grey]wire bytes  what one rank sends to the others in one all-reduce; ratio: full precision over that
            SNR dB      signal-to-noise of the result against the fp64 sum of the same partial sums
            time µs     median of one all-reduce of all ranks, in this process
            same bits   every rank, both ways to call, and every backend gave the same bits[/]
            """);
    }

    public static bool Conclude(IReadOnlyCollection<Measurement> measurements)
    {
        var broken = measurements.Count(static m => !m.IsAsPromised);
        if (broken > 0)
        {
            AnsiConsole.MarkupLineInterpolated($"[red]{broken} of {measurements.Count} rows are not as promised.[/]");
            return false;
        }

        AnsiConsole.MarkupLineInterpolated($"[green]All {measurements.Count} rows are as promised.[/]");
        return true;
    }

    private static string Colour(bool isGood, string text) => $"[{(isGood ? "green" : "red")}]{text}[/]";
}
