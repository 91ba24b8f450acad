using System.CommandLine;
using QuickReduce;
using QuickReduce.Accuracy;
using QuickReduce.Accuracy.Reporting;

namespace TensorParallelInference;

/// <summary><c>score</c>: measures what every way to all-reduce costs in accuracy.</summary>
internal static class ScoreCommand
{
    public static Command Create()
    {
        var text = new Option<string>("--text")
        {
            Description = "UTF-8 text to score. Default: text that the sample's model was not trained on.",
            HelpName = "file",
            DefaultValueFactory = static _ => Path.Combine(SharedOptions.ModelDirectory, "validation.txt"),
        };
        var windows = new Option<int?>("--windows") { Description = "Score only the first so many windows, each as long as the model's context. Default: all." };
        var worldSizes = new Option<int[]>("--world-size")
        {
            Description = "Numbers of ranks. Several may follow. Default: all that there are kernels for; or as many as processes, if a launcher has started one per rank.",
            AllowMultipleArgumentsPerToken = true,
        };
        var regimes = Axis("--regime", "How partial sums travel between ranks.", Enum.GetValues<LlamaCollectives.Regime>());
        var dataTypes = Axis("--dtype", "What partial sums are rounded to.", SharedOptions.DataTypes);
        var json = new Option<string?>("--json") { Description = "Write the figures to this file.", HelpName = "file" };
        var chart = new Option<string?>("--chart") { Description = "Draw the figures to this file, .svg or .png.", HelpName = "file" };
        var model = SharedOptions.Model();
        var device = SharedOptions.Device();

        var command = new Command("score", "Measures nats per byte, and how often the likeliest next byte is that of full precision on one rank, for every data type, regime and number of ranks.")
        {
            text, windows, worldSizes, regimes, dataTypes, json, chart, model, device,
        };
        command.SetAction((result, cancellationToken) => CommandRunner.RunAsync(
            async () =>
            {
                var placement = new RankPlacement(result.GetValue(device));
                var cases =
                    from worldSize in WorldSizes(result.GetValue(worldSizes), placement)
                    from dataType in result.GetRequiredValue(dataTypes)
                    from regime in result.GetRequiredValue(regimes)
                    select new AccuracyCase(dataType, (QuantRegime)regime, (int)placement.WorldSizeOf(worldSize));
                var outputs = new AccuracyOutputs(result.GetValue(json), result.GetValue(chart));
                var study = Study(result.GetRequiredValue(model), result.GetRequiredValue(text), result.GetValue(windows), placement);
                AccuracyCase[] all = [.. cases.Distinct()];
                if (!placement.HasFirstRank)
                {
                    await study.TakePartAsync(all, cancellationToken);
                    return;
                }

                var figures = await StudyProgress.ShowAsync(progress => study.RunAsync(all, progress, cancellationToken));
                AccuracyTable.Print(figures);
                outputs.Write(figures, static file => Console.WriteLine("Wrote " + file + "."));
            },
            cancellationToken));
        return command;
    }

    private static IReadOnlyList<int> WorldSizes(int[]? chosen, RankPlacement placement) =>
        chosen is { Length: > 0 } ? chosen
        : placement.JobSize is { } processes ? [processes]
        : [.. Enum.GetValues<LlamaCollectives.WorldSize>().Select(static value => (int)value)];

    private static AccuracyStudy Study(string modelDirectory, string text, int? mostWindows, RankPlacement placement)
    {
        if (mostWindows < 1)
        {
            throw new ArgumentException("--windows is 1 or more.");
        }

        var model = LlamaModel.Load(modelDirectory);
        var windows = ByteWindows.Read(text, model.Configuration.ContextLength, mostWindows);
        return new AccuracyStudy(model, windows, item => placement.CreateGroup(
            item.DataType, (LlamaCollectives.Regime)item.Mode.Regime, (LlamaCollectives.WorldSize)item.WorldSize));
    }

    private static Option<T[]> Axis<T>(string name, string description, IEnumerable<T> all)
    {
        T[] values = [.. all];
        return new Option<T[]>(name)
        {
            Description = description + " Several may follow. Default: " + string.Join(", ", values) + ".",
            AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => values,
        };
    }
}
