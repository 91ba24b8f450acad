using System.CommandLine;
using System.Globalization;
using QuickReduce.Accuracy;
using QuickReduce.CodecStudy;

const int RecordedRanks = 8;

var windowsOption = new Option<int>("--windows") { Description = "Windows of the sample's text to score with each codec.", DefaultValueFactory = static _ => 8 };
var codecOption = new Option<string?>("--codec") { Description = "Only the codecs whose names contain this." };
var command = new RootCommand(
    "Compares ways to quantise partial sums that QuickReduce does not have with those that it has: signal-to-noise of real partial sums of eight ranks, and predictions of the sample's model with as many. In simulation: accuracy and bytes, no speed.");
command.Options.Add(windowsOption);
command.Options.Add(codecOption);
command.SetAction(result => Run(result.GetValue(windowsOption), result.GetValue(codecOption) ?? string.Empty));
return command.Parse(args).Invoke();

static void Run(int windowCount, string name)
{
    var model = LlamaModel.Load(Path.Combine(AppContext.BaseDirectory, "model"));
    var windows = ByteWindows.Read(Path.Combine(AppContext.BaseDirectory, "model", "validation.txt"), model.Configuration.ContextLength, windowCount);
    var shards = LlamaShard.Split(model, RecordedRanks);
    var partialSums = ReadPartialSums(Path.Combine(AppContext.BaseDirectory, "data", "partials-tp8.safetensors"));
    var full = Measures.LogProbabilities(shards, windows, static () => new SimulatedRanks(RecordedRanks, codec: null, ownAsIs: false));
    var loss = Measures.Loss(full, windows);

    var format = CultureInfo.InvariantCulture;
    Console.WriteLine(string.Create(format, $"{windows.Count} windows, full precision: {loss:F4} nats per byte"));
    Console.WriteLine("| codec | own share | bits | SNR dB | more nats/byte | divergence, 10⁻³ nats |");
    Console.WriteLine("|---|---|--:|--:|--:|--:|");
    foreach (var codec in Codecs.All.Where(codec => codec.Name.Contains(name, StringComparison.OrdinalIgnoreCase)))
    {
        foreach (var ownAsIs in new[] { false, true })
        {
            SimulatedRanks CreateRanks() => new(RecordedRanks, codec, ownAsIs);
            var predictions = Measures.LogProbabilities(shards, windows, CreateRanks);
            Console.WriteLine(string.Create(
                format,
                $"| {codec.Name} | {(ownAsIs ? "as it is" : "quantised")} | {codec.BitsPerElement:0.##} | {Measures.SignalToNoise(partialSums, CreateRanks):F1} | {Measures.Loss(predictions, windows) - loss:+0.0000;-0.0000} | {1000 * Measures.Divergence(full, predictions, windows):F2} |"));
        }
    }
}

static float[][] ReadPartialSums(string path)
{
    var tensors = SafeTensors.Read(path).Values.Select(static tensor => tensor.ToSingle()).ToList();
    return [.. Enumerable.Range(0, RecordedRanks).Select(rank => tensors
        .SelectMany(tensor => new ArraySegment<float>(tensor, rank * (tensor.Length / RecordedRanks), tensor.Length / RecordedRanks))
        .ToArray())];
}
