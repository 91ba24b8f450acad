using QuickReduce.Tests.Shared.Processes;

namespace QuickReduce.Processes.Worker;

/// <summary>Allocates many shared buffers, each used once, and tells what of the process's resources they have kept.</summary>
internal static class BuffersWorker
{
    private const int Elements = 20_000;

    public static async Task RunAsync(RankEnvironment environment, JoinOptions options, int buffers)
    {
        using var communicator = await Communicator.JoinAsync(WorkerKernels.All, environment, options);
        var before = default((int Handles, long Bytes, int Threads, int Mappings));
        for (var number = 0; number < buffers; number++)
        {
            if (number == buffers / 10)
            {
                before = Look();
            }

            using var buffer = communicator.AllocateShared<Half>(Elements);
            buffer.Span.Fill((Half)(1 + environment.Rank));
            communicator.AllReduce<Half>(QuantRegime.FP, buffer);
            if (buffer.Span.IndexOfAnyExcept((Half)(environment.WorldSize * (environment.WorldSize + 1) / 2)) >= 0)
            {
                Report.Write("differs", number);
                Environment.Exit(3);
            }
        }

        var after = Look();
        Report.Write("grown", after.Handles - before.Handles, after.Bytes - before.Bytes, after.Threads - before.Threads, after.Mappings - before.Mappings);
    }

    private static (int Handles, long Bytes, int Threads, int Mappings) Look() =>
        Resources.InUse() is var use ? (use.Handles, use.Bytes, use.Threads, Resources.Mappings) : default;
}
