namespace QuickReduce.Benchmarks;

/// <summary>The all-reduce over in-process ranks: time per call, and traffic beside that of copying.</summary>
internal sealed class QuickAllReduce : IQuickSuite
{
    private static readonly long[] Sizes = [2 << 10, 64 << 10, 1 << 20, 32 << 20];

    private static readonly int[] WorldSizes = [2, 3, 4, 8];

    private static readonly AllReduceMode[] Modes =
    [
        QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4, new(QuantRegime.Int4, 16), new(QuantRegime.Int4, 16, ScaleFormat.SharedExponent),
    ];

    private const long MinBytesToCompare = 32 << 20;

    public string Name => "allreduce";

    public void Run(TextWriter output)
    {
        output.WriteLine("fp16, S bytes on each of N ranks. us per call: medians, called at once and per rank. GB/s is 2*N*S over the fastest");
        output.WriteLine("sample; share is the fastest copy of N*S bytes, on all processors, over that (for messages that leave the caches)");
        output.WriteLine(Quick.Head("", "at once", "per rank", "GB/s", "share"));
        foreach (var worldSize in WorldSizes)
        {
            foreach (var size in Sizes)
            {
                double? copy = worldSize * size >= MinBytesToCompare ? AllReduceWork.TimeCopy(worldSize * size).Best : null;
                foreach (var mode in Modes)
                {
                    output.WriteLine(Measure(worldSize, size, mode, AllReduceAlgorithm.TwoShot, inPlace: false, copy));
                    output.WriteLine(mode == QuantRegime.FP
                        ? Measure(worldSize, size, mode, AllReduceAlgorithm.TwoShot, inPlace: true, copy)
                        : Measure(worldSize, size, mode, AllReduceAlgorithm.OneShot, inPlace: false, copy));
                }
            }
        }
    }

    private static string Measure(int worldSize, long size, AllReduceMode mode, AllReduceAlgorithm algorithm, bool inPlace, double? copy)
    {
        using var work = new AllReduceWork(worldSize, size, inPlace, algorithm);
        var atOnce = work.TimeAtOnce(mode);
        var perRank = work.TimePerRank(mode);
        var best = Math.Min(atOnce.Best, perRank.Best);
        var name = KernelVariant.NameOf(mode) + (inPlace ? " in place" : algorithm == AllReduceAlgorithm.OneShot ? " one-shot" : "") + " N=" + worldSize + " S=" + (size >> 10) + " KB";
        var gigabytes = 2 * worldSize * size / best / 1e9;
        return copy is { } copied
            ? Quick.Row(name, atOnce.Median * 1e6, perRank.Median * 1e6, gigabytes, copied / best)
            : Quick.Row(name, atOnce.Median * 1e6, perRank.Median * 1e6, gigabytes);
    }
}
