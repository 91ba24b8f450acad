namespace QuickReduce.Benchmarks;

/// <summary>Codecs: gigabytes of 16-bit elements per second and core, beside what copying them gives.</summary>
internal sealed class QuickCodecs : IQuickSuite
{
    // One that stays in the caches, as a tile of an all-reduce does, and one that does not.
    private const long TileBytes = 256 << 10;
    private const long StreamBytes = 16 << 20;

    public string Name => "codecs";

    public void Run(TextWriter output)
    {
        output.WriteLine("GB/s of 16-bit elements, one thread, fastest of many short samples; of each of 4 ranks' rows where they are reduced (two-shot) or summed (one-shot)");
        output.WriteLine(Quick.Head("", "encode", "decode", "reduce x4", "sum x4", "copy"));
        foreach (var type in new[] { DataType.Float16, DataType.BFloat16 })
        {
            foreach (var regime in SpecializationRules.Regimes.Where(regime => regime != QuantRegime.FP).Reverse())
            {
                output.WriteLine(Measure(type, regime, TileBytes));
            }

            foreach (var mode in SpecializationRules.Modes.Where(mode => mode.Regime == QuantRegime.Int4 && mode != QuantRegime.Int4))
            {
                output.WriteLine(Measure(type, mode, TileBytes));
            }

            output.WriteLine(Measure(type, QuantRegime.Int4, StreamBytes));
        }
    }

    private static string Measure(DataType type, AllReduceMode mode, long messageBytes)
    {
        using var work = new CodecWork(type, mode, messageBytes);
        var gigabytes = work.MessageBytes / 1e9;
        return Quick.Row(
            new KernelVariant(type, mode, SpecializationRules.MaxWorldSize).UnitName + " " + (messageBytes >> 10) + " KB",
            gigabytes / Quick.FastestSeconds(work.Encode),
            gigabytes / Quick.FastestSeconds(work.Decode),
            4 * gigabytes / Quick.FastestSeconds(work.Reduce),
            4 * gigabytes / Quick.FastestSeconds(work.Sum),
            gigabytes / Quick.FastestSeconds(work.Copy));
    }
}
