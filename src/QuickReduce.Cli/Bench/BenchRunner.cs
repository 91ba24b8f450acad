using QuickReduce.Cli.CommandLine;

namespace QuickReduce.Cli.Bench;

/// <summary>Measures cases with a progress bar, and turns what can go wrong into a message and an exit code.</summary>
internal static class BenchRunner
{
    /// <summary>Measures.</summary>
    /// <param name="sweep">What measures.</param>
    /// <param name="cases">What to measure.</param>
    /// <param name="cancellation">Stops, and leaves no process.</param>
    public static async Task<IReadOnlyList<(BenchCase Case, CaseResult Result)>> MeasureAsync(ISweep sweep, IReadOnlyList<BenchCase> cases, CancellationToken cancellation)
    {
        List<(BenchCase, CaseResult)> results = [];
        await StepProgress.ShowAsync(cases.Count, async begin =>
        {
            begin(cases[0].ToString());
            await foreach (var result in sweep.RunAsync(cases, cancellation).ConfigureAwait(false))
            {
                results.Add((cases[results.Count], result));
                begin(results.Count < cases.Count ? cases[results.Count].ToString() : "done");
            }
        }).ConfigureAwait(false);
        return results;
    }

    /// <summary>Runs a command that measures.</summary>
    /// <param name="run">The command.</param>
    /// <param name="cancellation">What Ctrl-C cancels.</param>
    public static async Task<int> RunAsync(Func<Task<int>> run, CancellationToken cancellation)
    {
        try
        {
            return await run().ConfigureAwait(false);
        }
        catch (Exception) when (cancellation.IsCancellationRequested)
        {
            return CommandOutput.Fail("cancelled; no file was written.", ExitCode.Cancelled);
        }
        catch (ImpossibleRequestException impossible)
        {
            return CommandOutput.Fail(impossible.Message, ExitCode.WrongCommandLine);
        }
        catch (Exception missing) when (missing is MissingDeviceException or NativeLibraryException)
        {
            return CommandOutput.Fail(missing.Message, ExitCode.Missing);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return CommandOutput.Fail(failure.Message);
        }
        catch (OutOfMemoryException)
        {
            return CommandOutput.Fail("there is not enough memory for the buffers. Ask for smaller sizes or fewer ranks.", ExitCode.Failed);
        }
        catch (Exception failure) when (failure is QuickReduceException or Cpu.RankProcessException)
        {
            return CommandOutput.Fail(failure.Message, ExitCode.Failed);
        }
    }
}
