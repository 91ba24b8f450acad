using System.Collections.Concurrent;

namespace QuickReduce.Build;

/// <summary>Runs jobs on a few threads and hands their outcomes, as they come, to one caller.</summary>
internal static class JobPool
{
    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Runs all jobs. An error in a kernel does not keep the others from compiling, so that one build shows all
    /// errors; a compiler that hangs or crashes and a disk that is full do, since they would do so for each.
    /// </summary>
    /// <param name="jobs">What to run.</param>
    /// <param name="parallel">How many at a time.</param>
    /// <param name="run">Runs one.</param>
    /// <param name="finished">Called on the caller's thread for each that ended.</param>
    /// <param name="tick">Called on the caller's thread about once a second.</param>
    /// <param name="cancellation">Stops everything.</param>
    public static void Run(
        IReadOnlyList<CompileJob> jobs,
        int parallel,
        Func<CompileJob, CancellationToken, CompileOutcome> run,
        Action<CompileOutcome> finished,
        Action tick,
        CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var outcomes = new BlockingCollection<CompileOutcome>();
        var waiting = new ConcurrentQueue<CompileJob>(jobs);
        Task[] workers = [.. Enumerable.Range(0, Math.Min(parallel, jobs.Count)).Select(_ => Task.Factory.StartNew(
            Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        Task completion = Task.WhenAll(workers).ContinueWith(_ => outcomes.CompleteAdding(), TaskScheduler.Default);

        while (!outcomes.IsCompleted)
        {
            if (outcomes.TryTake(out CompileOutcome? outcome, TickInterval))
            {
                finished(outcome);
            }
            else
            {
                tick();
            }
        }

        completion.Wait();
        Task.WaitAll(workers);

        void Work()
        {
            while (!stop.IsCancellationRequested && waiting.TryDequeue(out CompileJob? job))
            {
                CompileOutcome outcome = run(job, stop.Token);
                outcomes.Add(outcome);
                if (outcome.FailureId is DiagnosticIds.CompilerMisbehaved or DiagnosticIds.FileAccess)
                {
                    stop.Cancel();
                }
            }
        }
    }
}
