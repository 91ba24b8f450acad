using QuickReduce.Cli.CommandLine;

namespace QuickReduce.Cli.Bench;

/// <summary>What to measure: every combination of what was asked for that there is a kernel and memory for.</summary>
/// <param name="Cases">In the order in which they are best measured; each once.</param>
/// <param name="Notes">What was left out, and why; for people.</param>
internal sealed record BenchPlan(IReadOnlyList<BenchCase> Cases, IReadOnlyList<string> Notes)
{
    /// <summary>Largest message: the original's limit, and as many elements as a span has room for.</summary>
    public const long MaxBytes = 2L << 30;

    private const long MinDefaultBytes = 2 << 10;

    /// <summary>The sizes of the original's tables: 2 KiB to 2 GiB.</summary>
    public static IReadOnlyList<long> DefaultSizes { get; } = [.. Doubled(MinDefaultBytes, MaxBytes)];

    /// <summary>Plans.</summary>
    /// <param name="kernels">The kernels that there are.</param>
    /// <param name="axes">What was asked for.</param>
    /// <param name="device">Where it is to run.</param>
    /// <exception cref="ImpossibleRequestException">Sizes that were asked for do not fit, or nothing is left.</exception>
    public static BenchPlan Create(KernelSet kernels, BenchAxes axes, BenchDevice device)
    {
        HashSet<(DataType DataType, AllReduceMode Mode)> undeclared = [];
        List<BenchCase> cases = [];
        SortedSet<(int WorldSize, long Bytes)> tooLarge = [];
        var usable = device.UsableBytes();
        foreach (var worldSize in axes.WorldSizes)
        {
            foreach (var bytes in axes.Sizes)
            {
                if (2 * device.RanksPerMemory(worldSize) * bytes > usable)
                {
                    tooLarge.Add((worldSize, bytes));
                    continue;
                }

                cases.AddRange(
                    from dataType in axes.DataTypes
                    from mode in axes.Modes
                    from choice in axes.Algorithms
                    let variant = Resolve(kernels, new KernelVariant(dataType, mode, worldSize), choice, bytes, undeclared)
                    where variant is not null
                    select new BenchCase(variant.Value, bytes));
            }
        }

        // Direct is for full precision alone: that nobody misses it elsewhere needs no saying.
        var notes = undeclared.Except(cases.Select(static item => (item.Variant.DataType, item.Variant.Mode)))
            .Select(static missing => $"There is no kernel for {AxisNames.NameOf(missing.DataType)} as {KernelVariant.NameOf(missing.Mode)} in what was asked for; left out.").ToList();
        if (tooLarge.Count > 0)
        {
            var left = string.Join("; ", tooLarge.GroupBy(static item => item.WorldSize).Select(static group => $"{group.Key} ranks: {string.Join(", ", group.Select(static item => MessageSize.Describe(item.Bytes)))}"));
            var what = $"Inputs and outputs may take {MessageSize.Describe(usable)}, half of the memory that is free. Too large: {left}.";
            if (!axes.MayCutSizes)
            {
                throw new ImpossibleRequestException(what + " Ask for smaller sizes or fewer ranks.");
            }

            notes.Add(what + " Left out.");
        }

        return cases.Count > 0
            ? new BenchPlan(InOrder(cases), notes)
            : throw new ImpossibleRequestException("Nothing is left to measure. " + string.Join(" ", notes));
    }

    /// <summary>Each case once, in the order in which groups and buffers are changed least.</summary>
    public static IReadOnlyList<BenchCase> InOrder(IEnumerable<BenchCase> cases) =>
    [
        .. cases.Distinct()
            .OrderBy(static item => SweepOptions.KindOf(item.Variant))
            .ThenBy(static item => item.Variant)
            .ThenBy(static item => item.Bytes),
    ];

    private static KernelVariant? Resolve(KernelSet kernels, KernelVariant asked, MeasuredAlgorithm choice, long bytes, HashSet<(DataType DataType, AllReduceMode Mode)> undeclared)
    {
        if (choice == MeasuredAlgorithm.Auto && kernels.Variants.Any(variant => (variant.DataType, variant.Mode, variant.WorldSize) == (asked.DataType, asked.Mode, asked.WorldSize)))
        {
            return Automatic(kernels, asked, bytes);
        }

        var variant = new KernelVariant(asked.DataType, asked.Mode, asked.WorldSize, choice switch
        {
            MeasuredAlgorithm.OneShot => AllReduceAlgorithm.OneShot,
            MeasuredAlgorithm.Direct => AllReduceAlgorithm.Direct,
            _ => AllReduceAlgorithm.TwoShot,
        });
        if (kernels.Contains(variant))
        {
            return variant;
        }

        undeclared.Add((asked.DataType, asked.Mode));
        return null;
    }

    /// <summary>What a group without an algorithm or a policy of its own runs for a call of this size: asked of its own rule.</summary>
    private static KernelVariant Automatic(KernelSet kernels, KernelVariant asked, long bytes) =>
        new AllReducePolicy { Regime = asked.Mode, MinBytes = 0 }.Explain(bytes, asked.DataType, asked.WorldSize, kernels).Variant;

    private static IEnumerable<long> Doubled(long first, long last)
    {
        for (var bytes = first; bytes <= last; bytes *= 2)
        {
            yield return bytes;
        }
    }
}

/// <summary>What was asked for.</summary>
/// <param name="WorldSizes">Numbers of ranks.</param>
/// <param name="DataTypes">Element types.</param>
/// <param name="Modes">Wire formats.</param>
/// <param name="Algorithms">Algorithms.</param>
/// <param name="Sizes">Sizes of messages, in bytes.</param>
/// <param name="MayCutSizes">Whether sizes that do not fit into memory are left out, or refused.</param>
internal sealed record BenchAxes(
    IReadOnlyList<int> WorldSizes,
    IReadOnlyList<DataType> DataTypes,
    IReadOnlyList<AllReduceMode> Modes,
    IReadOnlyList<MeasuredAlgorithm> Algorithms,
    IReadOnlyList<long> Sizes,
    bool MayCutSizes);

/// <summary>An algorithm, or the one that a group chooses by the size of a call.</summary>
internal enum MeasuredAlgorithm
{
    Auto,
    OneShot,
    TwoShot,
    Direct,
}

/// <summary>What was asked for cannot be done; the message says why and what to ask for.</summary>
internal sealed class ImpossibleRequestException(string message) : Exception(message);
