using System.Globalization;

namespace QuickReduce.Mi300xModel;

/// <summary>The model's error and its predictions as Markdown.</summary>
internal static class Tables
{
    private static readonly (string Name, long Bytes)[] Sizes =
        [("64 KiB", 64 << 10), ("1 MiB", 1 << 20), ("5 MiB (512×5120)", 512 * 5120 * 2), ("8 MiB", 8 << 20), ("64 MiB", 64 << 20), ("320 MiB (32768×5120)", 32768L * 5120 * 2)];

    public static void WriteParameters(TextWriter output, Parameters parameters)
    {
        output.WriteLine("| parameter | value |\n|---|--:|");
        Row(output, "launch", $"{parameters.LaunchMicroseconds:0.0} µs");
        Row(output, "per rank", $"{parameters.RankMicroseconds:0.00} µs");
        Row(output, "latency per vector instruction of a tile", $"{parameters.InstructionNanoseconds:0.0} ns");
        Row(output, "link, long messages", $"{parameters.LinkGigabytesPerSecond:0.0} GB/s");
        Row(output, "overlap exponent", $"{parameters.Overlap:0.00}");
        Row(output, "first wave, quantised, per rank after the second", $"{parameters.FirstWaveMicrosecondsPerMegabyte:0.0} µs per MB on a link");
        output.WriteLine();
    }

    /// <summary>Relative error by source, data type and number of ranks.</summary>
    public static void WriteErrors(TextWriter output, IReadOnlyList<PublishedTime> published, Parameters parameters)
    {
        output.WriteLine("| published | used for the fit | times | median error | 90 % within | worst | mean (+: predicted too long) |\n|---|---|--:|--:|--:|--:|--:|");
        foreach (var group in published.GroupBy(static time => (time.Source, time.DataType, time.Work.WorldSize)).OrderByDescending(static group => group.Key.Source).ThenByDescending(static group => group.Key.DataType))
        {
            var errors = group.Select(time => Model.Predict(time.Work, parameters) / time.Microseconds - 1).ToArray();
            var sizes = errors.Select(Math.Abs).Order().ToArray();
            var fitted = group.Key switch
            {
                (Published.Vllm, "fp16", _) => "yes",
                (Published.Vllm, "bf16", 2) => "from 256 MiB, one parameter",
                _ => "no",
            };
            Row(output, $"{group.Key.Source}, {group.Key.DataType}, {group.Key.WorldSize} ranks", fitted, $"{errors.Length}", Percent(sizes[sizes.Length / 2]), Percent(sizes[sizes.Length * 9 / 10]), Percent(sizes[^1]), errors.Average().ToString("+0 %;−0 %", CultureInfo.InvariantCulture));
        }

        output.WriteLine();
    }

    /// <summary>Predictions, both with and without what peers lose in the first wave.</summary>
    public static void WritePredictions(
        TextWriter output, IReadOnlyDictionary<(string DataType, string Codec, int WorldSize), int> instructions, Parameters parameters, string dataType)
    {
        var without = parameters with { FirstWaveMicrosecondsPerMegabyte = 0 };
        output.WriteLine($"| predicted µs, {dataType} | {string.Join(" | ", Sizes.Select(static size => size.Name))} |\n|---|{string.Concat(Sizes.Select(static _ => "--:|"))}");
        foreach (var worldSize in new[] { 2, 4, 8 })
        {
            foreach (var codec in Work.Codecs)
            {
                Row(output, [$"{worldSize} ranks, {codec}", .. Sizes.Select(size =>
                {
                    var work = new Work(worldSize, codec, size.Bytes, instructions[(dataType, codec, worldSize)]);
                    var (least, most) = (Model.Predict(work, without), Model.Predict(work, parameters));
                    return most - least < 0.5 ? $"{least:0}" : $"{least:0}–{most:0}";
                })]);
            }
        }

        output.WriteLine();
    }

    private static string Percent(double value) => value.ToString("0 %", CultureInfo.InvariantCulture);

    private static void Row(TextWriter output, params IEnumerable<string> cells) => output.WriteLine("| " + string.Join(" | ", cells) + " |");
}
