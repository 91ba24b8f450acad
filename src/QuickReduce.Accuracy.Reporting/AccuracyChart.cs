using System.Globalization;
using System.Text;
using ScottPlot;

namespace QuickReduce.Accuracy.Reporting;

/// <summary>The figures as a picture: what a bit on the wire buys.</summary>
public static class AccuracyChart
{
    private const int Width = 900;
    private const int Height = 540;

    // Losses that are added; what is less, or taken away by chance, is drawn as the least.
    private const int LeastExponent = -5;
    private const int GreatestExponent = 0;

    /// <summary>Whether a file's name says a format that can be written.</summary>
    public static bool CanWrite(string path) => Path.GetExtension(path).ToLowerInvariant() is ".svg" or ".png";

    /// <summary>Draws.</summary>
    /// <param name="path">An .svg or .png file; there as a whole or not at all.</param>
    /// <param name="figures">The baseline first.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(string path, IReadOnlyList<AccuracyFigure> figures)
    {
        using var plot = Draw(figures);
        var content = Path.GetExtension(path).Equals(".svg", StringComparison.OrdinalIgnoreCase)
            ? Encoding.UTF8.GetBytes(plot.GetSvgXml(Width, Height))
            : plot.GetImageBytes(Width, Height, ImageFormat.Png);
        WholeFile.Write(path, stream => stream.Write(content));
    }

    private static Plot Draw(IReadOnlyList<AccuracyFigure> figures)
    {
        var plot = new Plot();
        plot.Title("What quantised all-reduces cost the model");
        plot.XLabel("bits per element of the partial sums on the wire, scales included");
        plot.YLabel("added loss, nats per byte");

        foreach (var series in figures.Skip(1).GroupBy(static figure => (figure.Case.WorldSize, figure.Case.DataType)))
        {
            var points = series.OrderBy(static figure => figure.Case.BitsPerElement).ToList();
            var line = plot.Add.Scatter(
                points.Select(static figure => figure.Case.BitsPerElement).ToArray(),
                points.Select(figure => Decade(figure.NatsPerByte - figures[0].NatsPerByte)).ToArray());
            line.LegendText = series.Key.WorldSize + " ranks, " + KernelVariant.NameOf(series.Key.DataType);
            line.MarkerSize = 7;
            line.MarkerShape = series.Key.DataType == DataType.Float16 ? MarkerShape.FilledCircle : MarkerShape.OpenSquare;
        }

        var ticks = figures.Skip(1).Select(static figure => figure.Case).DistinctBy(static item => item.BitsPerElement)
            .Select(static item => new Tick(item.BitsPerElement, item.BitsPerElement.ToString(CultureInfo.InvariantCulture) + "\n" + item.RegimeName)).ToArray();
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericManual(ticks);
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericManual(
            [.. Enumerable.Range(LeastExponent, GreatestExponent - LeastExponent + 1).Select(static exponent =>
                new Tick(exponent, (exponent == LeastExponent ? "≤ " : string.Empty) + Math.Pow(10, exponent).ToString("0.#####", CultureInfo.InvariantCulture)))]);
        plot.Axes.SetLimitsY(LeastExponent - 0.2, GreatestExponent);
        plot.ShowLegend(Alignment.UpperRight);
        return plot;
    }

    private static double Decade(double added) => Math.Log10(Math.Max(added, Math.Pow(10, LeastExponent)));
}
