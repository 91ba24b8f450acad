using System.Globalization;
using System.Net;
using System.Text;

namespace QuickReduce.Gpu;

/// <summary>
/// Draws records as an SVG: time against size, both logarithmic, a panel for each number of ranks, a colour for each
/// regime, a dash for each algorithm, and a band from the tenth to the ninetieth percentile.
/// </summary>
internal static class Chart
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

    /// <summary>Draws the records of one element type.</summary>
    /// <param name="records">Any records.</param>
    /// <param name="dtype">The element type.</param>
    /// <exception cref="InvalidOperationException">There is no record of it.</exception>
    public static string Draw(IReadOnlyList<AllReduceRecord> records, string dtype)
    {
        var shown = records.Where(record => record.Dtype == dtype).ToArray();
        if (shown.Length == 0)
        {
            throw new InvalidOperationException("There is no record of " + dtype + ", but of " + string.Join(", ", records.Select(static record => record.Dtype).Distinct()) + ".");
        }

        var panels = shown.GroupBy(static record => record.WorldSize).OrderBy(static panel => panel.Key).ToArray();
        var regimes = shown.Select(static record => record.Regime).Distinct().ToArray();
        var algorithms = shown.Select(static record => record.Algorithm).Distinct().ToArray();
        var width = panels.Length * PanelWidth + LegendWidth;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {PanelHeight}" width="{width}" height="{PanelHeight}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="{Ink}">""").Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"""<rect width="{width}" height="{PanelHeight}" fill="white"/>""").Append('\n');
        Label(text, Left, 24, $"All-reduce of {dtype}, {shown[0].Devices} × {shown[0].Device}", "start", "font-size=\"16\" font-weight=\"bold\"");
        var axes = new Axes(shown);
        for (var i = 0; i < panels.Length; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"<g transform=\"translate({i * PanelWidth},0)\">\n");
            Label(text, Left, 50, panels[i].Key + " ranks", "start", "font-weight=\"bold\"");
            axes.Draw(text);
            foreach (var series in panels[i].GroupBy(static record => (record.Regime, record.Algorithm)))
            {
                Series(text, axes, [.. series.OrderBy(static record => record.Bytes)], IsOurs(series.Key.Algorithm) ? Colour(regimes, series.Key.Regime) : Ink, Dash(algorithms, series.Key.Algorithm));
            }

            text.Append("</g>\n");
        }

        Legend(text, panels.Length * PanelWidth + 12, regimes, algorithms);
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

    private static void Series(StringBuilder text, Axes axes, AllReduceRecord[] records, string colour, string dash)
    {
        var band = records.Select(record => axes.Point(record.Bytes, record.P10Microseconds)).Concat(records.Reverse().Select(record => axes.Point(record.Bytes, record.P90Microseconds)));
        text.Append($"<polygon points=\"{string.Join(' ', band)}\" fill=\"{colour}\" fill-opacity=\"0.15\"/>\n");
        text.Append($"<polyline points=\"{string.Join(' ', records.Select(record => axes.Point(record.Bytes, record.MedianMicroseconds)))}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\"{dash}/>\n");
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
    private sealed class Axes(IReadOnlyCollection<AllReduceRecord> records)
    {
        private readonly double _firstSize = Math.Log2(records.Min(static record => record.Bytes));
        private readonly double _lastSize = Math.Max(Math.Log2(records.Max(static record => record.Bytes)), Math.Log2(records.Min(static record => record.Bytes)) + 1);
        private readonly double _firstTime = Math.Floor(Math.Log10(records.Min(static record => record.P10Microseconds)));
        private readonly double _lastTime = Math.Ceiling(Math.Log10(records.Max(static record => record.P90Microseconds)) + 1e-9);

        public string Point(long bytes, double microseconds) => string.Create(CultureInfo.InvariantCulture, $"{X(Math.Log2(bytes)):0.##},{Y(Math.Log10(microseconds)):0.##}");

        public void Draw(StringBuilder text)
        {
            for (var size = Math.Ceiling(_firstSize); size <= _lastSize; size++)
            {
                Line(text, X(size), X(size), Y(_firstTime), Y(_lastTime));
                if ((size - Math.Ceiling(_firstSize)) % 2 == 0)
                {
                    Label(text, X(size), Y(_firstTime) + 18, Size(1L << (int)size), "middle");
                }
            }

            for (var decade = _firstTime; decade <= _lastTime; decade++)
            {
                for (var step = 1; step < 10 && (step == 1 || decade < _lastTime); step++)
                {
                    var time = decade + Math.Log10(step);
                    Line(text, X(_firstSize), X(_lastSize), Y(time), Y(time), step == 1 ? 1 : 0.4);
                    if (step is 1 or 2 or 5)
                    {
                        Label(text, X(_firstSize) - 8, Y(time) + 4, string.Create(CultureInfo.InvariantCulture, $"{Math.Pow(10, decade) * step:0.##}"), "end");
                    }
                }
            }

            Label(text, (X(_firstSize) + X(_lastSize)) / 2, PanelHeight - 12, "message of each rank, bytes", "middle");
            Label(text, 16, (PanelHeight - Bottom + Top) / 2.0, "time, µs", "middle", string.Create(CultureInfo.InvariantCulture, $"transform=\"rotate(-90 16 {(PanelHeight - Bottom + Top) / 2.0:0.#})\""));
        }

        private static void Line(StringBuilder text, double x1, double x2, double y1, double y2, double width = 0.6) =>
            text.Append(CultureInfo.InvariantCulture, $"<line x1=\"{x1:0.##}\" x2=\"{x2:0.##}\" y1=\"{y1:0.##}\" y2=\"{y2:0.##}\" stroke=\"{Faint}\" stroke-width=\"{width}\"/>\n");

        private static string Size(long bytes) => bytes switch
        {
            >= 1 << 20 => (bytes >> 20) + " Mi",
            >= 1 << 10 => (bytes >> 10) + " Ki",
            _ => bytes.ToString(CultureInfo.InvariantCulture),
        };

        private double X(double size) => Left + (size - _firstSize) / (_lastSize - _firstSize) * (PanelWidth - Left - 24);

        private double Y(double time) => PanelHeight - Bottom - (time - _firstTime) / (_lastTime - _firstTime) * (PanelHeight - Top - Bottom);
    }
}
