using System.Globalization;
using Spectre.Console;

namespace QuickReduce.Accuracy.Reporting;

/// <summary>The figures as a table.</summary>
public static class AccuracyTable
{
    private const int WidthWithoutTerminal = 120;

    /// <summary>Writes the table and what its columns mean to standard output.</summary>
    /// <param name="figures">The baseline first.</param>
    public static void Print(IReadOnlyList<AccuracyFigure> figures)
    {
        ArgumentNullException.ThrowIfNull(figures);
        var console = AnsiConsole.Create(new AnsiConsoleSettings());
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = WidthWithoutTerminal;
        }

        var table = new Table().Border(TableBorder.Horizontal);
        foreach (var (name, isNumber) in new[]
        {
            ("dtype", false), ("regime", false), ("ranks", true), ("bits", true), ("nats/byte", true), ("more", true), ("top-1 %", true),
            ("next byte %", true), ("time s", true),
        })
        {
            table.AddColumn(new TableColumn(name) { NoWrap = true, Alignment = isNumber ? Justify.Right : Justify.Left, Padding = new Padding(0, 0, 1, 0) });
        }

        var baseline = figures[0];
        var previous = baseline.Case;
        foreach (var figure in figures)
        {
            if ((previous.DataType, previous.WorldSize) != (figure.Case.DataType, figure.Case.WorldSize))
            {
                table.AddEmptyRow();
            }

            previous = figure.Case;
            table.AddRow(
                figure.Case.DataTypeName,
                figure.Case.RegimeName,
                figure.Case.WorldSize.ToString(CultureInfo.InvariantCulture),
                figure.Case.WorldSize == 1 ? "–" : figure.Case.BitsPerElement.ToString("0.#", CultureInfo.InvariantCulture),
                figure.NatsPerByte.ToString("F4", CultureInfo.InvariantCulture),
                (figure.NatsPerByte - baseline.NatsPerByte).ToString("+0.0000;-0.0000;0.0000", CultureInfo.InvariantCulture),
                (100 * figure.Top1).ToString("F2", CultureInfo.InvariantCulture),
                (100 * figure.NextByte).ToString("F2", CultureInfo.InvariantCulture),
                figure.Elapsed.TotalSeconds.ToString("F0", CultureInfo.InvariantCulture));
        }

        console.Write(table);
        console.MarkupLine("""
            [grey]bits       on the wire, per element of the partial sums
            nats/byte  mean negative logarithm of the probability that the model gave to each byte; more: than the first row
            top-1      positions at which the likeliest next byte is that of the first row; next byte: at which it is the text's[/]
            """);
    }
}
