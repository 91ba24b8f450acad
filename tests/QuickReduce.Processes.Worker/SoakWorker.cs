using System.Diagnostics;
using QuickReduce.Tests.Shared.Processes;

namespace QuickReduce.Processes.Worker;

/// <summary>Calls of all kinds for a while: what the process holds must not grow.</summary>
internal static class SoakWorker
{
    private const int CallsBetweenLooks = 50;

    public static async Task RunAsync(RankEnvironment environment, JoinOptions options, TimeSpan time)
    {
        using var communicator = await Communicator.JoinAsync(WorkerKernels.All, environment, options);
        var messages = new Messages(WorkerKernels.All, environment.WorldSize, 7);
        var watch = Stopwatch.StartNew();
        var before = default((int Handles, long Bytes, int Threads, int Mappings));
        var calls = 0;
        while (true)
        {
            // All ranks stop after the same call: when one of them says so, in a call of its own.
            for (var call = 0; call < CallsBetweenLooks; call++)
            {
                messages.Make(communicator, calls++);
            }

            var over = new Half[] { watch.Elapsed >= time ? (Half)1 : (Half)0 };
            communicator.AllReduce<Half>(QuantRegime.FP, over);
            if (before == default && watch.Elapsed >= time / 4)
            {
                before = Look();
            }

            if (over[0] > (Half)0)
            {
                break;
            }
        }

        var after = Look();
        Report.Write("grown", after.Handles - before.Handles, after.Bytes - before.Bytes, after.Threads - before.Threads, after.Mappings - before.Mappings);
        Report.Write("calls", calls);
    }

    private static (int Handles, long Bytes, int Threads, int Mappings) Look() =>
        Resources.InUse() is var use ? (use.Handles, use.Bytes, use.Threads, Resources.Mappings) : default;
}
