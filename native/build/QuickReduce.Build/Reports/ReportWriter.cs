using System.Runtime.ExceptionServices;
using Microsoft.Build.Framework;
using Microsoft.Build.Utilities;

namespace QuickReduce.Build;

/// <summary>Writes a report beside every compiled file where there is none that is up to date.</summary>
internal sealed class ReportWriter(CancellationToken cancellation)
{
    private readonly Dictionary<string, (Disassembler? Disassembler, string Fingerprint)> _disassemblers = new(StringComparer.Ordinal);

    /// <summary>Whether the report is of the output as it is, made with the disassembler as it is.</summary>
    public bool IsUpToDate(CompileJob job) => UpToDateStamp.IsUpToDate(job.ReportPath, ExpectedStamp(job));

    /// <summary>Reports on outputs. A file that can't be understood gets a report that says so: what needs the figures complains.</summary>
    public void Write(IEnumerable<CompileJob> jobs, int parallel, TaskLoggingHelper log)
    {
        CompileJob[] outdated = [.. jobs.Where(job => !IsUpToDate(job))];
        foreach (IGrouping<string, CompileJob> group in outdated
            .Where(job => job.Target.Kind == TargetKind.Amd && DisassemblerOf(job).Disassembler is null)
            .GroupBy(job => job.Toolchain.Compiler.Path))
        {
            log.LogMessage(
                MessageImportance.Normal,
                "QuickReduce: no llvm-objdump belongs to {0}, so the kernel reports have no instruction counts. {1}.",
                group.Key,
                Disassembler.Remedy);
        }

        try
        {
            Parallel.ForEach(outdated, new ParallelOptions { MaxDegreeOfParallelism = parallel, CancellationToken = cancellation }, Write);
        }
        catch (AggregateException failures) when (failures.InnerExceptions[0] is IOException or UnauthorizedAccessException)
        {
            ExceptionDispatchInfo.Capture(failures.InnerExceptions[0]).Throw();
        }
    }

    private void Write(CompileJob job)
    {
        string report = CodeReportJson.Write(Report(job));
        // A disassembler that was stopped has counted nothing.
        cancellation.ThrowIfCancellationRequested();
        FileText.WriteIfDifferent(job.ReportPath, report);
        UpToDateStamp.Write(job.ReportPath, ExpectedStamp(job));
    }

    private CodeReport Report(CompileJob job)
    {
        try
        {
            return CodeReader.Read(
                job.OutputPath, job.UnitName, job.Target, FileText.ReadOrNull(job.SourcePath), DisassemblerOf(job).Disassembler, cancellation);
        }
        catch (UnreadableCodeObjectException problem)
        {
            return new CodeReport(
                job.UnitName, job.Target.Name, job.Target.Kind, new FileInfo(job.OutputPath).Length, FileText.Sha256OfFile(job.OutputPath),
                ["the file " + problem.Message], []);
        }
    }

    private string ExpectedStamp(CompileJob job) => UpToDateStamp.ExpectedOfReport(job.OutputPath, DisassemblerOf(job).Fingerprint);

    private (Disassembler? Disassembler, string Fingerprint) DisassemblerOf(CompileJob job)
    {
        if (job.Target.Kind != TargetKind.Amd)
        {
            return (null, "");
        }

        lock (_disassemblers)
        {
            string compiler = job.Toolchain.Compiler.Path;
            if (!_disassemblers.TryGetValue(compiler, out (Disassembler? Disassembler, string Fingerprint) found))
            {
                var disassembler = Disassembler.Beside(compiler);
                found = (disassembler, disassembler is null ? "" : CompilerFingerprint.Of(CompilerKind.Clang, disassembler.Path));
                _disassemblers.Add(compiler, found);
            }

            return found;
        }
    }
}
