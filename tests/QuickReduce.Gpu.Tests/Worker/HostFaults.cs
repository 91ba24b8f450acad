using System.Diagnostics;
using QuickReduce.Tests.Shared.Processes;

namespace QuickReduce.Gpu.Tests.Worker;

/// <summary>Calls over two hosts, in which something happens to one rank or one host. Every rank tells what it got.</summary>
internal static class HostFaults
{
    private const int CallsBefore = 3;
    private const int SystemError = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(StandInDriver driver, StandInNccl nccl, Settings settings, string what)
    {
        var rank = settings.Environment.Rank;
        var isCulprit = what is "size" or "regime" or "order" ? rank / settings.Number("perhost", 2) == 1 : rank == settings.Number("culprit", 3);
        using var buffers = new RankBuffers(driver.Devices[0], 20_001);
        var watch = Stopwatch.StartNew();
        var communicator = default(MultiHostGpuCommunicator);
        try
        {
            if (isCulprit && what == "connect")
            {
                nccl.Fail("ncclCommInitRank", SystemError);
            }

            communicator = await MultiHostGpuCommunicator.JoinAsync(JobKernels.Kernels, settings.Environment, HostsWorker.Options(driver, settings));
            for (var call = 0; call < CallsBefore; call++)
            {
                communicator.AllReduce(buffers.Input, buffers.Output, QuantRegime.Int4, buffers.Stream);
            }

            communicator.Synchronize(Patience);
            Report.Write("joined");
            watch.Restart();
            if (isCulprit)
            {
                Misbehave(driver, nccl, communicator, buffers, what);
            }

            WorkOn(communicator, buffers);
        }
        catch (QuickReduceException exception)
        {
            Report.Write("after", watch.ElapsedMilliseconds);
            Report.Write(exception);
        }
        finally
        {
            communicator?.Dispose();
        }

        // What waited has been released, and the device is usable.
        buffers.Stream.Synchronize();
        Report.Write("idle");
    }

    private static void WorkOn(MultiHostGpuCommunicator communicator, RankBuffers buffers)
    {
        for (var call = 0; call < 100_000; call++)
        {
            communicator.AllReduce(buffers.Input, buffers.Output, QuantRegime.Int4, buffers.Stream);
            if (call % 4 == 0)
            {
                communicator.Synchronize(Patience);
            }
        }
    }

    private static void Misbehave(StandInDriver driver, StandInNccl nccl, MultiHostGpuCommunicator communicator, RankBuffers buffers, string what)
    {
        switch (what)
        {
            case "kill":
            case "stop":
                Report.Write("signal", what);
                Process.Start("/bin/kill", ["-" + what.ToUpperInvariant(), Environment.ProcessId.ToString()]).WaitForExit();
                Thread.Sleep(Timeout.Infinite);
                break;
            case "cut":
                // The script that has made the hosts says how.
                Process.Start(Environment.GetEnvironmentVariable("CUT_LINK")!).WaitForExit();
                break;
            case "never":
                Thread.Sleep(Timeout.Infinite);
                break;
            case "size":
                communicator.AllReduce(DataType.Float16, buffers.Input.Handle, buffers.Output.Handle, 20_000, QuantRegime.Int4, buffers.Stream.Handle);
                communicator.Synchronize(Patience);
                break;
            case "regime":
                // As many bytes between hosts: nothing but the ranks' own account can notice.
                communicator.AllReduce(buffers.Input, buffers.Output, QuantRegime.FP, buffers.Stream);
                communicator.Synchronize(Patience);
                break;
            case "order":
                communicator.AllReduce(DataType.Float16, buffers.Input.Handle, buffers.Output.Handle, 10, QuantRegime.FP, buffers.Stream.Handle);
                communicator.AllReduce(buffers.Input, buffers.Output, QuantRegime.Int4, buffers.Stream);
                break;
            case "abort":
                communicator.Abort("the model does not fit");
                break;
            case "leave":
                communicator.Dispose();
                break;
            case "launch":
                driver.Fail("cuLaunchKernel", 701);
                break;
            case "call":
                nccl.Fail("ncclAllReduce", SystemError);
                break;
            case "network":
                nccl.SetAsyncError(SystemError);
                break;
            case "buffer":
                try
                {
                    communicator.AllReduce(DataType.Float16, buffers.Input.Handle, buffers.Input.Handle + 2, 100, QuantRegime.FP, buffers.Stream.Handle);
                }
                catch (InvalidBufferException exception)
                {
                    Report.Write("refused", exception.Rank);
                    communicator.Abort("enough");
                }

                break;
        }
    }
}
