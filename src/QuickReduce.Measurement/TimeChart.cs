using System.Globalization;
using System.Net;
using System.Text;

namespace QuickReduce.Measurement;

/// <summary>The time of one all-reduce of one size: a point of a chart.</summary>
/// <param name="Dtype">Element type, as the chart is to call it.</param>
/// <param name="Regime">Wire format, likewise.</param>
/// <param name="Algorithm">As <see cref="KernelVariant.NameOf(AllReduceAlgorithm)"/> calls it, or the name of another library.</param>
/// <param name="WorldSize">Number of ranks.</param>
/// <param name="Bytes">Size of each rank's message.</param>
/// <param name="Time">What it took.</param>
internal sealed record TimePoint(string Dtype, string Regime, string Algorithm, int WorldSize, long Bytes, Statistics Time);

/// <summary>
/// Draws times as an SVG: time against size, both logarithmic, a row of panels for each element type, a panel in it for
/// each number of ranks, a colour for each regime, a dash for each algorithm, and a band from the tenth to the ninetieth
/// percentile. An SVG needs neither fonts nor a graphics library where it is written.
/// </summary>
internal static class TimeChart
{
    private const int PanelWidth = 560;
    private const int PanelHeight = 420;
    private const int Left = 62;
    private const int Top = 64;
    private const int Bottom = 52;
    private const int LegendWidth = 168;
    private const string Ink = "#1f2933";
    private const string Faint = "#d8dee6";

    private static readonly string[] Palette = ["#2563a8", "#c2410c", "#15803d", "#7c3aed", "#b91c6b", "#8a6d0b", "#0e7490", "#4b5563"];

    /// <summary>Draws.</summary>
    /// <param name="title">What stands above.</param>
    /// <param name="points">At least one.</param>
    public static string Draw(string title, IReadOnlyList<TimePoint> points)
    {
        string[] dtypes = [.. points.Select(static point => point.Dtype).Distinct()];
        int[] worldSizes = [.. points.Select(static point => point.WorldSize).Distinct().Order()];
        string[] regimes = [.. points.Select(static point => point.Regime).Distinct()];
        string[] algorithms = [.. points.Select(static point => point.Algorithm).Distinct()];
        var width = worldSizes.Length * PanelWidth + LegendWidth;
        var height = dtypes.Length * PanelHeight;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="{Ink}">""").Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"""<rect width="{width}" height="{height}" fill="white"/>""").Append('\n');
        Label(text, Left, 24, title, "start", "font-size=\"16\" font-weight=\"bold\"");
        var axes = new Axes(points);
        foreach (var panel in points.GroupBy(static point => (point.Dtype, point.WorldSize)))
        {
            text.Append(CultureInfo.InvariantCulture, $"<g transform=\"translate({Array.IndexOf(worldSizes, panel.Key.WorldSize) * PanelWidth},{Array.IndexOf(dtypes, panel.Key.Dtype) * PanelHeight})\">\n");
            Label(text, Left, 50, string.Create(CultureInfo.InvariantCulture, $"{panel.Key.Dtype}, {panel.Key.WorldSize} ranks"), "start", "font-weight=\"bold\"");
            axes.Draw(text);
            foreach (var series in panel.GroupBy(static point => (point.Regime, point.Algorithm)))
            {
                Series(text, axes, [.. series.OrderBy(static point => point.Bytes)], IsOurs(series.Key.Algorithm) ? Colour(regimes, series.Key.Regime) : Ink, Dash(algorithms, series.Key.Algorithm));
            }

            text.Append("</g>\n");
        }

        Legend(text, worldSizes.Length * PanelWidth + 12, regimes, algorithms);
        return text.Append("</svg>\n").ToString();
    }

    private static string Colour(string[] regimes, string regime) => Palette[Array.IndexOf(regimes, regime) % Palette.Length];

    /// <summary>Other libraries' measurements are drawn in ink, whatever they send.</summary>
    private static bool IsOurs(string algorithm) => SpecializationRules.Algorithms.Any(ours => KernelVariant.NameOf(ours) == algorithm);

    private static string Dash(string[] algorithms, string algorithm) => Array.IndexOf(algorithms, algorithm) switch
    {
        0 => string.Empty,
        1 => " stroke-dasharray=\"6 3\"",
        _ when !IsOurs(algorithm) => " stroke-dasharray=\"9 3 2 3\"",
        _ => " stroke-dasharray=\"1.5 3\" stroke-linecap=\"round\"",
    };

    private static void Series(StringBuilder text, Axes axes, TimePoint[] points, string colour, string dash)
    {
        var band = points.Select(point => axes.Point(point.Bytes, point.Time.P10)).Concat(points.Reverse().Select(point => axes.Point(point.Bytes, point.Time.P90)));
        text.Append($"<polygon points=\"{string.Join(' ', band)}\" fill=\"{colour}\" fill-opacity=\"0.15\"/>\n");
        text.Append($"<polyline points=\"{string.Join(' ', points.Select(point => axes.Point(point.Bytes, point.Time.Median)))}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\"{dash}/>\n");

        // A line of one point would not be seen.
        foreach (var point in points)
        {
            text.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{axes.X(point.Bytes):0.##}\" cy=\"{axes.Y(point.Time.Median):0.##}\" r=\"2\" fill=\"{colour}\"/>\n");
        }
    }

    private static void Legend(StringBuilder text, int x, string[] regimes, string[] algorithms)
    {
        var y = Top + 8;
        foreach (var (name, colour, dash) in regimes.Select(regime => (regime, Colour(regimes, regime), string.Empty)).Concat(algorithms.Select(algorithm => (algorithm, Ink, Dash(algorithms, algorithm)))))
        {
            text.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x}\" x2=\"{x + 30}\" y1=\"{y}\" y2=\"{y}\" stroke=\"{colour}\" stroke-width=\"2\"{dash}/>\n");
            Label(text, x + 38, y + 4, name.Replace('_', '-'), "start");
            y += 20;
        }

        Label(text, x, y + 10, "band: p10 to p90", "start", "font-size=\"11\"");
    }

    private static void Label(StringBuilder text, double x, double y, string label, string anchor, string more = "") =>
        text.Append(CultureInfo.InvariantCulture, $"<text x=\"{x:0.#}\" y=\"{y:0.#}\" text-anchor=\"{anchor}\"{(more.Length > 0 ? " " + more : more)}>{WebUtility.HtmlEncode(label)}</text>\n");

    /// <summary>Sizes across, in powers of two; microseconds up, in powers of ten; the same in every panel.</summary>
    private sealed class Axes(IReadOnlyCollection<TimePoint> points)
    {
        private readonly double _firstSize = Math.Log2(points.Min(static point => point.Bytes));
        private readonly double _lastSize = Math.Max(Math.Log2(points.Max(static point => point.Bytes)), Math.Log2(points.Min(static point => point.Bytes)) + 1);
        private readonly double _firstTime = Math.Floor(Math.Log10(points.Min(static point => point.Time.P10)));
        private readonly double _lastTime = Math.Ceiling(Math.Log10(points.Max(static point => point.Time.P90)) + 1e-9);

        public string Point(long bytes, double microseconds) => string.Create(CultureInfo.InvariantCulture, $"{X(bytes):0.##},{Y(microseconds):0.##}");

        public double X(long bytes) => Across(Math.Log2(bytes));

        public double Y(double microseconds) => Up(Math.Log10(microseconds));

        public void Draw(StringBuilder text)
        {
            for (var size = Math.Ceiling(_firstSize); size <= _lastSize; size++)
            {
                Line(text, Across(size), Across(size), Up(_firstTime), Up(_lastTime));
                if ((size - Math.Ceiling(_firstSize)) % 2 == 0)
                {
                    Label(text, Across(size), Up(_firstTime) + 18, Size(1L << (int)size), "middle");
                }
            }

            for (var decade = _firstTime; decade <= _lastTime; decade++)
            {
                for (var step = 1; step < 10 && (step == 1 || decade < _lastTime); step++)
                {
                    var time = decade + Math.Log10(step);
                    Line(text, Across(_firstSize), Across(_lastSize), Up(time), Up(time), step == 1 ? 1 : 0.4);
                    if (step is 1 or 2 or 5)
                    {
                        Label(text, Across(_firstSize) - 8, Up(time) + 4, string.Create(CultureInfo.InvariantCulture, $"{Math.Pow(10, decade) * step:0.##}"), "end");
                    }
                }
            }

            Label(text, (Across(_firstSize) + Across(_lastSize)) / 2, PanelHeight - 12, "message of each rank, bytes", "middle");
            Label(text, 16, (PanelHeight - Bottom + Top) / 2.0, "time, µs", "middle", string.Create(CultureInfo.InvariantCulture, $"transform=\"rotate(-90 16 {(PanelHeight - Bottom + Top) / 2.0:0.#})\""));
        }

        private static void Line(StringBuilder text, double x1, double x2, double y1, double y2, double width = 0.6) =>
            text.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x1:0.##}\" x2=\"{x2:0.##}\" y1=\"{y1:0.##}\" y2=\"{y2:0.##}\" stroke=\"{Faint}\" stroke-width=\"{width}\"/>\n");

        private static string Size(long bytes) => bytes switch
        {
            >= 1 << 30 => (bytes >> 30) + " Gi",
            >= 1 << 20 => (bytes >> 20) + " Mi",
            >= 1 << 10 => (bytes >> 10) + " Ki",
            _ => bytes.ToString(CultureInfo.InvariantCulture),
        };

        private double Across(double size) => Left + (size - _firstSize) / (_lastSize - _firstSize) * (PanelWidth - Left - 24);

        private double Up(double time) => PanelHeight - Bottom - (time - _firstTime) / (_lastTime - _firstTime) * (PanelHeight - Top - Bottom);
    }
}
