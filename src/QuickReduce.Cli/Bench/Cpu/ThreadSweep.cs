using System.Runtime.CompilerServices;
using QuickReduce.Measurement;

namespace QuickReduce.Cli.Bench.Cpu;

/// <summary>Ranks as threads of this process.</summary>
internal sealed class ThreadSweep(SweepOptions options) : ISweep
{
    private readonly Expectations _expectations = new(options.Kernels);

    /// <inheritdoc/>
    public async IAsyncEnumerable<CaseResult> RunAsync(IReadOnlyList<BenchCase> cases, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var worldSize in cases.Select(static item => item.Variant.WorldSize).Distinct())
        {
            BenchCase[] mine = [.. cases.Where(item => item.Variant.WorldSize == worldSize)];
            var bytes = RankMeasurement.BufferBytes(options, mine);
            List<RankBuffers> buffers = [];
            var groups = new Dictionary<object, AllReduceGroup>();
            try
            {
                for (var rank = 0; rank < worldSize; rank++)
                {
                    buffers.Add(new RankBuffers(bytes));
                }

                RankMeasurement[] measurements = [.. buffers.Select(memory => new RankMeasurement(options, _expectations, memory))];
                foreach (var item in mine)
                {
                    var kind = SweepOptions.KindOf(item.Variant);
                    if (!groups.TryGetValue(kind, out var group))
                    {
                        groups.Add(kind, group = CreateGroup(item.Variant));
                    }

                    var results = new RankResult[worldSize];
                    await group.RunAsync(rank => results[rank.Index] = measurements[rank.Index].Run(new ThreadRank(rank), item), cancellation).ConfigureAwait(false);
                    yield return Merge(results);
                }
            }
            finally
            {
                foreach (var group in groups.Values)
                {
                    group.Dispose();
                }

                buffers.ForEach(static memory => memory.Dispose());
            }
        }
    }

    /// <summary>What all ranks of a case found out together.</summary>
    public static CaseResult Merge(IReadOnlyList<RankResult> ranks) =>
        new(Statistics.Of([.. ranks[0].Samples]), ranks[0].SnrDb, ranks.All(static rank => rank.Matches));

    private AllReduceGroup CreateGroup(KernelVariant variant) => AllReduceGroup.Create(
        options.KernelsFor(variant),
        variant.WorldSize,
        new GroupOptions { Device = options.Device, Algorithm = variant.Algorithm, LibraryDirectory = options.LibraryDirectory, Timeout = Timeout.InfiniteTimeSpan });
}
