using System.CommandLine;
using System.Text.Json;
using QuickReduce.Cli.CommandLine;
using QuickReduce.Cli.Kernels;

namespace QuickReduce.Cli.Bench.Cpu;

/// <summary>
/// One rank of <c>bench --processes</c>, started by it and for nobody else: reads its job from standard input, and writes
/// a line for each case to standard output.
/// </summary>
internal static class RankCommand
{
    public const string Name = "bench-rank";

    public static Command Create()
    {
        var command = new Command(Name, "One rank of bench --processes.") { Hidden = true };
        command.SetAction(static (_, cancellation) => RunAsync(cancellation));
        return command;
    }

    private static async Task<int> RunAsync(CancellationToken cancellation)
    {
        var line = await Console.In.ReadLineAsync(cancellation).ConfigureAwait(false);
        if (line is null || JsonSerializer.Deserialize(line, RankJson.Default.RankJob) is not { } job)
        {
            return CommandOutput.Fail("this command is started by `quickreduce bench --processes`, not by hand.", ExitCode.WrongCommandLine);
        }

        EndWithParent();
        try
        {
            await MeasureAsync(job, cancellation).ConfigureAwait(false);
            return ExitCode.Success;
        }
        catch (Exception failure) when (failure is QuickReduceException or OutOfMemoryException)
        {
            return CommandOutput.Fail($"rank {job.Rank}: {failure.Message}", ExitCode.Failed);
        }
    }

    private static async Task MeasureAsync(RankJob job, CancellationToken cancellation)
    {
        BenchCase[] cases = [.. job.Cases.Select(item => item.ToCase(job.WorldSize))];
        var options = new SweepOptions(job.Device, ToolKernels.Kernels, AppContext.BaseDirectory, job.Seconds, job.MemoryBytes);
        using var buffers = new RankBuffers(RankMeasurement.BufferBytes(options, cases));
        var measurement = new RankMeasurement(options, new Expectations(options.Kernels), buffers);
        var environment = new RankEnvironment(job.Rank, job.WorldSize) { JobId = job.JobId };
        var groups = new Dictionary<AllReduceAlgorithm, Communicator>();
        try
        {
            foreach (var item in cases)
            {
                if (!groups.TryGetValue(item.Variant.Algorithm, out var communicator))
                {
                    var join = new JoinOptions
                    {
                        GroupName = AxisNames.NameOf(item.Variant.Algorithm),
                        Group = new GroupOptions { Device = job.Device, Algorithm = item.Variant.Algorithm, Timeout = Timeout.InfiniteTimeSpan },
                    };
                    communicator = await Communicator.JoinAsync(options.Kernels, environment, join, cancellation).ConfigureAwait(false);
                    groups.Add(item.Variant.Algorithm, communicator);
                }

                Console.Out.WriteLine(JsonSerializer.Serialize(measurement.Run(new ProcessRank(communicator), item), RankJson.Default.RankResult));
            }
        }
        finally
        {
            foreach (var communicator in groups.Values)
            {
                communicator.Dispose();
            }
        }
    }

    /// <summary>Standard input ends when whoever holds its other end does, however that comes.</summary>
    private static void EndWithParent() => new Thread(static () =>
    {
        while (Console.In.ReadLine() is not null)
        {
        }

        Environment.Exit(ExitCode.Cancelled);
    }) { IsBackground = true }.Start();
}
