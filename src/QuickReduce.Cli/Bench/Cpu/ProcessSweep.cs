using System.Runtime.CompilerServices;

namespace QuickReduce.Cli.Bench.Cpu;

/// <summary>Ranks as processes of their own, over shared memory: as inference servers run them.</summary>
internal sealed class ProcessSweep(SweepOptions options) : ISweep
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<CaseResult> RunAsync(IReadOnlyList<BenchCase> cases, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var worldSize in cases.Select(static item => item.Variant.WorldSize).Distinct())
        {
            RankCase[] mine = [.. cases.Where(item => item.Variant.WorldSize == worldSize).Select(RankCase.Of)];
            var jobId = "bench-" + Guid.NewGuid().ToString("N");
            List<RankProcess> ranks = [];
            try
            {
                for (var rank = 0; rank < worldSize; rank++)
                {
                    ranks.Add(RankProcess.Start(new RankJob(jobId, rank, worldSize, options.Device, options.Seconds, options.MemoryBytes, mine)));
                }

                foreach (var _ in mine)
                {
                    yield return ThreadSweep.Merge(await NextAsync(ranks, cancellation).ConfigureAwait(false));
                }
            }
            finally
            {
                ranks.ForEach(static rank => rank.Dispose());
            }
        }
    }

    // The first rank that fails is the one to hear: the others fail because it did.
    private static async Task<RankResult[]> NextAsync(List<RankProcess> ranks, CancellationToken cancellation)
    {
        Task<RankResult>[] results = [.. ranks.Select(rank => rank.NextAsync(cancellation))];
        await foreach (var result in Task.WhenEach(results).ConfigureAwait(false))
        {
            await result.ConfigureAwait(false);
        }

        return await Task.WhenAll(results).ConfigureAwait(false);
    }
}
