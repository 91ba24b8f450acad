using System.Globalization;

namespace QuickReduce.Build;

/// <summary>Runs one job: compiler into a temporary file, check, move into place, stamp.</summary>
internal static class JobRunner
{
    private const int QuotedLines = 12;

    public static CompileOutcome Run(CompileJob job, TimeSpan timeLimit, CancellationToken cancellation)
    {
        string temporary = job.OutputPath + ".tmp";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(job.OutputPath)!);
            Compiler compiler = job.Toolchain.Compiler;
            ChildResult result = ChildProcess.Run(
                compiler.Path,
                CommandLine.Arguments(job.Flags, CommandLine.Language(job.Target.Kind), job.SourcePath, temporary),
                CommandLine.Environment(compiler.Kind, compiler.Path),
                timeLimit,
                cancellation);
            CompileOutcome outcome = Judge(job, result, temporary, timeLimit);
            if (outcome.Succeeded)
            {
                Publish(job, temporary);
            }

            return outcome;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return new CompileOutcome(job, [], DiagnosticIds.FileAccess, $"The output for {job} can't be written: {failure.Message}", "");
        }
        finally
        {
            TryDelete(temporary);
        }
    }

    /// <summary>Moves a finished output into place and vouches for it.</summary>
    public static void Publish(CompileJob job, string temporary)
    {
        // The stamp vouches for the output: it goes first when that changes and comes last.
        File.Delete(UpToDateStamp.PathFor(job.OutputPath));
        FileText.Replace(temporary, job.OutputPath);
        if (job.HashPath is { } hashPath)
        {
            FileText.WriteIfDifferent(hashPath, $"{FileText.Sha256OfFile(job.OutputPath)}  {Path.GetFileName(job.OutputPath)}\n");
        }

        UpToDateStamp.Write(job.OutputPath, job.ExpectedStamp);
    }

    private static CompileOutcome Judge(CompileJob job, ChildResult result, string output, TimeSpan timeLimit)
    {
        string compiler = job.Toolchain.Compiler.Path;
        IReadOnlyList<CompilerDiagnostic> diagnostics = result.OutputIsText ? DiagnosticsParser.Parse(result.Output) : [];
        bool hasError = diagnostics.Any(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        return result.End switch
        {
            ChildEnd.Cancelled => Failure(DiagnosticIds.CompilerMisbehaved, $"{compiler} was stopped while compiling {job}.") with { Cancelled = true },
            ChildEnd.NotStarted => Failure(DiagnosticIds.CompilerMisbehaved, $"{compiler} can't be started: {result.Output}"),
            ChildEnd.TimedOut => Failure(
                DiagnosticIds.CompilerMisbehaved,
                string.Format(CultureInfo.InvariantCulture, "{0} did not finish {1} within {2:0.##} s and was stopped. QuickReduceCompileTimeout sets the limit.", compiler, job, timeLimit.TotalSeconds)),
            _ when result.Crashed || LooksLikeCrash(result) => Failure(
                DiagnosticIds.CompilerMisbehaved, $"{compiler} crashed (exit code {result.ExitCode}) while compiling {job}.{Quote(result)}"),
            _ when result.ExitCode != 0 && hasError => Failure(DiagnosticIds.KernelDoesNotCompile, null),
            _ when result.ExitCode != 0 => Failure(
                DiagnosticIds.CompilerMisbehaved,
                $"{compiler} ended with exit code {result.ExitCode} while compiling {job} and named no error.{Quote(result)}"),
            _ when OutputValidator.Problem(output, job.Target) is { } problem => Failure(
                DiagnosticIds.CompilerMisbehaved, $"{compiler} reported success for {job} but {problem}.{Quote(result)}"),
            _ => new CompileOutcome(job, diagnostics, null, null, result.Output),
        };

        CompileOutcome Failure(string id, string? text) => new(job, diagnostics, id, text, result.OutputIsText ? result.Output : "");
    }

    private static bool LooksLikeCrash(ChildResult result) =>
        result.ExitCode != 0 && result.OutputIsText
        && (result.Output.Contains("PLEASE submit a bug report") || result.Output.Contains("Stack dump:"));

    private static string Quote(ChildResult result)
    {
        if (!result.OutputIsText)
        {
            return " What it wrote is not text.";
        }

        string[] lines = [.. result.Output.Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0)];
        return lines.Length == 0 ? " It wrote nothing." : " Its last lines:\n" + string.Join("\n", lines.Skip(lines.Length - QuotedLines));
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Left for the next build, which clears the folder of what it does not know.
        }
    }
}
