using System.Globalization;
using ScottPlot;

namespace QuickReduce.Mi300xModel;

/// <summary>Published times as points, the model as lines: time against size for each number of ranks.</summary>
internal static class ModelChart
{
    private const int PanelWidth = 560;
    private const int Height = 520;
    private const int PowersPerTick = 3;
    private static readonly Color[] Colours = [Color.FromHex("#4b5563"), Color.FromHex("#2563a8"), Color.FromHex("#15803d"), Color.FromHex("#c2410c")];

    /// <summary>Draws fp16 times of one source.</summary>
    /// <param name="path">The .png file.</param>
    /// <param name="times">Times of one source and data type.</param>
    /// <param name="parameters">The model.</param>
    public static void Write(string path, IReadOnlyList<PublishedTime> times, Parameters parameters)
    {
        var panels = times.GroupBy(static time => time.Work.WorldSize).OrderBy(static panel => panel.Key).ToArray();
        var multiplot = new Multiplot();
        multiplot.AddPlots(panels.Length);
        multiplot.Layout = new ScottPlot.MultiplotLayouts.Columns();
        for (var i = 0; i < panels.Length; i++)
        {
            Draw(multiplot.GetPlot(i), panels[i].Key, [.. panels[i]], parameters, isFirst: i == 0);
        }

        var temporary = path + ".tmp";
        multiplot.SavePng(temporary, PanelWidth * panels.Length, Height);
        File.Move(temporary, path, overwrite: true);
    }

    private static void Draw(Plot plot, int worldSize, PublishedTime[] times, Parameters parameters, bool isFirst)
    {
        plot.Title($"MI300X, {worldSize} ranks, fp16");
        plot.XLabel("bytes per rank");
        plot.YLabel("microseconds");
        foreach (var series in times.GroupBy(static time => time.Work.Codec))
        {
            var colour = Colours[Work.Codecs.ToList().IndexOf(series.Key)];
            var points = series.OrderBy(static time => time.Work.Bytes).ToArray();
            double[] sizes = [.. points.Select(static time => Math.Log2(time.Work.Bytes))];
            var published = plot.Add.ScatterPoints(sizes, [.. points.Select(static time => Math.Log10(time.Microseconds))]);
            published.Color = colour;
            published.MarkerSize = 7;
            published.LegendText = series.Key + ", published";
            var model = plot.Add.ScatterLine(sizes, [.. points.Select(time => Math.Log10(Model.Predict(time.Work, parameters)))]);
            model.Color = colour;
            model.LineWidth = 1.5f;
            model.LegendText = series.Key + ", model";
        }

        var first = (int)Math.Floor(Math.Log2(times.Min(static time => time.Work.Bytes)));
        var last = (int)Math.Log2(times.Max(static time => time.Work.Bytes));
        plot.Axes.Bottom.TickGenerator = new ScottPlot.TickGenerators.NumericManual(
            [.. Enumerable.Range(first, last - first + 1).Where(power => (power - first) % PowersPerTick == 0).Select(static power => new Tick(power, SizeName(power)))]);
        plot.Axes.Left.TickGenerator = new ScottPlot.TickGenerators.NumericManual(
            [.. from exponent in Enumerable.Range(0, 6) from digit in new[] { 1, 2, 5 } select new Tick(Math.Log10(digit * Math.Pow(10, exponent)), (digit * Math.Pow(10, exponent)).ToString("N0", CultureInfo.InvariantCulture))]);
        plot.Axes.SetLimitsX(times.Min(static time => Math.Log2(time.Work.Bytes)) - 0.5, times.Max(static time => Math.Log2(time.Work.Bytes)) + 0.5);
        plot.Axes.SetLimitsY(Math.Log10(times.Min(static time => time.Microseconds)) - 0.1, Math.Log10(times.Max(static time => time.Microseconds)) + 0.1);
        plot.Legend.IsVisible = isFirst;
        plot.Legend.Alignment = Alignment.UpperLeft;
    }

    private static string SizeName(int power) => power < 20 ? $"{1 << (power - 10)} KiB" : power < 30 ? $"{1 << (power - 20)} MiB" : $"{1 << (power - 30)} GiB";
}
