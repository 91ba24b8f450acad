namespace QuickReduce.Benchmarks;

/// <summary>Codecs: gigabytes of 16-bit elements per second and core, beside what copying them gives.</summary>
internal sealed class QuickCodecs : IQuickSuite
{
    private const long MessageBytes = 16 << 20;

    public string Name => "codecs";

    public void Run(TextWriter output)
    {
        output.WriteLine("GB/s of 16-bit elements, 16 MB message, one thread; reduce: of each of 4 ranks' rows");
        output.WriteLine(Quick.Head("", "encode", "decode", "reduce x4", "copy"));
        foreach (var type in Enum.GetValues<DataType>())
        {
            foreach (var regime in new[] { QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4 })
            {
                using var work = new CodecWork(type, regime, MessageBytes);
                var gigabytes = work.MessageBytes / 1e9;
                output.WriteLine(Quick.Row(
                    KernelVariant.NameOf(type) + " " + KernelVariant.NameOf(regime),
                    gigabytes / Quick.MedianSeconds(work.Encode),
                    gigabytes / Quick.MedianSeconds(work.Decode),
                    4 * gigabytes / Quick.MedianSeconds(work.Reduce),
                    gigabytes / Quick.MedianSeconds(work.Copy)));
            }
        }
    }
}
