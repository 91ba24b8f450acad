namespace QuickReduce.Benchmarks;

/// <summary>The all-reduce over in-process ranks: time per call, and traffic beside that of copying.</summary>
internal sealed class QuickAllReduce : IQuickSuite
{
    private static readonly long[] Sizes = [2 << 10, 64 << 10, 1 << 20, 32 << 20];

    public string Name => "allreduce";

    public void Run(TextWriter output)
    {
        output.WriteLine("fp16, S bytes on each of N ranks. us per call, called at once and per rank; GB/s is 2*N*S over the better of them;");
        output.WriteLine("share is the time to copy N*S bytes on all processors over that of the all-reduce");
        output.WriteLine(Quick.Head("", "at once", "per rank", "GB/s", "share"));
        foreach (var worldSize in KernelVariant.SupportedWorldSizes)
        {
            foreach (var size in Sizes)
            {
                var copy = AllReduceWork.MedianSecondsToCopy(worldSize * size);
                foreach (var regime in Enum.GetValues<QuantRegime>())
                {
                    output.WriteLine(Measure(worldSize, size, regime, inPlace: false, copy));
                    if (regime == QuantRegime.FP)
                    {
                        output.WriteLine(Measure(worldSize, size, regime, inPlace: true, copy));
                    }
                }
            }
        }
    }

    private static string Measure(int worldSize, long size, QuantRegime regime, bool inPlace, double copy)
    {
        using var work = new AllReduceWork(worldSize, size, inPlace);
        var atOnce = Quick.MedianSeconds(() => work.AtOnce(regime));
        var perRank = work.MedianSecondsPerRank(regime);
        var best = Math.Min(atOnce, perRank);
        return Quick.Row(
            KernelVariant.NameOf(regime) + (inPlace ? " in place" : "") + " N=" + worldSize + " S=" + (size >> 10) + " KB",
            atOnce * 1e6, perRank * 1e6, 2 * worldSize * size / best / 1e9, copy / best);
    }
}
