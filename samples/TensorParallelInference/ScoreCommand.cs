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
        var worldSizes = Axis("--world-size", "Numbers of ranks.", Enum.GetValues<LlamaCollectives.WorldSize>().Select(static value => (int)value));
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
                var cases =
                    from worldSize in result.GetRequiredValue(worldSizes)
                    from dataType in result.GetRequiredValue(dataTypes)
                    from regime in result.GetRequiredValue(regimes)
                    select new AccuracyCase(dataType, (QuantRegime)regime, (int)SharedOptions.WorldSizeOf(worldSize));
                var outputs = new AccuracyOutputs(result.GetValue(json), result.GetValue(chart));
                var figures = await MeasureAsync(
                    result.GetRequiredValue(model), result.GetRequiredValue(text), result.GetValue(windows), [.. cases.Distinct()],
                    result.GetValue(device), cancellationToken);
                AccuracyTable.Print(figures);
                outputs.Write(figures, static file => Console.WriteLine("Wrote " + file + "."));
            },
            cancellationToken));
        return command;
    }

    private static async Task<IReadOnlyList<AccuracyFigure>> MeasureAsync(
        string modelDirectory, string text, int? mostWindows, IReadOnlyList<AccuracyCase> cases, DeviceKind device, CancellationToken cancellationToken)
    {
        if (mostWindows < 1)
        {
            throw new ArgumentException("--windows is 1 or more.");
        }

        var model = LlamaModel.Load(modelDirectory);
        var windows = ByteWindows.Read(text, model.Configuration.ContextLength, mostWindows);
        var study = new AccuracyStudy(model, windows, item => new LlamaRankGroup(
            item.DataType, (LlamaCollectives.Regime)item.Mode.Regime, (LlamaCollectives.WorldSize)item.WorldSize, device));
        return await StudyProgress.ShowAsync(progress => study.RunAsync(cases, progress, cancellationToken));
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
