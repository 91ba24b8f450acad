using System.Globalization;
using QuickReduce.Cli.CommandLine;
using Spectre.Console;

namespace QuickReduce.Cli.Bench;

/// <summary>Records as a table, for people.</summary>
internal static class BenchTable
{
    private static readonly (string Name, bool IsNumber)[] Columns =
    [
        ("dtype", false), ("ranks", true), ("regime", false), ("size", true), ("algorithm", false), ("on the wire", true),
        ("time µs", true), ("p10", true), ("p90", true), ("alg GB/s", true), ("bus GB/s", true), ("SNR dB", true), ("bits", false),
    ];

    /// <summary>Writes the table, with an empty line wherever type, ranks or regime change.</summary>
    public static void Write(IAnsiConsole console, IReadOnlyList<BenchRecord> records)
    {
        foreach (var machine in records.Select(static record => record.Device + " on " + record.Machine).Distinct())
        {
            console.WriteLine(machine);
        }

        var table = new Table { Border = TableBorder.Simple };
        foreach (var (name, isNumber) in Columns)
        {
            table.AddColumn(new TableColumn(name) { NoWrap = true, Alignment = isNumber ? Justify.Right : Justify.Left, Padding = new Padding(0, 0, 1, 0) });
        }

        BenchRecord? previous = null;
        foreach (var record in records)
        {
            if (previous is not null && (previous.Dtype, previous.WorldSize, previous.Regime) != (record.Dtype, record.WorldSize, record.Regime))
            {
                table.AddEmptyRow();
            }

            previous = record;
            table.AddRow(
                new Text(record.Dtype),
                new Text(record.WorldSize.ToString(CultureInfo.InvariantCulture)),
                new Text(record.Regime),
                new Text(MessageSize.Describe(record.Bytes)),
                new Text(record.Algorithm),
                new Text(MessageSize.Describe(record.WireBytes)),
                new Text(Number(record.MedianMicroseconds)),
                new Text(Number(record.P10Microseconds)),
                new Text(Number(record.P90Microseconds)),
                new Text(Number(record.AlgorithmBandwidthGBs)),
                new Text(Number(record.BusBandwidthGBs)),
                new Text(record.SnrDb?.ToString("F1", CultureInfo.InvariantCulture) ?? "–"),
                record.BitIdentical ? new Text("same", new Style(Color.Green)) : new Text("DIFFER", new Style(Color.Red)));
        }

        console.Write(table);
    }

    /// <summary>Three digits that count, as far as decimals go.</summary>
    public static string Number(double value) =>
        value.ToString(value switch { < 10 => "F2", < 100 => "F1", _ => "N0" }, CultureInfo.InvariantCulture);
}
