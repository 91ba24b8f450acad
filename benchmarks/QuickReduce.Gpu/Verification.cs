namespace QuickReduce.Gpu;

/// <summary>
/// Runs every variant on the GPU, and compares each result, bit for bit, with the managed backend, which computes it here
/// and now.
/// </summary>
internal sealed class Verification(IReadOnlyList<GpuDevice> devices, Watchdog watchdog, TextWriter output)
{
    private const int LargestCount = 1_000_003;
    private const int Margin = 64;
    private const int Replays = 1000;
    private const int ReplayedCount = 20_001;
    private const int ReplayedMessages = 7;
    private const int CallsInARow = 60;

    private static readonly int[] Counts = [0, 1, 31, 32, 33, 2047, 2048, 2049, 16383, 16384, 16385, 40_001, LargestCount];

    private int _compared;
    private int _wrong;

    /// <summary>Verifies everything.</summary>
    /// <returns>Whether all was right.</returns>
    public bool Run()
    {
        var worldSize = devices.Count;
        watchdog.Begin("load kernels of " + worldSize + " ranks", null);
        using var ranks = new VirtualRanks(devices, LargestCount * sizeof(ushort) + 2 * Margin);
        output.WriteLine($"{worldSize} ranks on {string.Join(", ", devices.Distinct())}: {ranks.Group.WorkspaceBytesPerRank / 1024.0 / 1024:F1} MiB of workspaces each");
        foreach (var variant in GpuKernels.Kernels.Variants.Where(variant => variant.WorldSize == worldSize))
        {
            var (compared, wrong) = (_compared, _wrong);
            Sizes(ranks, variant);
            Replayed(ranks, variant, oneGraph: true);
            Replayed(ranks, variant, oneGraph: false);
            output.WriteLine($"  {variant,-28} {_compared - compared,6} results compared, {_wrong - wrong} wrong (at most {ranks.Group.MaxBlocks(variant.DataType, variant.Regime)} blocks a rank)");
        }

        InARow(ranks);
        output.WriteLine($"{worldSize} ranks: {_compared} results of whole messages compared bit for bit, {_wrong} wrong");
        return _wrong == 0;
    }

    private void Sizes(VirtualRanks ranks, KernelVariant variant)
    {
        var random = new Random(HashCode.Combine(11, variant));
        foreach (var count in Counts)
        {
            foreach (var (kind, make) in Messages.Kinds)
            {
                var messages = make(random, variant.DataType, ranks.Count, count);
                var expected = Messages.Expected(variant.DataType, variant.Regime, messages);
                foreach (var (inPlace, inputShift, outputShift) in new[] { (false, 0, 0), (true, 0, 0), (false, 2, 0), (false, 0, 6), (true, 10, 10) })
                {
                    var call = $"{variant}, {count} elements, {kind}, {(inPlace ? "in place" : "out of place")}, input shifted by {inputShift} bytes, output by {outputShift}";
                    watchdog.Begin(call, ranks.Group);
                    var results = inPlace ? ranks.Inputs : ranks.Outputs;
                    var resultOffset = inPlace ? inputShift : outputShift;
                    for (var rank = 0; rank < ranks.Count; rank++)
                    {
                        ranks.Outputs[rank].Fill(0x5A, ranks.Streams[rank]);
                        ranks.Write(ranks.Inputs, rank, Margin + inputShift, messages[rank]);
                    }

                    ranks.AllReduce(variant.DataType, variant.Regime, count, Margin + inputShift, Margin + outputShift, inPlace);
                    for (var rank = 0; rank < ranks.Count; rank++)
                    {
                        Compare(expected, ranks.Read(results, rank, Margin + resultOffset, count), call, rank);
                        if (!inPlace)
                        {
                            RequireUntouched(ranks, rank, Margin + outputShift - 2, call);
                            RequireUntouched(ranks, rank, Margin + outputShift + count * sizeof(ushort), call);
                        }
                    }
                }
            }
        }
    }

    /// <summary>One call captured and replayed a thousand times, with other data every time.</summary>
    /// <param name="oneGraph">Whether the ranks' calls are branches of one graph, or a graph for each rank.</param>
    private void Replayed(VirtualRanks ranks, KernelVariant variant, bool oneGraph)
    {
        var call = $"{variant}, {ReplayedCount} elements, {Replays} replays of {(oneGraph ? "one graph" : "a graph for each rank")}";
        watchdog.Begin(call, ranks.Group);
        var random = new Random(HashCode.Combine(12, variant));
        var sets = Enumerable.Range(0, ReplayedMessages).Select(_ => Messages.Integers(random, variant.DataType, ranks.Count, ReplayedCount)).ToArray();
        var expected = sets.Select(set => Messages.Expected(variant.DataType, variant.Regime, set)).ToArray();
        var graphs = oneGraph
            ? [GpuGraph.Capture(ranks.Streams, () => ranks.AllReduce(variant.DataType, variant.Regime, ReplayedCount, Margin, Margin))]
            : Enumerable.Range(0, ranks.Count).Select(rank => GpuGraph.Capture(ranks.Streams[rank], () => ranks.Group[rank].AllReduce(
                variant.DataType, ranks.Inputs[rank].Handle + Margin, ranks.Outputs[rank].Handle + Margin, ReplayedCount, variant.Regime, ranks.Streams[rank].Handle))).ToArray();
        try
        {
            for (var replay = 0; replay < Replays; replay++)
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
                    Compare(expected[replay % ReplayedMessages], ranks.Read(ranks.Outputs, rank, Margin, ReplayedCount), call, rank);
                }
            }
        }
        finally
        {
            Array.ForEach(graphs, static graph => graph.Dispose());
        }

        RequireExactSums(variant, sets[0], expected[0], call);
    }

    /// <summary>Calls of all variants and sizes, one after the other without a pause, each with its own memory.</summary>
    private void InARow(VirtualRanks ranks)
    {
        var random = new Random(13);
        var variants = GpuKernels.Kernels.Variants.Where(variant => variant.WorldSize == ranks.Count).ToArray();
        for (var round = 0; round < 10; round++)
        {
            watchdog.Begin("calls in a row, round " + round, ranks.Group);
            var offset = 0L;
            List<(KernelVariant Variant, int Count, long Offset, ushort[][] Messages)> calls = [];
            while (calls.Count < CallsInARow)
            {
                var count = random.Next(3) == 0 ? random.Next(1, 300_000) : random.Next(1, 40_000);
                if (offset + count * sizeof(ushort) > LargestCount * sizeof(ushort))
                {
                    break;
                }

                var variant = variants[random.Next(variants.Length)];
                var messages = Messages.Kinds[1].Make(random, variant.DataType, ranks.Count, count);
                for (var rank = 0; rank < ranks.Count; rank++)
                {
                    ranks.Write(ranks.Inputs, rank, offset, messages[rank]);
                }

                calls.Add((variant, count, offset, messages));
                offset += count * sizeof(ushort);
            }

            foreach (var (variant, count, start, _) in calls)
            {
                ranks.AllReduce(variant.DataType, variant.Regime, count, start, start);
            }

            ranks.Synchronize();
            foreach (var (variant, count, start, messages) in calls)
            {
                var expected = Messages.Expected(variant.DataType, variant.Regime, messages);
                for (var rank = 0; rank < ranks.Count; rank++)
                {
                    Compare(expected, ranks.Read(ranks.Outputs, rank, start, count), $"{variant}, {count} elements, in a row, round {round}", rank);
                }
            }
        }
    }

    private void Compare(ushort[] expected, ushort[] actual, string call, int rank)
    {
        _compared++;
        if (!expected.AsSpan().SequenceEqual(actual))
        {
            _wrong++;
            var at = expected.AsSpan().CommonPrefixLength(actual);
            var many = expected.Zip(actual).Count(static pair => pair.First != pair.Second);
            output.WriteLine($"WRONG: {call}: rank {rank} differs in {many} elements, first at {at}: {actual[at]:x4}, expected {expected[at]:x4}");
        }
    }

    private void RequireUntouched(VirtualRanks ranks, int rank, long offset, string call)
    {
        if (ranks.Read(ranks.Outputs, rank, offset, 1)[0] != 0x5A5A)
        {
            _wrong++;
            output.WriteLine($"WRONG: {call}: rank {rank} wrote outside of its output, at {offset - Margin}");
        }
    }

    // Full precision must add small integers exactly: an expectation that no backend had a part in.
    private void RequireExactSums(KernelVariant variant, ushort[][] messages, ushort[] expected, string call)
    {
        if (variant.Regime != QuantRegime.FP)
        {
            return;
        }

        for (var i = 0; i < expected.Length; i++)
        {
            var sum = messages.Sum(message => Widen(variant.DataType, message[i]));
            if (sum != Widen(variant.DataType, expected[i]))
            {
                _wrong++;
                output.WriteLine($"WRONG: {call}: element {i} is not the exact sum {sum}");
                return;
            }
        }
    }

    private static float Widen(DataType type, ushort bits) =>
        type == DataType.Float16 ? (float)BitConverter.UInt16BitsToHalf(bits) : (float)BFloat16.FromBits(bits);
}
