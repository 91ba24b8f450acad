using QuickStart;

namespace QuickReduce.Benchmarks;

/// <summary>What the formats cost: decibels of signal to noise against exact sums, for every width, group size and scale format.</summary>
internal sealed class QuickLoss : IQuickSuite
{
    private const int WorldSize = 8;
    private const int Count = 1 << 17;

    public string Name => "loss";

    public void Run(TextWriter output)
    {
        var partialSums = FindData() is { } data ? PartialSums.Load(data) : null;
        foreach (var modes in SpecializationRules.Modes.Where(mode => mode.Regime != QuantRegime.FP).GroupBy(mode => (mode.ScaleFormat, mode.GroupSize)).OrderBy(modes => modes.Key))
        {
            var shared = modes.Key.ScaleFormat == ScaleFormat.SharedExponent ? " with shared exponents" : "";
            output.WriteLine("dB, fp16, groups of " + modes.Key.GroupSize + shared + "; all-reduces over 8 ranks");
            output.WriteLine(Quick.Head("", "bits", "once", "one-shot", "two-shot", "real, one", "real, two"));
            foreach (var mode in modes)
            {
                output.WriteLine(Measure(new KernelVariant(DataType.Float16, mode, WorldSize), partialSums));
            }
        }
    }

    private static string Measure(KernelVariant twoShot, PartialSums? partialSums)
    {
        var oneShot = twoShot with { Algorithm = AllReduceAlgorithm.OneShot };
        var gaussian = Gaussian();

        // One rank's message beside a zero one: what comes out of one shot is the message, quantised once.
        var alone = SignalToNoise(oneShot with { WorldSize = 2 }, [gaussian[0], new Half[Count]]);
        var row = new List<double> { WireFormat.Of(twoShot).BitsPerElement, alone, SignalToNoise(oneShot, gaussian), SignalToNoise(twoShot, gaussian) };
        if (partialSums?.ForWorldSize(WorldSize, value => (Half)value) is { } real)
        {
            row.Add(SignalToNoise(oneShot, real));
            row.Add(SignalToNoise(twoShot, real));
        }

        return Quick.Row(KernelVariant.NameOf(twoShot.Regime), [.. row]);
    }

    private static Half[][] Gaussian()
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, WorldSize).Select(_ => Enumerable.Range(0, Count)
            .Select(_ => (Half)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))).ToArray())];
    }

    private static double SignalToNoise(KernelVariant variant, Half[][] messages)
    {
        using var group = AllReduceGroup.Create(new KernelSet("QuickReduce.Benchmarks.Loss", [variant], []), variant.WorldSize);
        var outputs = messages.Select(message => new Half[message.Length]).ToArray();
        group.AllReduce<Half>(
            variant.Mode,
            messages.Select(message => (ReadOnlyMemory<Half>)message).ToArray(),
            outputs.Select(output => (Memory<Half>)output).ToArray());
        double signal = 0, noise = 0;
        for (var i = 0; i < outputs[0].Length; i++)
        {
            var exact = messages.Sum(message => (double)message[i]);
            var error = (double)outputs[0][i] - exact;
            signal += exact * exact;
            noise += error * error;
        }

        return 10 * Math.Log10(signal / noise);
    }

    private static string? FindData()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            var data = Path.Combine(directory.FullName, "samples", "QuickStart", "data", "partials-tp8.safetensors");
            if (File.Exists(data))
            {
                return data;
            }
        }

        return null;
    }
}
