namespace QuickReduce.Benchmarks;

/// <summary>Codecs: gigabytes of 16-bit elements per second and core, beside what copying them gives.</summary>
internal sealed class QuickCodecs : IQuickSuite
{
    // One that stays in the caches, as a tile of an all-reduce does, and one that does not.
    private static readonly long[] MessageSizes = [256 << 10, 16 << 20];

    public string Name => "codecs";

    public void Run(TextWriter output)
    {
        output.WriteLine("GB/s of 16-bit elements, one thread; reduce: of each of 4 ranks' rows");
        output.WriteLine(Quick.Head("", "encode", "decode", "reduce x4", "copy"));
        foreach (var messageBytes in MessageSizes)
        {
            foreach (var type in Enum.GetValues<DataType>())
            {
                foreach (var regime in new[] { QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4 })
                {
                    output.WriteLine(Measure(type, regime, messageBytes));
                }
            }
        }
    }

    private static string Measure(DataType type, QuantRegime regime, long messageBytes)
    {
        using var work = new CodecWork(type, regime, messageBytes);
        var gigabytes = work.MessageBytes / 1e9;
        return Quick.Row(
            KernelVariant.NameOf(type) + " " + KernelVariant.NameOf(regime) + " " + (messageBytes >> 10) + " KB",
            gigabytes / Quick.MedianSeconds(work.Encode),
            gigabytes / Quick.MedianSeconds(work.Decode),
            4 * gigabytes / Quick.MedianSeconds(work.Reduce),
            gigabytes / Quick.MedianSeconds(work.Copy));
    }
}
