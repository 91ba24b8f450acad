using QuickReduce;
using QuickReduce.Accuracy;
using ScottPlot;

namespace TensorParallelInference;

/// <summary>The figures as a picture: what a bit on the wire buys.</summary>
internal static class AccuracyChart
{
    private const int Width = 900;
    private const int Height = 540;

    /// <summary>Whether a file's name says a format that can be written.</summary>
    public static bool CanWrite(string path) => Path.GetExtension(path).ToLowerInvariant() is ".svg" or ".png";

    /// <summary>Draws.</summary>
    /// <param name="path">An .svg or .png file; there as a whole or not at all.</param>
    /// <param name="figures">The baseline first.</param>
    public static void Write(string path, IReadOnlyList<AccuracyFigure> figures)
    {
        using var plot = Draw(figures);
        var content = Path.GetExtension(path).Equals(".svg", StringComparison.OrdinalIgnoreCase)
            ? System.Text.Encoding.UTF8.GetBytes(plot.GetSvgXml(Width, Height))
            : plot.GetImageBytes(Width, Height, ImageFormat.Png);
        WholeFile.Write(path, stream => stream.Write(content));
    }

    private static Plot Draw(IReadOnlyList<AccuracyFigure> figures)
    {
        var plot = new Plot();
        plot.Title("Loss of a small Llama against bits on the wire");
        plot.XLabel("bits per element of the partial sums on the wire, scales included");
        plot.YLabel("nats per byte");

        var baseline = plot.Add.HorizontalLine(figures[0].NatsPerByte, 1, Colors.Gray, LinePattern.Dashed);
        baseline.LegendText = "one rank, float32";
        foreach (var series in figures.Skip(1).GroupBy(static figure => (figure.Case.WorldSize, figure.Case.DataTypeName)))
        {
            var points = series.OrderBy(static figure => figure.Case.BitsPerElement).ToList();
            var line = plot.Add.Scatter(
                points.Select(static figure => figure.Case.BitsPerElement).ToArray(),
                points.Select(static figure => figure.NatsPerByte).ToArray());
            line.LegendText = series.Key.WorldSize + " ranks, " + series.Key.DataTypeName;
            line.MarkerSize = 7;
            line.LinePattern = series.Key.DataTypeName == KernelVariant.NameOf(DataType.Float16) ? LinePattern.Solid : LinePattern.Dotted;
        }

        var ticks = figures.Skip(1).Select(static figure => figure.Case).DistinctBy(static item => item.BitsPerElement)
            .Select(static item => new Tick(item.BitsPerElement, item.BitsPerElement + "\n" + item.RegimeName)).ToArray();
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericManual(ticks);
        plot.ShowLegend(Alignment.UpperRight);
        return plot;
    }
}
