using System.Diagnostics;
using Spectre.Console;

namespace QuickReduce.Accuracy.Reporting;

/// <summary>Shows on the error output where a study stands and how long it will take.</summary>
public static class StudyProgress
{
    private static readonly TimeSpan LinesApart = TimeSpan.FromSeconds(10);

    /// <summary>Runs a study to its end: with a bar on a terminal, with a line now and then elsewhere.</summary>
    /// <param name="run">Starts the study (<see cref="AccuracyStudy.RunAsync"/>).</param>
    /// <returns>Its figures.</returns>
    public static async Task<IReadOnlyList<AccuracyFigure>> ShowAsync(Func<IProgress<AccuracyProgress>, IAsyncEnumerable<AccuracyFigure>> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        var figures = new List<AccuracyFigure>();
        if (Console.IsErrorRedirected)
        {
            await foreach (var figure in run(new Lines()))
            {
                figures.Add(figure);
                await Console.Error.WriteLineAsync(string.Create(null, $"{figure.Case}: {figure.NatsPerByte:F4} nats per byte"));
            }

            return figures;
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        await console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async progress =>
            {
                await foreach (var figure in run(new Bar(progress.AddTask("scoring"))))
                {
                    figures.Add(figure);
                }
            });
        return figures;
    }

    private sealed class Bar(ProgressTask task) : IProgress<AccuracyProgress>
    {
        public void Report(AccuracyProgress value)
        {
            task.MaxValue = value.WindowsTotal;
            task.Description = Markup.Escape(value.Case.ToString());
            task.Value = value.WindowsDone;
        }
    }

    // For logs: a line now and then.
    private sealed class Lines : IProgress<AccuracyProgress>
    {
        private readonly Stopwatch _elapsed = Stopwatch.StartNew();
        private readonly Lock _gate = new();
        private TimeSpan _last;

        public void Report(AccuracyProgress value)
        {
            lock (_gate)
            {
                var elapsed = _elapsed.Elapsed;
                if (elapsed - _last < LinesApart)
                {
                    return;
                }

                _last = elapsed;
                var left = elapsed / value.WindowsDone * (value.WindowsTotal - value.WindowsDone);
                Console.Error.WriteLine(string.Create(null, $"{value.WindowsDone} of {value.WindowsTotal} windows, about {left.TotalSeconds:N0} s left; {value.Case}"));
            }
        }
    }
}
