using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Microsoft.Win32.SafeHandles;

namespace QuickReduce.Cli.Launch;

/// <summary>What can happen to a job.</summary>
internal abstract record JobEvent
{
    /// <summary>A rank's process has ended.</summary>
    public sealed record RankEnded(int Rank, ProcessEnding Ending) : JobEvent;

    /// <summary>Somebody wants the job to end.</summary>
    /// <param name="Reason">The signal that came, or that would have.</param>
    /// <param name="Forwarded">What the ranks are sent.</param>
    public sealed record Interrupted(Signal Reason, Signal Forwarded) : JobEvent;
}

/// <summary>The processes of a job, from the first that starts to the last that ends. For one run, on one thread.</summary>
[SupportedOSPlatform("linux")]
internal sealed class Job(RankVariables variables, TimeSpan grace, Action<string> say) : IDisposable
{
    private readonly BlockingCollection<JobEvent> _events = [];
    private readonly List<SpawnedProcess> _ranks = [];
    private readonly List<Task> _relays = [];
    private Stage _stage = Stage.Running;
    private long? _deadline;

    private enum Stage
    {
        Running,

        /// <summary>A rank has failed; the others may notice and end by themselves.</summary>
        Ending,

        /// <summary>All have been asked to end.</summary>
        Terminating,

        Killed,
    }

    /// <summary>Starts all ranks and waits until all have ended.</summary>
    /// <param name="command">What each rank runs.</param>
    /// <param name="relays">Who passes on the ranks' output and errors; null where ranks write to this process's own.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">A rank cannot be started. None runs then.</exception>
    public JobResult Run(IReadOnlyList<string> command, (OutputRelay Output, OutputRelay Error)? relays)
    {
        using var signals = new SignalRegistrations(signal => _events.Add(new JobEvent.Interrupted(signal, signal)));
        JobResult result;
        using (var guard = new JobGuard(variables.Mark, grace))
        {
            for (var rank = 0; rank < variables.WorldSize; rank++)
            {
                // If one cannot start, the guard ends those that have.
                Start(rank, command, relays, guard);
            }

            result = Watch(guard);
        }

        // Whatever still held the pipes is gone now.
        Task.WaitAll([.. _relays], grace + TimeSpan.FromSeconds(1));
        return result;
    }

    /// <summary>Ends what is left, if a rank could not be started.</summary>
    public void Dispose() => _ranks.ForEach(static rank => rank.Dispose());

    private void Start(int rank, IReadOnlyList<string> command, (OutputRelay Output, OutputRelay Error)? relays, JobGuard guard)
    {
        // As mpirun does it: what is typed goes to rank 0.
        using var nothing = rank == 0 ? null : File.OpenHandle("/dev/null");
        if (relays is not { } both)
        {
            Add(SpawnedProcess.Start(command, variables.Of(rank), nothing));
            return;
        }

        var output = SpawnedProcess.CreatePipe();
        var error = SpawnedProcess.CreatePipe();
        using (output.Writing)
        using (error.Writing)
        {
            Add(SpawnedProcess.Start(command, variables.Of(rank), nothing, output.Writing, error.Writing));
        }

        Relay(both.Output, output.Reading);
        Relay(both.Error, error.Reading);

        void Add(SpawnedProcess process)
        {
            guard.Add(process);
            _ranks.Add(process);
            OnThread(() => _events.Add(new JobEvent.RankEnded(rank, process.Wait())));
        }

        void Relay(OutputRelay relay, SafeFileHandle reading) => _relays.Add(OnThread(() =>
        {
            using var source = new FileStream(reading, FileAccess.Read, bufferSize: 0);
            try
            {
                relay.Run(rank, source);
            }
            catch (IOException)
            {
                // As with a pipeline whose reader has gone: `… | head`.
                _events.Add(new JobEvent.Interrupted(Signal.SIGPIPE, Signal.SIGTERM));
            }
        }));
    }

    private JobResult Watch(JobGuard guard)
    {
        var endings = new ProcessEnding?[_ranks.Count];
        int? firstFailure = null;
        Signal? interruption = null;
        while (endings.Any(static ending => ending is null))
        {
            if (!_events.TryTake(out var happened, TimeLeft()))
            {
                Escalate(guard);
                continue;
            }

            switch (happened)
            {
                case JobEvent.RankEnded(var rank, var ending):
                    endings[rank] = ending;
                    if (!ending.IsSuccess && _stage == Stage.Running)
                    {
                        firstFailure = rank;
                        if (endings.Any(static other => other is null))
                        {
                            say("rank " + rank + " " + ending + "; the others have " + Seconds(grace) + " to end.");
                            Enter(Stage.Ending);
                        }
                    }

                    break;
                case JobEvent.Interrupted(var reason, var forwarded) when _stage is Stage.Running or Stage.Ending:
                    interruption = firstFailure is null ? reason : null;
                    SendAll(forwarded);
                    Enter(Stage.Terminating);
                    break;
                case JobEvent.Interrupted { Reason: not Signal.SIGPIPE } when _stage == Stage.Terminating:
                    Escalate(guard); // pressed again
                    break;
            }
        }

        return new JobResult([.. endings.Select(static ending => ending!.Value)], firstFailure, interruption);
    }

    private void Escalate(JobGuard guard)
    {
        if (_stage == Stage.Ending)
        {
            say("asking the ranks that are left to end.");
            SendAll(Signal.SIGTERM);
            Enter(Stage.Terminating);
        }
        else
        {
            say("killing the ranks that are left.");
            SendAll(Signal.SIGKILL);
            guard.Hurry();
            Enter(Stage.Killed);
        }
    }

    private void Enter(Stage stage)
    {
        _stage = stage;
        _deadline = stage == Stage.Killed ? null : Stopwatch.GetTimestamp() + (long)(grace.TotalSeconds * Stopwatch.Frequency);
    }

    private int TimeLeft() => _deadline is { } deadline
        ? (int)Math.Ceiling(Math.Max(0, Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), deadline).TotalMilliseconds))
        : Timeout.Infinite;

    private void SendAll(Signal signal) => _ranks.ForEach(rank => rank.Send(signal));

    private static Task OnThread(Action work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static string Seconds(TimeSpan time) => time.TotalSeconds.ToString("0.#", CultureInfo.InvariantCulture) + " s";

    /// <summary>Takes the signals that end programs, while it is there.</summary>
    private sealed class SignalRegistrations(Action<Signal> come) : IDisposable
    {
        private readonly PosixSignalRegistration[] _registrations =
        [
            Register(PosixSignal.SIGINT, () => come(Signal.SIGINT)),
            Register(PosixSignal.SIGTERM, () => come(Signal.SIGTERM)),
            Register(PosixSignal.SIGHUP, () => come(Signal.SIGHUP)),
            Register(PosixSignal.SIGQUIT, () => come(Signal.SIGQUIT)),

            // Where a parent has it ignored, and hands that down, the kernel would not keep how ranks have ended.
            Register(PosixSignal.SIGCHLD, static () => { }),
        ];

        private static PosixSignalRegistration Register(PosixSignal signal, Action act) => PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            act();
        });

        public void Dispose()
        {
            foreach (var registration in _registrations)
            {
                registration.Dispose();
            }
        }
    }
}
