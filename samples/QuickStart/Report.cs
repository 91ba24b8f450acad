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
        var table = new Table().Border(TableBorder.Rounded)
            .Title(string.Create(CultureInfo.InvariantCulture, $"All-reduce of {elementCount:N0} real partial sums per rank"))
            .AddColumns("backend", "dtype", "regime")
            .AddColumn(new TableColumn("ranks").RightAligned())
            .AddColumn(new TableColumn("bytes on the wire").RightAligned())
            .AddColumn(new TableColumn("compression").RightAligned())
            .AddColumn(new TableColumn("signal-to-noise").RightAligned())
            .AddColumn(new TableColumn("time").RightAligned())
            .AddColumn("bit-identical");
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
                m.SignalToNoise.ToString("F1", CultureInfo.InvariantCulture) + " dB" + (m.SignalToNoise < m.PromisedSignalToNoise ? " [red]low[/]" : ""),
                m.Time.TotalMicroseconds.ToString("N0", CultureInfo.InvariantCulture) + " µs",
                m.BitIdentical ? "[green]yes[/]" : "[red]no[/]");
        }

        AnsiConsole.Write(table);
        AnsiConsole.MarkupLine("[grey]bytes on the wire: what one rank sends to the others in one all-reduce; signal-to-noise: against the fp64 sum;[/]");
        AnsiConsole.MarkupLine("[grey]bit-identical: every rank, both ways to call, and every backend gave the same bits.[/]");
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
}
