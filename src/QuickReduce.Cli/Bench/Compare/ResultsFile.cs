using System.Text.Json;
using QuickReduce.Cli.CommandLine;

namespace QuickReduce.Cli.Bench.Compare;

/// <summary>Reads what <c>bench --json</c> has written.</summary>
internal static class ResultsFile
{
    /// <summary>The records of a file.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="InvalidDataException">It is of another shape.</exception>
    public static BenchRecord[] Read(string path)
    {
        BenchRecord?[]? records;
        try
        {
            using var stream = File.OpenRead(path);
            records = JsonSerializer.Deserialize(stream, ReportJson.Default.BenchRecordArray);
        }
        catch (JsonException wrong)
        {
            throw new InvalidDataException($"'{path}' is no file of results, as `quickreduce bench --json` writes them: {wrong.Message}", wrong);
        }

        if (records is not { Length: > 0 } || records.Contains(null))
        {
            throw new InvalidDataException($"'{path}' holds no results.");
        }

        foreach (var record in records)
        {
            if (!(record!.MedianMicroseconds > 0 && record.P10Microseconds > 0 && record.P10Microseconds <= record.P90Microseconds))
            {
                throw new InvalidDataException($"'{path}' has times that can't have been measured: {Name(record)}, {record.MedianMicroseconds} µs, p10 {record.P10Microseconds}, p90 {record.P90Microseconds}.");
            }
        }

        if (records.GroupBy(static record => Name(record!)).FirstOrDefault(static group => group.Count() > 1) is { } twice)
        {
            throw new InvalidDataException($"'{path}' has two records of {twice.Key}. Compare files of one run each.");
        }

        return records!;
    }

    private static string Name(BenchRecord record) =>
        $"{record.Device}, {record.WorldSize} ranks, {record.Dtype}, {record.Regime}, {record.Algorithm}, {MessageSize.Describe(record.Bytes)}";
}
