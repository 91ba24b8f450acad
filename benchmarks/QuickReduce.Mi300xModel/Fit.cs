namespace QuickReduce.Mi300xModel;

/// <summary>
/// Finds the model's six parameters, each from the part of vLLM's table in which it shows. Everything else is left out, to validate
/// with: bf16 over four ranks, and all of mk1's table, among it eight ranks.
/// </summary>
internal static class Fit
{
    private const long ShortMessage = 32 << 10;
    private const long LongMessage = 256 << 20;
    private const int Rounds = 4;

    public static Parameters Of(IReadOnlyList<PublishedTime> published)
    {
        var vllm = published.Where(static time => time.Source == Published.Vllm).ToArray();
        var fp16 = vllm.Where(static time => time.DataType == "fp16").ToArray();
        var (two, four) = (Latency(fp16, 2, "FP"), Latency(fp16, 4, "FP"));
        var perRank = (four.Microseconds - two.Microseconds) / 2;

        // Quantised kernels differ from the full precision one, in short messages, by their instructions alone.
        var perInstruction = (from worldSize in new[] { 2, 4 }
                              from codec in Work.Codecs.Skip(1)
                              let plain = Latency(fp16, worldSize, "FP")
                              let quantized = Latency(fp16, worldSize, codec)
                              select (quantized.Microseconds - plain.Microseconds) / (quantized.Instructions - plain.Instructions)).Average() * 1e3;
        var parameters = new Parameters(
            two.Microseconds - perRank * 2 - perInstruction * two.Instructions / 1e3, perRank, perInstruction, 44, 1.5, 8);

        var longFp16 = fp16.Where(static time => time.Work.Bytes >= LongMessage).ToArray();
        var longBf16OfTwo = vllm.Where(static time => time is { DataType: "bf16", Work: { WorldSize: 2, Bytes: >= LongMessage } }).ToArray();
        var firstWave = fp16.Where(static time => time.Work is { WorldSize: 4, Bytes: >= 1 << 20 and <= 64 << 20 }).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            parameters = parameters with { LinkGigabytesPerSecond = Least(30, 64, 0.1, value => Error(longFp16, parameters with { LinkGigabytesPerSecond = value })) };
            parameters = parameters with { Overlap = Least(1, 6, 0.05, value => Error(longBf16OfTwo, parameters with { Overlap = value })) };
            parameters = parameters with
            {
                FirstWaveMicrosecondsPerMegabyte = Least(0, 30, 0.1, value => Error(firstWave, parameters with { FirstWaveMicrosecondsPerMegabyte = value })),
            };
        }

        return parameters;
    }

    private static (double Microseconds, double Instructions) Latency(PublishedTime[] times, int worldSize, string codec)
    {
        var found = times.Where(time => time.Work.WorldSize == worldSize && time.Work.Codec == codec && time.Work.Bytes <= ShortMessage).ToArray();
        return (found.Average(static time => time.Microseconds), found[0].Work.VectorInstructions);
    }

    private static double Error(PublishedTime[] times, Parameters parameters) =>
        times.Sum(time => Math.Abs(Model.Predict(time.Work, parameters) / time.Microseconds - 1));

    private static double Least(double first, double last, double step, Func<double, double> cost) =>
        Enumerable.Range(0, (int)Math.Round((last - first) / step) + 1).Select(index => first + index * step).MinBy(cost);
}
