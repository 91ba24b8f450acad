using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace QuickReduce.Accuracy;

/// <summary>
/// Measures what all-reducing a model's partial sums in one way or another does to its predictions of a text.
/// </summary>
/// <remarks>Figures do not depend on the number of threads, nor on the order of the cases.</remarks>
public sealed class AccuracyStudy
{
    private readonly LlamaModel _model;
    private readonly ByteWindows _windows;
    private readonly Func<AccuracyCase, IRankGroup> _createGroup;

    /// <summary>Creates a study.</summary>
    /// <param name="model">The model.</param>
    /// <param name="windows">The text, in windows no longer than the model's context.</param>
    /// <param name="createGroup">Creates the ranks of a case; the study disposes them.</param>
    /// <exception cref="ArgumentException">The windows are longer than the model's context.</exception>
    public AccuracyStudy(LlamaModel model, ByteWindows windows, Func<AccuracyCase, IRankGroup> createGroup)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(windows);
        ArgumentNullException.ThrowIfNull(createGroup);
        if (windows.Length > model.Configuration.ContextLength)
        {
            throw new ArgumentException("Windows of " + windows.Length + " bytes are longer than the model's context of " + model.Configuration.ContextLength + ".", nameof(windows));
        }

        _model = model;
        _windows = windows;
        _createGroup = createGroup;
    }

    /// <summary>Scores the baseline, then all cases.</summary>
    /// <param name="cases">The cases; <see cref="AccuracyCase.Baseline"/> need not be among them.</param>
    /// <param name="progress">Told after each window, from a thread of the study; null for nobody.</param>
    /// <param name="cancellationToken">Ends the study early.</param>
    /// <returns>The baseline's figure, then that of every case, in the given order, each as soon as it is known.</returns>
    /// <exception cref="ArgumentException">A case has a number of ranks that the model cannot be split over.</exception>
    /// <exception cref="QuickReduceException">An all-reduce failed.</exception>
    /// <exception cref="OperationCanceledException">The study was cancelled.</exception>
    public async IAsyncEnumerable<AccuracyFigure> RunAsync(
        IEnumerable<AccuracyCase> cases, IProgress<AccuracyProgress>? progress = null,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var rest = CasesOf(cases);
        var ranks = new RankCache(_model);
        var report = new Reporter(progress, (rest.Count + 1) * _windows.Count);

        var start = Stopwatch.GetTimestamp();
        report.Case = AccuracyCase.Baseline;
        var baseline = await Task.Run(() => ScoreWhole(report, cancellationToken), cancellationToken).ConfigureAwait(false);
        yield return FigureOf(AccuracyCase.Baseline, baseline, baseline, start);
        foreach (var item in rest)
        {
            start = Stopwatch.GetTimestamp();
            report.Case = item;
            var predictions = await ScoreAsync(item, ranks, report, cancellationToken).ConfigureAwait(false);
            yield return FigureOf(item, predictions, baseline, start);
        }
    }

    /// <summary>
    /// Computes this process's ranks of all cases, for a study that another process runs (<see cref="RunAsync"/>) with the
    /// same model, text and cases.
    /// </summary>
    /// <param name="cases">The cases, in the same order.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <inheritdoc cref="RunAsync" path="/exception"/>
    public async Task TakePartAsync(IEnumerable<AccuracyCase> cases, CancellationToken cancellationToken = default)
    {
        var ranks = new RankCache(_model);
        var report = new Reporter(null, 0);
        foreach (var item in CasesOf(cases))
        {
            await ScoreAsync(item, ranks, report, cancellationToken).ConfigureAwait(false);
        }
    }

    private List<AccuracyCase> CasesOf(IEnumerable<AccuracyCase> cases)
    {
        var all = cases.Where(static item => item != AccuracyCase.Baseline).ToList();
        foreach (var item in all)
        {
            LlamaShard.RequireSplit(_model, item.WorldSize); // before minutes of work, not after
        }

        return all;
    }

    private static AccuracyFigure FigureOf(AccuracyCase item, Predictions predictions, Predictions baseline, long start) =>
        new(item, predictions.NatsPerByte, predictions.AgreementWith(baseline), predictions.NextByteAccuracy, Stopwatch.GetElapsedTime(start));

    // Alone, a rank shares nothing with others: processors take windows.
    private Predictions ScoreWhole(Reporter report, CancellationToken cancellationToken)
    {
        var shard = LlamaShard.Split(_model, 1)[0];
        var predictions = new Predictions(_windows);
        Parallel.For(
            0, _windows.Count,
            new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount },
            () => new LlamaRank(shard),
            (window, _, rank) =>
            {
                rank.Reset();
                rank.Append(_windows.Tokens(window), WholeSums.Instance);
                predictions.Take(rank, window, 0, _windows.Length);
                report.WindowDone();
                return rank;
            },
            static _ => { });
        return predictions;
    }

    private async Task<Predictions> ScoreAsync(AccuracyCase item, RankCache cache, Reporter report, CancellationToken cancellationToken)
    {
        using var group = _createGroup(item);
        var ranks = cache.Of(group);
        var predictions = new Predictions(_windows);
        await group.RunAsync(
            (index, partialSums) =>
            {
                // Every rank knows the whole residual stream in the end, so each of this process scores a part of the positions.
                var place = index - group.LocalRanks[0];
                var first = _windows.Length * place / ranks.Count;
                var end = _windows.Length * (place + 1) / ranks.Count;
                var rank = ranks[place];
                for (var window = 0; window < _windows.Count; window++)
                {
                    rank.Reset();
                    rank.Append(_windows.Tokens(window), partialSums);
                    predictions.Take(rank, window, first, end - first);
                    if (place == 0)
                    {
                        report.WindowDone();
                    }
                }
            },
            cancellationToken).ConfigureAwait(false);
        return predictions;
    }

    /// <summary>This process's ranks, which cases with as many of them share.</summary>
    private sealed class RankCache(LlamaModel model)
    {
        private readonly Dictionary<int, LlamaRank[]> _ranks = [];

        public IReadOnlyList<LlamaRank> Of(IRankGroup group)
        {
            if (!_ranks.TryGetValue(group.WorldSize, out var ranks))
            {
                _ranks[group.WorldSize] = ranks = [.. LlamaShard.Take(model, group.LocalRanks, group.WorldSize).Select(static shard => new LlamaRank(shard))];
            }

            return ranks;
        }
    }

    private sealed class Reporter(IProgress<AccuracyProgress>? progress, int windowsTotal)
    {
        private int _windowsDone;

        public AccuracyCase Case { get; set; }

        public void WindowDone() => progress?.Report(new AccuracyProgress(Case, Interlocked.Increment(ref _windowsDone), windowsTotal));
    }
}
