using System.CommandLine;
using System.Globalization;
using QuickReduce.Cli.CommandLine;
using Spectre.Console;

namespace QuickReduce.Cli.Bench.Compare;

/// <summary>Compares two files of results.</summary>
internal static class CompareCommand
{
    private const double DefaultThreshold = 10;

    public static Command Create()
    {
        var before = new Argument<string>("base") { Description = "Results to compare with: a file that bench --json has written." };
        var after = new Argument<string>("new") { Description = "Results to compare." };
        var threshold = new Option<double>("--threshold")
        {
            Description = "Percent that a time may grow by, beyond the spread of both measurements.",
            DefaultValueFactory = static _ => DefaultThreshold,
            HelpName = "percent",
        };
        threshold.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<double>() is not (>= 0 and < 1e6))
            {
                result.AddError("--threshold is a number of percent, not negative.");
            }
        });
        var json = CommandOutput.CreateJsonOption();
        var command = new ExampleCommand(
            "compare",
            "Compares two files of results: the ratio of the medians, and whether it is more than noise, that is, whether the ranges from the tenth to the ninetieth percentile are apart. "
            + "Exits with 4 if anything is slower beyond the threshold, or is no longer bit-identical; with 1 if the files have no record in common.",
            "quickreduce bench compare before.json after.json",
            "quickreduce bench compare before.json after.json --threshold 3",
            "quickreduce bench compare before.json after.json --json") { before, after, threshold, json };
        command.SetAction(result => Run(result.GetValue(before)!, result.GetValue(after)!, result.GetValue(threshold), result.GetValue(json)));
        return command;
    }

    private static int Run(string before, string after, double threshold, bool asJson)
    {
        Comparison comparison;
        try
        {
            comparison = Comparison.Of(ResultsFile.Read(before), ResultsFile.Read(after), threshold);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return CommandOutput.Fail(failure.Message);
        }

        if (comparison.Records.Count == 0)
        {
            return CommandOutput.Fail($"'{before}' and '{after}' have no record in common: device, dtype, regime, worldSize and bytes have to be equal.", ExitCode.Missing);
        }

        if (!comparison.SameMachine)
        {
            CommandOutput.Note("the files are of different machines, or ranks were spread differently: ratios say little.");
        }

        if (asJson)
        {
            CommandOutput.WriteJson(comparison, ReportJson.Default.Comparison);
        }
        else
        {
            Write(CommandOutput.CreateConsole(), comparison);
        }

        return comparison.Records.Any(static record => record.Verdict is Verdict.Slower or Verdict.Wrong) ? ExitCode.CheckFailed : ExitCode.Success;
    }

    private static void Write(IAnsiConsole console, Comparison comparison)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var (name, isNumber) in new[]
        {
            ("device", false), ("dtype", false), ("ranks", true), ("regime", false), ("algorithm", false), ("size", true),
            ("base µs", true), ("new µs", true), ("new / base", true), ("verdict", false),
        })
        {
            table.AddColumn(new TableColumn(name) { NoWrap = true, Alignment = isNumber ? Justify.Right : Justify.Left });
        }

        foreach (var record in comparison.Records)
        {
            table.AddRow(
                new Text(record.Device),
                new Text(record.Dtype),
                new Text(record.WorldSize.ToString(CultureInfo.InvariantCulture)),
                new Text(record.Regime),
                new Text(record.Algorithm),
                new Text(MessageSize.Describe(record.Bytes)),
                new Text(BenchTable.Number(record.BaseMicroseconds)),
                new Text(BenchTable.Number(record.NewMicroseconds)),
                new Text(record.Ratio.ToString("F3", CultureInfo.InvariantCulture)),
                Describe(record));
        }

        console.Write(table);
        console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{comparison.Records.Count} compared: {Count(Verdict.Faster)} faster, {Count(Verdict.Slower)} slower, {Count(Verdict.Same)} the same; geometric mean of the ratios {comparison.GeometricMeanRatio:F3}."));
        if (Count(Verdict.Wrong) is > 0 and var wrong)
        {
            console.WriteLine($"{wrong} no longer bit-identical.");
        }

        if (comparison.OnlyInBase + comparison.OnlyInNew > 0)
        {
            console.WriteLine($"Only in the first file: {comparison.OnlyInBase}; only in the second: {comparison.OnlyInNew}.");
        }

        int Count(Verdict verdict) => comparison.Records.Count(record => record.Verdict == verdict);
    }

    private static Text Describe(ComparedRecord record) => record.Verdict switch
    {
        Verdict.Faster => new Text("faster", new Style(Color.Green)),
        Verdict.Slower => new Text("SLOWER", new Style(Color.Red)),
        Verdict.Wrong => new Text("WRONG RESULT", new Style(Color.Red)),
        _ => new Text(record.WithinNoise ? "same, within noise" : "same, within threshold", new Style(Color.Grey)),
    };
}
