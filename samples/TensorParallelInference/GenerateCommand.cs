using System.CommandLine;
using System.Diagnostics;
using System.Text;
using QuickReduce;
using QuickReduce.Accuracy;

namespace TensorParallelInference;

/// <summary><c>generate</c>: continues a prompt.</summary>
internal static class GenerateCommand
{
    private const int UsualWorldSize = 4;

    public static Command Create()
    {
        var prompt = new Option<string>("--prompt") { Description = "Text to continue.", DefaultValueFactory = static _ => "In the beginning" };
        var worldSize = new Option<int?>("--world-size") { Description = "Number of ranks. Default: 4, or as many processes as a launcher has started." };
        var regime = new Option<LlamaCollectives.Regime>("--regime") { Description = "How partial sums travel between ranks.", DefaultValueFactory = static _ => LlamaCollectives.Regime.Int4 };
        var dataType = new Option<DataType>("--dtype") { Description = "What partial sums are rounded to.", DefaultValueFactory = static _ => DataType.Float16 };
        var bytes = new Option<int>("--bytes") { Description = "Bytes to generate.", DefaultValueFactory = static _ => 400 };
        var temperature = new Option<double>("--temperature") { Description = "Spread of the draws: 0 always takes the likeliest byte.", DefaultValueFactory = static _ => 0.6 };
        var seed = new Option<int>("--seed") { Description = "Seed of the draws: the same seed, the same text.", DefaultValueFactory = static _ => 1 };
        var model = SharedOptions.Model();
        var device = SharedOptions.Device();

        var command = new Command("generate", "Continues a text, every rank computing its part of the model on a thread of its own; or in a process of its own, if a launcher starts one per rank.")
        {
            prompt, worldSize, regime, dataType, bytes, temperature, seed, model, device,
        };
        command.SetAction((result, cancellationToken) => CommandRunner.RunAsync(
            () => RunAsync(
                result.GetRequiredValue(prompt), result.GetValue(bytes), result.GetRequiredValue(model), result.GetValue(temperature), result.GetValue(seed),
                new RankPlacement(result.GetValue(device)),
                placement => placement.CreateGroup(result.GetValue(dataType), result.GetValue(regime), placement.WorldSizeOf(result.GetValue(worldSize) ?? placement.JobSize ?? UsualWorldSize)),
                cancellationToken),
            cancellationToken));
        return command;
    }

    private static async Task RunAsync(
        string prompt, int bytes, string modelDirectory, double temperature, int seed, RankPlacement placement,
        Func<RankPlacement, IRankGroup> createGroup, CancellationToken cancellationToken)
    {
        if (prompt.Length == 0)
        {
            throw new ArgumentException("--prompt is empty; the model needs something to continue.");
        }

        if (bytes < 1 || !double.IsFinite(temperature) || temperature < 0)
        {
            throw new ArgumentException("--bytes is 1 or more, and --temperature 0 or more.");
        }

        using var group = createGroup(placement);
        var generator = new TextGenerator(LlamaModel.Load(modelDirectory), temperature, seed);
        if (!placement.HasFirstRank)
        {
            await generator.RunAsync(group, Encoding.UTF8.GetBytes(prompt), bytes, static _ => { }, cancellationToken);
            return;
        }

        Console.Write(prompt);
        var start = Stopwatch.GetTimestamp();
        try
        {
            await generator.RunAsync(group, Encoding.UTF8.GetBytes(prompt), bytes, Console.Write, cancellationToken);
        }
        finally
        {
            Console.WriteLine();
        }

        await Console.Error.WriteLineAsync(string.Create(null, $"{bytes} bytes from {group.WorldSize} ranks, {bytes / Stopwatch.GetElapsedTime(start).TotalSeconds:N0} a second"));
    }
}
