namespace QuickReduce.Accuracy.Reporting;

/// <summary>The files that a study writes. Looked at before the work, so that minutes of it are not lost to a typing error.</summary>
public sealed class AccuracyOutputs
{
    private readonly string? _json;
    private readonly string? _chart;

    /// <summary>Takes the files' names and looks whether they could be written.</summary>
    /// <param name="json">Where the figures go (<see cref="AccuracyFile"/>); null for nowhere.</param>
    /// <param name="chart">Where the picture goes, .svg or .png; null for nowhere.</param>
    /// <exception cref="ArgumentException">A file could not be written.</exception>
    public AccuracyOutputs(string? json, string? chart)
    {
        _json = json;
        _chart = chart;
        foreach (var path in new[] { json, chart }.OfType<string>())
        {
            if (path.Length == 0 || Directory.Exists(path))
            {
                throw new ArgumentException("'" + path + "' is not the name of a file.");
            }

            if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
            {
                throw new ArgumentException("There is no folder to write '" + path + "' to.");
            }
        }

        if (chart is not null && !AccuracyChart.CanWrite(chart))
        {
            throw new ArgumentException("--chart writes .svg and .png files, not '" + chart + "'.");
        }
    }

    /// <summary>Writes the files, each as a whole or not at all.</summary>
    /// <param name="figures">The baseline first.</param>
    /// <param name="told">Told the name of each file that is written.</param>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be written.</exception>
    public void Write(IReadOnlyList<AccuracyFigure> figures, Action<string> told)
    {
        ArgumentNullException.ThrowIfNull(told);
        if (_json is not null)
        {
            AccuracyFile.Write(_json, figures);
            told(_json);
        }

        if (_chart is not null)
        {
            AccuracyChart.Write(_chart, figures);
            told(_chart);
        }
    }
}
