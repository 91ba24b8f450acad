using System.Text.Json;
using System.Text.Json.Serialization;

namespace QuickReduce.Accuracy;

/// <summary>Accuracy figures as JSON.</summary>
public static partial class AccuracyFile
{
    /// <summary>
    /// Writes an array of objects with <c>dtype</c>, <c>regime</c>, <c>worldSize</c>, <c>natsPerByte</c>, <c>top1</c>
    /// (agreement with the baseline) and <c>nextByte</c> (agreement with the text). The file is there as a whole or not
    /// at all.
    /// </summary>
    /// <param name="path">The file; replaced if it is there.</param>
    /// <param name="figures">The figures.</param>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public static void Write(string path, IEnumerable<AccuracyFigure> figures)
    {
        ArgumentNullException.ThrowIfNull(figures);
        var entries = figures.Select(static figure => new Entry(
            figure.Case.DataTypeName, figure.Case.RegimeName, figure.Case.WorldSize,
            Math.Round(figure.NatsPerByte, 6), Math.Round(figure.Top1, 6), Math.Round(figure.NextByte, 6))).ToArray();
        WholeFile.Write(path, stream =>
        {
            JsonSerializer.Serialize(stream, entries, EntryContext.Default.EntryArray);
            stream.WriteByte((byte)'\n');
        });
    }

    internal sealed record Entry(
        [property: JsonPropertyName("dtype")] string DataType, string Regime, int WorldSize, double NatsPerByte, double Top1, double NextByte);

    // Numbers that are none are written as strings: a model that breaks down is a result, too.
    [JsonSourceGenerationOptions(
        WriteIndented = true,
        NewLine = "\n",
        PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals)]
    [JsonSerializable(typeof(Entry[]))]
    internal sealed partial class EntryContext : JsonSerializerContext;
}
