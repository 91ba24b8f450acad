using QuickReduce.Tests.Shared.Processes;

namespace QuickReduce.Processes.Worker;

/// <summary>Forms many groups one after the other, and tells what of the process's resources they have kept.</summary>
internal static class GroupsWorker
{
    public static async Task RunAsync(RankEnvironment environment, JoinOptions options, int groups)
    {
        var buffer = new Half[1000];
        var before = default((int Handles, long Bytes, int Threads));
        for (var group = 0; group < groups; group++)
        {
            if (group == groups / 10)
            {
                before = Resources.InUse();
            }

            using var communicator = await Communicator.JoinAsync(WorkerKernels.All, environment, options);
            communicator.AllReduce<Half>(QuantRegime.Int6, buffer);
        }

        var after = Resources.InUse();
        Report.Write("grown", after.Handles - before.Handles, after.Bytes - before.Bytes, after.Threads - before.Threads);
    }
}
