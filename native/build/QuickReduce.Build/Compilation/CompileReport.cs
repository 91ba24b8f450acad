using System.Diagnostics;
using System.Globalization;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace QuickReduce.Build;

/// <summary>What the user sees of a compilation: progress on long work, each problem once, one line at the end.</summary>
internal sealed class CompileReport(TaskLoggingHelper log, IReadOnlyList<CompileJob> jobs, int total)
{
    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(5);

    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    private TimeSpan _lastProgress = TimeSpan.Zero;
    private CompileJob? _last;
    private int _done;

    public void Finished(CompileOutcome outcome)
    {
        _done++;
        _last = outcome.Job;
        if (outcome.RawOutput.Length > 0)
        {
            log.LogMessage(MessageImportance.Low, "{0}: {1}", outcome.Job, outcome.RawOutput);
        }

        if (!outcome.Cancelled)
        {
            Report(outcome);
        }

        Tick();
    }

    /// <summary>Shows progress, at most every few seconds.</summary>
    public void Tick()
    {
        if (_watch.Elapsed - _lastProgress < ProgressInterval || _done == jobs.Count)
        {
            return;
        }

        _lastProgress = _watch.Elapsed;
        string last = _last is null ? "" : $", last {_last}";
        Say(MessageImportance.High, $"QuickReduce: compiled {_done} of {jobs.Count} kernel files{last} ({_watch.Elapsed.TotalSeconds:0} s)");
    }

    public void Summarise()
    {
        if (log.HasLoggedErrors)
        {
            return;
        }

        if (jobs.Count == 0)
        {
            Say(MessageImportance.Low, $"QuickReduce: all {total} kernel files are up to date");
            return;
        }

        string targets = string.Join(", ", jobs.Select(job => job.Target.RequestedAs).Distinct());
        string compilers = string.Join(", ", jobs.Select(job => job.Toolchain.Compiler.DisplayName).Distinct());
        string upToDate = total == jobs.Count ? "" : $", {total - jobs.Count} up to date";
        string files = jobs.Count == 1 ? "1 kernel file" : $"{jobs.Count} kernel files";
        Say(MessageImportance.High, $"QuickReduce: {files} for {targets} in {_watch.Elapsed.TotalSeconds:0.0} s ({compilers}{upToDate})");
    }

    private void Report(CompileOutcome outcome)
    {
        foreach (CompilerDiagnostic diagnostic in outcome.Diagnostics)
        {
            // The same text is compiled for several targets: what is wrong with it is said once.
            if (_seen.Add($"{diagnostic.Severity} {diagnostic.File} {diagnostic.Line} {diagnostic.Column} {diagnostic.Text}"))
            {
                Report(diagnostic, outcome.Job);
            }
        }

        if (outcome.FailureText is { } text)
        {
            log.Error(outcome.FailureId!, text, outcome.Job.SourcePath);
        }
    }

    private void Report(CompilerDiagnostic diagnostic, CompileJob job)
    {
        string file = diagnostic.File ?? job.SourcePath;
        switch (diagnostic.Severity)
        {
            case DiagnosticSeverity.Error:
                log.LogError(
                    null, DiagnosticIds.KernelDoesNotCompile, null, file, diagnostic.Line, diagnostic.Column, 0, 0, "{0} [{1}]", diagnostic.Text, job.Target.Name);
                break;
            case DiagnosticSeverity.Warning:
                log.LogWarning(
                    null, DiagnosticIds.KernelDoesNotCompile, null, file, diagnostic.Line, diagnostic.Column, 0, 0, "{0} [{1}]", diagnostic.Text, job.Target.Name);
                break;
            default:
                log.LogMessage(
                    null, DiagnosticIds.KernelDoesNotCompile, null, file, diagnostic.Line, diagnostic.Column, 0, 0, MessageImportance.Normal, "note: {0}", diagnostic.Text);
                break;
        }
    }

    private void Say(MessageImportance importance, FormattableString message) =>
        log.LogMessage(importance, "{0}", message.ToString(CultureInfo.InvariantCulture));
}
