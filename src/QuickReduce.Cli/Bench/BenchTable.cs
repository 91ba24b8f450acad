using System.Globalization;
using QuickReduce.Cli.CommandLine;
using Spectre.Console;

namespace QuickReduce.Cli.Bench;

/// <summary>Records as a table, for people.</summary>
internal static class BenchTable
{
    // What the whole table takes; narrower terminals do without what the files have besides.
    private const int WholeWidth = 112;

    private static readonly Column[] Columns =
    [
        new("dtype", false, static record => record.Dtype),
        new("ranks", true, static record => record.WorldSize.ToString(CultureInfo.InvariantCulture)),
        new("regime", false, static record => record.Regime),
        new("size", true, static record => MessageSize.Describe(record.Bytes)),
        new("algorithm", false, static record => record.Algorithm),
        new("on the wire", true, static record => MessageSize.Describe(record.WireBytes), IsOptional: true),
        new("time µs", true, static record => Number(record.MedianMicroseconds)),
        new("p10", true, static record => Number(record.P10Microseconds), IsOptional: true),
        new("p90", true, static record => Number(record.P90Microseconds), IsOptional: true),
        new("alg GB/s", true, static record => Number(record.AlgorithmBandwidthGBs), IsOptional: true),
        new("bus GB/s", true, static record => Number(record.BusBandwidthGBs)),
        new("SNR dB", true, static record => record.SnrDb?.ToString("F1", CultureInfo.InvariantCulture) ?? "–"),
    ];

    /// <summary>Writes the table, with an empty line wherever type, ranks or regime change.</summary>
    public static void Write(IAnsiConsole console, IReadOnlyList<BenchRecord> records)
    {
        foreach (var machine in records.Select(static record => record.Device + " on " + record.Machine).Distinct())
        {
            console.WriteLine(machine);
        }

        Column[] columns = [.. Columns.Where(column => !column.IsOptional || console.Profile.Width >= WholeWidth)];
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in columns.Append(new Column("bits", false, static _ => string.Empty)))
        {
            table.AddColumn(new TableColumn(column.Name) { NoWrap = true, Alignment = column.IsNumber ? Justify.Right : Justify.Left, Padding = new Padding(0, 0, 1, 0) });
        }

        BenchRecord? previous = null;
        foreach (var record in records)
        {
            if (previous is not null && (previous.Dtype, previous.WorldSize, previous.Regime) != (record.Dtype, record.WorldSize, record.Regime))
            {
                table.AddEmptyRow();
            }

            previous = record;
            var bits = record.BitIdentical ? new Text("same", new Style(Color.Green)) : new Text("DIFFER", new Style(Color.Red));
            table.AddRow([.. columns.Select(column => new Text(column.Text(record))), bits]);
        }

        console.Write(table);
    }

    /// <summary>Three digits that count, as far as decimals go.</summary>
    public static string Number(double value) =>
        value.ToString(value switch { < 10 => "F2", < 100 => "F1", _ => "N0" }, CultureInfo.InvariantCulture);

    private sealed record Column(string Name, bool IsNumber, Func<BenchRecord, string> Text, bool IsOptional = false);
}
