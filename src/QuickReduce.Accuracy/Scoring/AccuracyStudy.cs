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
        var rest = cases.Where(static item => item != AccuracyCase.Baseline).ToList();
        foreach (var item in rest)
        {
            LlamaShard.RequireSplit(_model, item.WorldSize); // before minutes of work, not after
        }

        var ranks = rest.Select(static item => item.WorldSize).Distinct()
            .ToDictionary(static worldSize => worldSize, worldSize => new Lazy<LlamaRank[]>(() => RanksOf(worldSize)));
        var report = new Reporter(progress, (rest.Count + 1) * _windows.Count);

        var start = Stopwatch.GetTimestamp();
        report.Case = AccuracyCase.Baseline;
        var baseline = await Task.Run(() => ScoreWhole(report, cancellationToken), cancellationToken).ConfigureAwait(false);
        yield return FigureOf(AccuracyCase.Baseline, baseline, baseline, start);
        foreach (var item in rest)
        {
            start = Stopwatch.GetTimestamp();
            report.Case = item;
            var predictions = await ScoreAsync(item, ranks[item.WorldSize].Value, report, cancellationToken).ConfigureAwait(false);
            yield return FigureOf(item, predictions, baseline, start);
        }
    }

    private static AccuracyFigure FigureOf(AccuracyCase item, Predictions predictions, Predictions baseline, long start) =>
        new(item, predictions.NatsPerByte, predictions.AgreementWith(baseline), predictions.NextByteAccuracy, Stopwatch.GetElapsedTime(start));

    private LlamaRank[] RanksOf(int worldSize) => [.. LlamaShard.Split(_model, worldSize).Select(static shard => new LlamaRank(shard))];

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

    private async Task<Predictions> ScoreAsync(AccuracyCase item, LlamaRank[] ranks, Reporter report, CancellationToken cancellationToken)
    {
        using var group = _createGroup(item);
        var predictions = new Predictions(_windows);
        await group.RunAsync(
            (index, partialSums) =>
            {
                // Every rank knows the whole residual stream in the end, so each scores a part of the positions.
                var first = _windows.Length * index / group.WorldSize;
                var end = _windows.Length * (index + 1) / group.WorldSize;
                var rank = ranks[index];
                for (var window = 0; window < _windows.Count; window++)
                {
                    rank.Reset();
                    rank.Append(_windows.Tokens(window), partialSums);
                    predictions.Take(rank, window, first, end - first);
                    if (index == 0)
                    {
                        report.WindowDone();
                    }
                }
            },
            cancellationToken).ConfigureAwait(false);
        return predictions;
    }

    private sealed class Reporter(IProgress<AccuracyProgress>? progress, int windowsTotal)
    {
        private int _windowsDone;

        public AccuracyCase Case { get; set; }

        public void WindowDone() => progress?.Report(new AccuracyProgress(Case, Interlocked.Increment(ref _windowsDone), windowsTotal));
    }
}
