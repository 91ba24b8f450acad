using System.Diagnostics;

namespace QuickReduce.Gpu;

/// <summary>
/// Makes ranks fail on real devices: kernels that wait for a rank that never calls, or for another call than was made,
/// must be released by the host, and the group must work again after a reset.
/// </summary>
internal sealed class Faults(KernelSet kernels, IReadOnlyList<GpuDevice> devices, Watchdog watchdog, TextWriter output)
{
    private const int Count = 3_000_001;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(300);

    /// <summary>Tries every fault with each algorithm.</summary>
    /// <returns>Whether each ended as it must.</returns>
    public bool Run()
    {
        var right = true;
        foreach (var algorithm in kernels.Variants.Where(variant => variant.WorldSize == devices.Count).Select(static variant => variant.Algorithm).Distinct())
        {
            watchdog.Begin($"faults of {algorithm}", null);
            using var ranks = new GpuRanks(kernels, devices, Count * sizeof(ushort), algorithm, Patience);
            var variant = ranks.Group.LoadedVariants.Select(static loaded => loaded.Variant)
                .First(variant => variant.DataType == DataType.Float16 && variant.Regime == (algorithm == AllReduceAlgorithm.Direct ? QuantRegime.FP : QuantRegime.Int4));
            right &= Try<RankTimeoutException>(ranks, variant, "the last rank does not call", () =>
            {
                for (var rank = 0; rank < ranks.Count - 1; rank++)
                {
                    ranks.AllReduce(rank, variant, Count, 0, 0);
                }

                Thread.Sleep(3 * Patience);
                ranks.AllReduce(ranks.Count - 1, variant, Count, 0, 0);
            });
            right &= Try<RankTimeoutException>(ranks, variant, "the first rank leaves out its third call of four", () =>
            {
                for (var call = 0; call < 4; call++)
                {
                    for (var rank = call == 2 ? 1 : 0; rank < ranks.Count; rank++)
                    {
                        ranks.AllReduce(rank, variant, Count, 0, 0);
                    }
                }

                ranks.Group.Synchronize(Patience);
            });
            right &= Try<RankMismatchException>(ranks, variant, "the last rank passes another length", () =>
            {
                for (var rank = 0; rank < ranks.Count; rank++)
                {
                    ranks.AllReduce(rank, variant, rank < ranks.Count - 1 ? Count : Count / 2, 0, 0);
                }
            });
        }

        return right;
    }

    private bool Try<TException>(GpuRanks ranks, KernelVariant variant, string fault, Action make)
        where TException : QuickReduceException
    {
        watchdog.Begin($"{variant}: {fault}", ranks.Group);
        var random = new Random(21);
        var messages = Enumerable.Range(0, ranks.Count).Select(_ => Messages.Moderate(random, variant.DataType, Count)).ToArray();
        for (var rank = 0; rank < ranks.Count; rank++)
        {
            ranks.Write(ranks.Inputs, rank, 0, messages[rank]);
        }

        string outcome;
        try
        {
            make();
            outcome = "NOTHING WAS THROWN";
        }
        catch (TException exception)
        {
            outcome = exception.GetType().Name;
        }
        catch (QuickReduceException exception)
        {
            outcome = "ANOTHER " + exception;
        }

        var start = Stopwatch.GetTimestamp();
        ranks.Group.Reset();
        var reset = Stopwatch.GetElapsedTime(start);
        ranks.AllReduce(variant, Count, 0, 0);
        ranks.Synchronize();
        var expected = Messages.Expected(kernels, variant, messages);
        var works = Enumerable.Range(0, ranks.Count).All(rank => expected.AsSpan().SequenceEqual(ranks.Read(ranks.Outputs, rank, 0, expected.Length)));
        output.WriteLine($"  {variant}: {fault}: {outcome}, reset in {reset.TotalMilliseconds:F0} ms, then {(works ? "right" : "WRONG")}");
        return works && outcome == typeof(TException).Name;
    }
}
