using System.Globalization;
using QuickReduce.Gpu.FaultMatrix;

namespace QuickReduce.Gpu.Processes;

/// <summary>What one rank does, in a process that <see cref="ProcessJobs"/> has started. Says what happens, a line each.</summary>
internal static class ProcessRank
{
    private static readonly TimeSpan JoinLimit = TimeSpan.FromMinutes(2);

    /// <summary>Does what the arguments say: <c>verify</c>, <c>fault WHAT CULPRIT SECONDS</c>, or <c>matrix</c> and settings; with <c>hosts PLAN</c> before the first two, over several hosts.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] arguments)
    {
        EndWithLauncher();
        var environment = RankEnvironment.FromEnvironment();
        switch (arguments)
        {
            case ["verify"]:
                await new ProcessVerification(environment).RunAsync();
                return 0;
            case ["fault", var what, var culprit, var seconds]:
                var limit = TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture));
                await new ProcessFault(FaultyRank.JoinAsync(environment, limit), what, environment.Rank == int.Parse(culprit, CultureInfo.InvariantCulture)).RunAsync();
                return 0;
            case ["hosts", var plan, "verify"]:
                await new HostsVerification(environment, HostPlan.From(plan)).RunAsync();
                return 0;
            case ["hosts", var plan, "fault", var what, var culprit, var seconds]:
                var hostsLimit = TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture));
                await new ProcessFault(FaultyRank.JoinAsync(environment, hostsLimit, HostPlan.From(plan)), what, environment.Rank == int.Parse(culprit, CultureInfo.InvariantCulture)).RunAsync();
                return 0;
            case ["matrix", .. var settings]:
                await FaultRank.RunAsync(environment, DeviceOf(environment), settings);
                return 0;
            default:
                Console.Error.WriteLine("Ranks are started by the commands 'processes', 'process-faults' and 'hosts'.");
                return 2;
        }
    }

    private static GpuDevice DeviceOf(RankEnvironment environment)
    {
        var devices = GpuDevice.Discover();
        return devices.Count > 0 ? devices[environment.LocalRank % devices.Count] : throw new InvalidOperationException("There is no GPU. " + GpuDevice.Explain());
    }

    /// <summary>Ends this process when the launcher's does, however that ends: it holds the other end of the input.</summary>
    private static void EndWithLauncher() => new Thread(static () =>
    {
        _ = Console.In.ReadToEnd();
        ProcessEnvironment.ExitNow(ProcessJobs.HangExitCode);
    }) { IsBackground = true }.Start();

    /// <summary>Joins the job's group.</summary>
    public static Task<GpuCommunicator> JoinAsync(RankEnvironment environment, AllReduceAlgorithm? algorithm, TimeSpan timeout) =>
        GpuCommunicator.JoinAsync(GpuKernels.Kernels, environment, new JoinOptions { Timeout = JoinLimit, Gpu = new GpuGroupOptions { Algorithm = algorithm, Timeout = timeout } });

    /// <summary>Joins the group of a job that is told to be on several hosts.</summary>
    public static Task<MultiHostGpuCommunicator> JoinHostsAsync(RankEnvironment environment, HostPlan plan, TimeSpan timeout) =>
        MultiHostGpuCommunicator.JoinAsync(GpuKernels.Kernels, environment, new MultiHostOptions
        {
            HostName = "host " + plan.HostOf(environment.Rank),
            Local = new JoinOptions { Timeout = JoinLimit, Gpu = new GpuGroupOptions { Devices = [plan.DeviceOf(environment.Rank)], Timeout = timeout } },
        });

    /// <summary>Says something.</summary>
    public static void Say(string line)
    {
        Console.Out.WriteLine(line);
        Console.Out.Flush();
    }
}
