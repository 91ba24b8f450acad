using QuickReduce.Accuracy;

namespace TensorParallelInference;

/// <summary>The files that scoring writes. Looked at before the work, so that minutes of it are not lost to a typing error.</summary>
internal sealed class ScoreOutputs
{
    private readonly string? _json;
    private readonly string? _chart;

    /// <exception cref="ArgumentException">A file could not be written.</exception>
    public ScoreOutputs(string? json, string? chart)
    {
        _json = json;
        _chart = chart;
        foreach (var path in new[] { json, chart })
        {
            if (path is not null && !Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path))))
            {
                throw new ArgumentException("There is no folder to write '" + path + "' to.");
            }
        }

        if (chart is not null && !AccuracyChart.CanWrite(chart))
        {
            throw new ArgumentException("--chart writes .svg and .png files, not '" + chart + "'.");
        }
    }

    public void Write(IReadOnlyList<AccuracyFigure> figures)
    {
        if (_json is not null)
        {
            AccuracyFile.Write(_json, figures);
            Console.WriteLine("Wrote " + _json + ".");
        }

        if (_chart is not null)
        {
            AccuracyChart.Write(_chart, figures);
            Console.WriteLine("Wrote " + _chart + ".");
        }
    }
}
