using QuickReduce.Tests.Shared.Processes;

namespace QuickReduce.Gpu.Tests.Worker;

/// <summary>Forms many groups one after the other, and tells what they have kept.</summary>
internal static class GroupsWorker
{
    public static async Task RunAsync(StandInDriver driver, Settings settings)
    {
        using var buffers = new RankBuffers(driver.Devices[0], 1000);
        var (before, files) = (0, 0);
        for (var group = 0; group < settings.Number("groups", 20); group++)
        {
            if (group == 3)
            {
                (before, files) = (driver.Alive, Directory.GetFiles("/proc/self/fd").Length);
            }

            using var communicator = await GpuCommunicator.JoinAsync(JobKernels.Kernels, settings.Environment, settings.Join(driver));
            communicator.AllReduce(buffers.Input, QuantRegime.Int4, buffers.Stream);
            communicator.Synchronize(TimeSpan.FromSeconds(60));
        }

        Report.Write("grown", driver.Alive - before, Directory.GetFiles("/proc/self/fd").Length - files);
    }
}
