using System.CommandLine;
using System.Diagnostics;
using System.Text;
using QuickReduce;
using QuickReduce.Accuracy;

namespace TensorParallelInference;

/// <summary><c>generate</c>: continues a prompt.</summary>
internal static class GenerateCommand
{
    public static Command Create()
    {
        var prompt = new Option<string>("--prompt") { Description = "Text to continue.", DefaultValueFactory = static _ => "In the beginning" };
        var worldSize = new Option<int>("--world-size") { Description = "Number of ranks.", DefaultValueFactory = static _ => 4 };
        var regime = new Option<LlamaCollectives.Regime>("--regime") { Description = "How partial sums travel between ranks.", DefaultValueFactory = static _ => LlamaCollectives.Regime.Int4 };
        var dataType = new Option<DataType>("--dtype") { Description = "What partial sums are rounded to.", DefaultValueFactory = static _ => DataType.Float16 };
        var bytes = new Option<int>("--bytes") { Description = "Bytes to generate.", DefaultValueFactory = static _ => 400 };
        var temperature = new Option<double>("--temperature") { Description = "Spread of the draws: 0 always takes the likeliest byte.", DefaultValueFactory = static _ => 0.6 };
        var seed = new Option<int>("--seed") { Description = "Seed of the draws: the same seed, the same text.", DefaultValueFactory = static _ => 1 };
        var model = SharedOptions.Model();
        var device = SharedOptions.Device();

        var command = new Command("generate", "Continues a text, every rank computing its part of the model on a thread of its own.")
        {
            prompt, worldSize, regime, dataType, bytes, temperature, seed, model, device,
        };
        command.SetAction((result, cancellationToken) => CommandRunner.RunAsync(
            () => RunAsync(
                result.GetRequiredValue(prompt), result.GetValue(bytes), result.GetRequiredValue(model), result.GetValue(temperature), result.GetValue(seed),
                () => new LlamaRankGroup(result.GetValue(dataType), result.GetValue(regime), SharedOptions.WorldSizeOf(result.GetValue(worldSize)), result.GetValue(device)),
                cancellationToken),
            cancellationToken));
        return command;
    }

    private static async Task RunAsync(
        string prompt, int bytes, string modelDirectory, double temperature, int seed, Func<IRankGroup> createGroup, CancellationToken cancellationToken)
    {
        if (prompt.Length == 0)
        {
            throw new ArgumentException("--prompt is empty; the model needs something to continue.");
        }

        if (bytes < 1 || !double.IsFinite(temperature) || temperature < 0)
        {
            throw new ArgumentException("--bytes is 1 or more, and --temperature 0 or more.");
        }

        using var group = createGroup();
        var shards = LlamaShard.Split(LlamaModel.Load(modelDirectory), group.WorldSize);
        Console.Write(prompt);
        var start = Stopwatch.GetTimestamp();
        try
        {
            await new TextGenerator(shards, temperature, seed).RunAsync(group, Encoding.UTF8.GetBytes(prompt), bytes, Console.Write, cancellationToken);
        }
        finally
        {
            Console.WriteLine();
        }

        await Console.Error.WriteLineAsync(string.Create(null, $"{bytes} bytes from {group.WorldSize} ranks, {bytes / Stopwatch.GetElapsedTime(start).TotalSeconds:N0} a second"));
    }
}
