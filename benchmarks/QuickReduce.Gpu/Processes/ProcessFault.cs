using System.Globalization;

namespace QuickReduce.Gpu.Processes;

/// <summary>
/// Calls without end, until something happens to the culprit, here or from outside. Then says which exception came, and
/// whether the device can still be used.
/// </summary>
internal sealed class ProcessFault(Task<FaultyRank> joining, string what, bool isCulprit)
{
    private const int Count = 2_000_001;
    private const int CallsBeforeFault = 40;

    public async Task RunAsync()
    {
        using var communicator = await joining;
        using var memory = new RankMemory(communicator.Device, Count * sizeof(ushort));
        try
        {
            CallOn(communicator, memory);
        }
        catch (QuickReduceException exception)
        {
            ProcessRank.Say(string.Create(CultureInfo.InvariantCulture, $"ended {DateTime.UtcNow.Ticks} {exception.GetType().Name}: {exception.Message}"));
        }

        if (!isCulprit)
        {
            communicator.Dispose();
            UseDevice(communicator.Device);
        }
    }

    private void CallOn(FaultyRank communicator, RankMemory memory)
    {
        using var graph = what == "replay" ? GpuGraph.Capture(memory.Stream, () => Call(communicator, memory, Count, QuantRegime.Int4)) : null;
        for (var call = 0; ; call++)
        {
            if (call == CallsBeforeFault)
            {
                ProcessRank.Say("calling");
                if (isCulprit && what is not ("kill" or "stop"))
                {
                    // The launcher waits until all say that they call.
                    Thread.Sleep(100);
                    ProcessRank.Say("faulting");
                    Misbehave(communicator, memory);
                    return;
                }
            }

            if (graph is not null)
            {
                graph.Launch(memory.Stream);
            }
            else
            {
                Call(communicator, memory, call % 3 == 0 ? 20_000 : Count, call % 2 == 0 ? QuantRegime.FP : QuantRegime.Int4);
            }

            if (call % 4 == 3)
            {
                memory.Stream.Synchronize();
                communicator.ThrowIfOver();
            }
        }
    }

    private void Misbehave(FaultyRank communicator, RankMemory memory)
    {
        switch (what)
        {
            case "abort":
                communicator.Abort("enough of it");
                break;
            case "mismatch":
                Call(communicator, memory, Count - 7, QuantRegime.Int8);
                break;
        }

        // Everything else is to leave, with "replay" while the others replay graphs.
    }

    private static void Call(FaultyRank communicator, RankMemory memory, int count, QuantRegime regime) =>
        communicator.Call(memory.Input.Handle, memory.Output.Handle, count, regime, memory.Stream.Handle);

    /// <summary>The device and the process are as good as before: two ranks on it, in this process, all-reduce.</summary>
    private static void UseDevice(GpuDevice device)
    {
        using var ranks = new GpuRanks(GpuKernels.Kernels, [device, device], Count * sizeof(ushort), algorithm: null, TimeSpan.FromSeconds(10));
        var variant = new KernelVariant(DataType.Float16, QuantRegime.Int4, 2, AllReduceAlgorithm.TwoShot);
        var random = new Random(41);
        byte[][] messages = [Messages.Moderate(random, DataType.Float16, Count), Messages.Moderate(random, DataType.Float16, Count)];
        ranks.Write(ranks.Inputs, 0, 0, messages[0]);
        ranks.Write(ranks.Inputs, 1, 0, messages[1]);
        ranks.AllReduce(variant, Count, 0, 0);
        ranks.Synchronize();
        var expected = Messages.Expected(GpuKernels.Kernels, variant, messages);
        if (expected.AsSpan().SequenceEqual(ranks.Read(ranks.Outputs, 0, 0, expected.Length)) && expected.AsSpan().SequenceEqual(ranks.Read(ranks.Outputs, 1, 0, expected.Length)))
        {
            ProcessRank.Say("usable");
        }
    }
}
