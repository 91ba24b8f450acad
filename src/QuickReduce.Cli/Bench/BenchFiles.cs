using System.Globalization;
using System.Text;
using System.Text.Json;
using QuickReduce.Cli.CommandLine;
using QuickReduce.Measurement;
using QuickReduce.Policy;

namespace QuickReduce.Cli.Bench;

/// <summary>Records as files; each is there as a whole or not at all.</summary>
internal static class BenchFiles
{
    /// <summary>Stands for standard output.</summary>
    public const string StandardOutput = "-";

    /// <summary>Makes sure, before a long measurement, that a file can be written after it.</summary>
    /// <exception cref="IOException">Its folder is not there, or it is a folder itself.</exception>
    public static void RequireWritable(string? path)
    {
        if (path is null or StandardOutput)
        {
            return;
        }

        var full = Path.GetFullPath(path);
        if (Directory.Exists(full) || !Directory.Exists(Path.GetDirectoryName(full)))
        {
            throw new IOException($"'{path}' can't be written: {(Directory.Exists(full) ? "it is a folder" : "its folder is not there")}.");
        }
    }

    /// <summary>Writes text to a file or to standard output.</summary>
    public static void Write(string path, string text)
    {
        if (path == StandardOutput)
        {
            Console.Out.Write(text);
            return;
        }

        WholeFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>The records as JSON.</summary>
    public static string Json(IReadOnlyList<BenchRecord> records) => JsonSerializer.Serialize([.. records], ReportJson.Default.BenchRecordArray) + "\n";

    /// <summary>The records as CSV (RFC 4180), with the names of the JSON's members above.</summary>
    public static string Csv(IReadOnlyList<BenchRecord> records)
    {
        // From the JSON, so that both have the same members and numbers.
        var rows = JsonSerializer.SerializeToElement([.. records], ReportJson.Default.BenchRecordArray).EnumerateArray().ToArray();
        var text = new StringBuilder();
        text.AppendJoin(',', rows[0].EnumerateObject().Select(static member => member.Name)).Append("\r\n");
        foreach (var row in rows)
        {
            text.AppendJoin(',', row.EnumerateObject().Select(static member => Field(member.Value))).Append("\r\n");
        }

        return text.ToString();
    }

    /// <summary>The records as an SVG: time against size.</summary>
    public static string Chart(IReadOnlyList<BenchRecord> records) => TimeChart.Draw(
        string.Create(CultureInfo.InvariantCulture, $"All-reduce, {records[0].Device} on {records[0].Machine}"),
        [
            .. records.Select(static record => new TimePoint(
                record.Dtype,
                record.Regime,
                record.Algorithm.Replace('-', '_'),
                record.WorldSize,
                record.Bytes,
                new Statistics(record.MedianMicroseconds, record.P10Microseconds, record.P90Microseconds))),
        ]);

    private static string Field(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => string.Empty,
        JsonValueKind.String when value.GetString()!.AsSpan().IndexOfAny(",\"\r\n") >= 0 => "\"" + value.GetString()!.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"",
        JsonValueKind.String => value.GetString()!,
        _ => value.GetRawText(),
    };
}
