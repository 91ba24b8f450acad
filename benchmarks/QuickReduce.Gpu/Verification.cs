namespace QuickReduce.Gpu;

/// <summary>
/// Runs every variant of a kernel set on the GPU, and compares each result, bit for bit, with the managed backend, which
/// computes it here and now.
/// </summary>
internal sealed class Verification(KernelSet kernels, IReadOnlyList<GpuDevice> devices, Watchdog watchdog, TextWriter output, int replays)
{
    private const int LargestCount = 1_000_003;
    private const int LargestBytes = LargestCount * sizeof(float);
    private const int Margin = 64;
    private const int ReplayedCount = 20_001;
    private const int ReplayedMessages = 7;
    private const int Rounds = 10;
    private const int CallsInARow = 60;

    private static readonly int[] Counts = [0, 1, 31, 32, 33, 2047, 2048, 2049, 16383, 16384, 16385, 40_001, LargestCount];

    /// <summary>Results that were compared so far.</summary>
    public int Compared { get; private set; }

    /// <summary>Results that were not what they should be.</summary>
    public int Wrong { get; private set; }

    /// <summary>Verifies everything.</summary>
    public void Run()
    {
        foreach (var algorithm in kernels.Variants.Where(variant => variant.WorldSize == devices.Count).Select(static variant => variant.Algorithm).Distinct())
        {
            watchdog.Begin($"load {algorithm} kernels of {devices.Count} ranks", null);
            using var ranks = new GpuRanks(kernels, devices, LargestBytes + 2 * Margin, algorithm);
            output.WriteLine($"{kernels.Name}, {algorithm}, {devices.Count} ranks on {string.Join(", ", devices.Distinct())}: {ranks.Group.WorkspaceBytesPerRank / 1024.0 / 1024:F1} MiB of workspaces each");
            foreach (var (variant, maxBlocks) in ranks.Group.LoadedVariants)
            {
                var (compared, wrong) = (Compared, Wrong);
                Sizes(ranks, variant);
                Replayed(ranks, variant, oneGraph: true);
                Replayed(ranks, variant, oneGraph: false);
                output.WriteLine($"  {variant,-44} {Compared - compared,6} results compared, {Wrong - wrong} wrong (at most {maxBlocks} blocks a rank)");
            }
        }

        InARow();
    }

    private void Sizes(GpuRanks ranks, KernelVariant variant)
    {
        var size = WireFormat.SizeOf(variant.DataType);
        var random = new Random(11);
        foreach (var count in Counts)
        {
            foreach (var (kind, make) in Messages.Kinds)
            {
                var messages = make(random, variant.DataType, ranks.Count, count);
                var expected = Messages.Expected(kernels, variant, messages);
                foreach (var (inPlace, inputShift, outputShift) in new[] { (false, 0, 0), (true, 0, 0), (false, size, 0), (false, 0, 3 * size), (true, 5 * size, 5 * size) })
                {
                    var call = $"{variant}, {count} elements, {kind}, {(inPlace ? "in place" : "out of place")}, input shifted by {inputShift} bytes, output by {outputShift}";
                    watchdog.Begin(call, ranks.Group);
                    for (var rank = 0; rank < ranks.Count; rank++)
                    {
                        ranks.Outputs[rank].Fill(0x5A, ranks.Streams[rank]);
                        ranks.Write(ranks.Inputs, rank, Margin + inputShift, messages[rank]);
                    }

                    ranks.AllReduce(variant, count, Margin + inputShift, Margin + outputShift, inPlace);
                    for (var rank = 0; rank < ranks.Count; rank++)
                    {
                        Compare(variant, expected, ranks.Read(inPlace ? ranks.Inputs : ranks.Outputs, rank, Margin + (inPlace ? inputShift : outputShift), count * size), call, rank);
                        if (!inPlace)
                        {
                            RequireUntouched(ranks, rank, Margin + outputShift - size, call);
                            RequireUntouched(ranks, rank, Margin + outputShift + count * size, call);
                        }
                    }
                }
            }
        }
    }

    /// <summary>One call captured and replayed, with other data every time.</summary>
    /// <param name="oneGraph">Whether the ranks' calls are branches of one graph, or a graph for each rank.</param>
    private void Replayed(GpuRanks ranks, KernelVariant variant, bool oneGraph)
    {
        var call = $"{variant}, {ReplayedCount} elements, {replays} replays of {(oneGraph ? "one graph" : "a graph for each rank")}";
        watchdog.Begin(call, ranks.Group);
        var random = new Random(12);
        var sets = Enumerable.Range(0, ReplayedMessages).Select(_ => Messages.Integers(random, variant.DataType, ranks.Count, ReplayedCount)).ToArray();
        var expected = sets.Select(set => Messages.Expected(kernels, variant, set)).ToArray();
        var graphs = oneGraph
            ? [GpuGraph.Capture(ranks.Streams, () => ranks.AllReduce(variant, ReplayedCount, Margin, Margin))]
            : Enumerable.Range(0, ranks.Count).Select(rank => GpuGraph.Capture(ranks.Streams[rank], () => ranks.AllReduce(rank, variant, ReplayedCount, Margin, Margin))).ToArray();
        try
        {
            for (var replay = 0; replay < replays; replay++)
            {
                for (var rank = 0; rank < ranks.Count; rank++)
                {
                    ranks.Write(ranks.Inputs, rank, Margin, sets[replay % ReplayedMessages][rank]);
                }

                watchdog.Begin(call + ", replay " + replay, ranks.Group);
                for (var graph = 0; graph < graphs.Length; graph++)
                {
                    graphs[graph].Launch(ranks.Streams[graph]);
                }

                ranks.Synchronize();
                for (var rank = 0; rank < ranks.Count; rank++)
                {
                    Compare(variant, expected[replay % ReplayedMessages], ranks.Read(ranks.Outputs, rank, Margin, expected[0].Length), call, rank);
                }
            }
        }
        finally
        {
            Array.ForEach(graphs, static graph => graph.Dispose());
        }

        RequireExactSums(variant, sets[0], expected[0], call);
    }

    /// <summary>
    /// Calls of all types, regimes and sizes, one after the other without a pause, each with its own memory and the
    /// algorithm that its size asks for.
    /// </summary>
    private void InARow()
    {
        watchdog.Begin("load all kernels of " + devices.Count + " ranks", null);
        using var ranks = new GpuRanks(kernels, devices, LargestBytes + 2 * Margin, algorithm: null);
        var random = new Random(13);
        var (compared, wrong) = (Compared, Wrong);
        var variants = ranks.Group.LoadedVariants.Select(static loaded => loaded.Variant).ToArray();
        for (var round = 0; round < Rounds; round++)
        {
            watchdog.Begin("calls in a row, round " + round, ranks.Group);
            var offset = 0L;
            List<(KernelVariant Variant, int Count, long Offset, byte[][] Messages)> calls = [];
            while (calls.Count < CallsInARow)
            {
                var asked = variants[random.Next(variants.Length)];
                var count = random.Next(3) == 0 ? random.Next(1, 300_000) : random.Next(1, 40_000);
                var bytes = count * WireFormat.SizeOf(asked.DataType);
                if (offset + bytes > LargestBytes)
                {
                    break;
                }

                var messages = Messages.Kinds[1].Make(random, asked.DataType, ranks.Count, count);
                for (var rank = 0; rank < ranks.Count; rank++)
                {
                    ranks.Write(ranks.Inputs, rank, offset, messages[rank]);
                }

                calls.Add((Chosen(variants, asked, bytes), count, offset, messages));
                offset += (bytes + sizeof(float) - 1) / sizeof(float) * sizeof(float);
            }

            calls.ForEach(call => ranks.AllReduce(call.Variant, call.Count, call.Offset, call.Offset));
            ranks.Synchronize();
            foreach (var (variant, count, start, messages) in calls)
            {
                var expected = Messages.Expected(kernels, variant, messages);
                for (var rank = 0; rank < ranks.Count; rank++)
                {
                    Compare(variant, expected, ranks.Read(ranks.Outputs, rank, start, expected.Length), $"{variant}, {count} elements, in a row, round {round}", rank);
                }
            }
        }

        output.WriteLine($"  calls of all variants in a row               {Compared - compared,6} results compared, {Wrong - wrong} wrong");
    }

    /// <summary>The variant that the size of a call chooses, told from the documented rule and not from the group.</summary>
    private static KernelVariant Chosen(KernelVariant[] variants, KernelVariant asked, int bytes)
    {
        AllReduceAlgorithm[] order = bytes <= DocumentedRule.OneShotMaxBytes(asked.WorldSize, asked.Regime)
            ? [AllReduceAlgorithm.OneShot, AllReduceAlgorithm.Direct, AllReduceAlgorithm.TwoShot]
            : [AllReduceAlgorithm.Direct, AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot];
        return variants
            .Where(variant => (variant.DataType, variant.Regime, variant.GroupSize) == (asked.DataType, asked.Regime, asked.GroupSize))
            .MinBy(variant => Array.IndexOf(order, variant.Algorithm));
    }

    private void Compare(KernelVariant variant, byte[] expected, byte[] actual, string call, int rank)
    {
        Compared++;
        if (!expected.AsSpan().SequenceEqual(actual))
        {
            Wrong++;
            var at = expected.AsSpan().CommonPrefixLength(actual) / WireFormat.SizeOf(variant.DataType);
            output.WriteLine($"WRONG: {call}: rank {rank} differs, first in element {at}: {Messages.Widen(variant.DataType, actual, at)}, expected {Messages.Widen(variant.DataType, expected, at)}");
        }
    }

    private void RequireUntouched(GpuRanks ranks, int rank, long offset, string call)
    {
        if (ranks.Read(ranks.Outputs, rank, offset, 2) is not [0x5A, 0x5A])
        {
            Wrong++;
            output.WriteLine($"WRONG: {call}: rank {rank} wrote outside of its output, at {offset - Margin}");
        }
    }

    // Full precision must add small integers exactly: an expectation that no backend had a part in.
    private void RequireExactSums(KernelVariant variant, byte[][] messages, byte[] expected, string call)
    {
        for (var i = 0; variant.Regime == QuantRegime.FP && i < ReplayedCount; i++)
        {
            var sum = messages.Sum(message => Messages.Widen(variant.DataType, message, i));
            if (sum != Messages.Widen(variant.DataType, expected, i))
            {
                Wrong++;
                output.WriteLine($"WRONG: {call}: element {i} is not the exact sum {sum}");
                return;
            }
        }
    }
}
