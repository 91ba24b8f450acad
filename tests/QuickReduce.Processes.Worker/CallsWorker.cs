using QuickReduce.Tests.Shared.Processes;

namespace QuickReduce.Processes.Worker;

/// <summary>Random calls of all kinds. Ranks take turns to compare with an in-process group; all tell the hash of what they got.</summary>
internal static class CallsWorker
{
    public static async Task RunAsync(RankEnvironment environment, JoinOptions options, int calls, int seed)
    {
        var kernels = WorkerKernels.All;
        Report.Write("started", (DateTime.UtcNow - DateTime.UnixEpoch).TotalMilliseconds);
        using var communicator = await Communicator.JoinAsync(kernels, environment, options);
        Report.Write("formed", (DateTime.UtcNow - DateTime.UnixEpoch).TotalMilliseconds);
        using var group = AllReduceGroup.Create(WorkerKernels.All, environment.WorldSize, new GroupOptions { MaxThreads = 1 });
        var messages = new Messages(WorkerKernels.All, environment.WorldSize, seed);
        var hash = 14695981039346656037UL;
        for (var call = 0; call < calls; call++)
        {
            var output = messages.Make(communicator, call);
            foreach (var part in output)
            {
                hash = (hash ^ part) * 1099511628211UL;
            }

            if (call % environment.WorldSize == environment.Rank && !output.AsSpan().SequenceEqual(messages.Expected(group, call)))
            {
                Report.Write("differs", call, messages.Call(call));
                Environment.Exit(3);
            }
        }

        Report.Write("hash", hash);
    }
}
