using System.Diagnostics;
using QuickReduce.Tests.Shared.Processes;

namespace QuickReduce.Gpu.Tests.Worker;

/// <summary>A few calls, in which something happens to one rank. The others tell what they got, and go on without it.</summary>
internal static class FaultWorker
{
    private const int CallsBefore = 3;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(StandInDriver driver, Settings settings)
    {
        var environment = settings.Environment;
        var (what, culprit) = (settings.Text("what", "kill"), settings.Number("culprit", 1));
        var isCulprit = environment.Rank == culprit;
        var regime = Enum.Parse<QuantRegime>(settings.Text("regime", "Int4"));
        using var buffers = new RankBuffers(driver.Devices[0], settings.Number("elements", 20_001));
        var watch = Stopwatch.StartNew();
        var communicator = default(GpuCommunicator);
        try
        {
            PrepareJoin(driver, isCulprit ? what : string.Empty);
            communicator = await GpuCommunicator.JoinAsync(JobKernels.Kernels, environment, settings.Join(driver));
            for (var call = 0; call < CallsBefore; call++)
            {
                communicator.AllReduce(buffers.Input, buffers.Output, regime, buffers.Stream);
            }

            communicator.Synchronize(Patience);
            Report.Write("joined");
            watch.Restart();
            if (isCulprit)
            {
                Misbehave(driver, communicator, buffers, regime, what, settings.Number("delay", 0));
            }
            else
            {
                WorkOn(communicator, buffers, regime, what);
            }
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

        // Kernels that waited have been released: the stream becomes idle, and the device is usable.
        buffers.Stream.Synchronize();
        if (!isCulprit)
        {
            await GoOnAsync(driver, settings, culprit, buffers);
        }
    }

    /// <summary>What spoils the forming of the group on one rank.</summary>
    private static void PrepareJoin(StandInDriver driver, string what)
    {
        switch (what)
        {
            case "memory":
                driver.Fail("cuMemAlloc", 2);
                break;
            case "export":
                driver.Fail("cuIpcGetMemHandle", 801);
                break;
            case "import":
                driver.Fail("cuIpcOpenMemHandle", 217);
                break;
        }
    }

    private static void WorkOn(GpuCommunicator communicator, RankBuffers buffers, QuantRegime regime, string what)
    {
        if (what == "replay")
        {
            using var graph = GpuGraph.Capture(buffers.Stream, () => communicator.AllReduce(buffers.Input, buffers.Output, regime, buffers.Stream));
            graph.Launch(buffers.Stream);
            communicator.Synchronize(TimeSpan.FromSeconds(1));
            return;
        }

        // Far more than a culprit lets pass.
        for (var call = 0; call < 100_000; call++)
        {
            communicator.AllReduce(buffers.Input, buffers.Output, regime, buffers.Stream);
            if (call % 4 == 0)
            {
                communicator.Synchronize(Patience);
            }
        }
    }

    private static void Misbehave(StandInDriver driver, GpuCommunicator communicator, RankBuffers buffers, QuantRegime regime, string what, int delay)
    {
        if (delay > 0)
        {
            // In the midst of calls, wherever that happens to be.
            new Thread(() =>
            {
                Thread.Sleep(delay);
                Accident.Happen(what);
            }).Start();
            WorkOn(communicator, buffers, regime, what);
        }

        switch (what)
        {
            case "size":
                communicator.AllReduce(DataType.Float16, buffers.Input.Handle, buffers.Output.Handle, buffers.Input.Length - 1, regime, buffers.Stream.Handle);
                break;
            case "regime":
                communicator.AllReduce(buffers.Input, buffers.Output, regime == QuantRegime.FP ? QuantRegime.Int4 : QuantRegime.FP, buffers.Stream);
                break;
            case "order":
                communicator.AllReduce(DataType.Float16, buffers.Input.Handle, buffers.Output.Handle, 10, QuantRegime.FP, buffers.Stream.Handle);
                communicator.AllReduce(buffers.Input, buffers.Output, regime, buffers.Stream);
                break;
            case "launch":
                driver.Fail("cuLaunchKernel", 701);
                communicator.AllReduce(buffers.Input, buffers.Output, regime, buffers.Stream);
                break;
            case "buffer":
                try
                {
                    communicator.AllReduce(DataType.Float16, buffers.Input.Handle, buffers.Input.Handle + 2, 100, regime, buffers.Stream.Handle);
                }
                catch (InvalidBufferException exception)
                {
                    Report.Write("refused", exception.Rank);
                }

                communicator.Abort("enough");
                communicator.ThrowIfOver();
                break;
            case "abort":
                communicator.Abort("the model does not fit");
                communicator.ThrowIfOver();
                break;
            case "leave":
            case "replay":
                break;
            default:
                Accident.Happen(what);
                break;
        }

        communicator.Synchronize(Patience);
    }

    /// <summary>The device and the process are as good as before: the ranks that are left form a group of their own.</summary>
    private static async Task GoOnAsync(StandInDriver driver, Settings settings, int culprit, RankBuffers buffers)
    {
        using var communicator = await GpuCommunicator.JoinAsync(JobKernels.Kernels, settings.Environment.Without(culprit), settings.Join(driver, "again"));
        buffers.Input.CopyFrom([(Half)1], buffers.Stream);
        communicator.AllReduce(DataType.Float16, buffers.Input.Handle, buffers.Output.Handle, 1, QuantRegime.FP, buffers.Stream.Handle);
        communicator.Synchronize(Patience);
        var sum = new Half[1];
        buffers.Output.CopyTo(sum, buffers.Stream);
        Report.Write("again", (int)sum[0]);
    }
}
