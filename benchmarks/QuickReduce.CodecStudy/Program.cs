using System.CommandLine;
using System.Globalization;
using QuickReduce.Accuracy;
using QuickReduce.CodecStudy;

const int RecordedRanks = 8;
const int NormalElements = 1 << 16;

var windowsOption = new Option<int>("--windows") { Description = "Windows of the sample's text to score with each codec; 0 for the signal-to-noise alone.", DefaultValueFactory = static _ => 8 };
var codecOption = new Option<string?>("--codec") { Description = "Only the codecs whose names contain this." };
var command = new RootCommand(
    "Compares ways to quantise partial sums that QuickReduce does not have with those that it has: signal-to-noise of real partial sums of eight ranks, and predictions of the sample's model with as many. In simulation: accuracy and bytes, no speed.");
command.Options.Add(windowsOption);
command.Options.Add(codecOption);
command.SetAction(result => Run(result.GetValue(windowsOption), result.GetValue(codecOption) ?? string.Empty));
return command.Parse(args).Invoke();

static void Run(int windowCount, string name)
{
    var partialSums = ReadPartialSums(Path.Combine(AppContext.BaseDirectory, "data", "partials-tp8.safetensors"));
    var normal = NormalNumbers();
    var model = windowCount > 0 ? new ModelLoss(Path.Combine(AppContext.BaseDirectory, "model"), RecordedRanks, windowCount) : null;

    var format = CultureInfo.InvariantCulture;
    Console.WriteLine(model is null ? "Signal-to-noise alone" : string.Create(format, $"{windowCount} windows, full precision: {model.FullLoss:F4} nats per byte"));
    Console.WriteLine("| codec | own share | bits | SNR dB | normal, dB | more nats/byte | divergence, 10⁻³ nats |");
    Console.WriteLine("|---|---|--:|--:|--:|--:|--:|");
    foreach (var codec in Codecs.All.Where(codec => codec.Name.Contains(name, StringComparison.OrdinalIgnoreCase)))
    {
        foreach (var ownAsIs in new[] { false, true })
        {
            SimulatedRanks CreateRanks() => new(RecordedRanks, codec, ownAsIs);
            var (loss, divergence) = model?.Compare(CreateRanks) ?? default;
            var ofModel = model is null ? "– | –" : string.Create(format, $"{loss:+0.0000;-0.0000} | {1000 * divergence:F2}");
            Console.WriteLine(string.Create(
                format,
                $"| {codec.Name} | {(ownAsIs ? "as it is" : "quantised")} | {codec.BitsPerElement:0.##} | {Measures.SignalToNoise(partialSums, CreateRanks):F1} | {Measures.SignalToNoise(normal, CreateRanks):F1} | {ofModel} |"));
        }
    }
}

// What peers measure their codecs with: independent, of one deviation, rounded to the element type.
static float[][] NormalNumbers()
{
    var random = new Random(1);
    return [.. Enumerable.Range(0, RecordedRanks).Select(_ => Enumerable.Range(0, NormalElements)
        .Select(_ => (float)(Half)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())))
        .ToArray())];
}

static float[][] ReadPartialSums(string path)
{
    var tensors = SafeTensors.Read(path).Values.Select(static tensor => tensor.ToSingle()).ToList();
    return [.. Enumerable.Range(0, RecordedRanks).Select(rank => tensors
        .SelectMany(tensor => new ArraySegment<float>(tensor, rank * (tensor.Length / RecordedRanks), tensor.Length / RecordedRanks))
        .ToArray())];
}
