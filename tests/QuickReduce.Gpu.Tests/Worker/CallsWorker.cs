using System.Runtime.InteropServices;
using QuickReduce.Tests.Shared.Processes;

namespace QuickReduce.Gpu.Tests.Worker;

/// <summary>Calls of random sizes and regimes, in place or not, and then one that is captured and replayed.</summary>
internal static class CallsWorker
{
    private const int MostElements = 700_000;
    private const int CapturedElements = 30_000;

    public static async Task RunAsync(StandInDriver driver, Settings settings)
    {
        using var communicator = await GpuCommunicator.JoinAsync(JobKernels.Kernels, settings.Environment, settings.Join(driver));
        Report.Write("formed", communicator.RanksOnDevice, communicator.LoadedVariants.Max(static loaded => loaded.MaxBlocks));
        using var group = AllReduceGroup.Create(JobKernels.Kernels, communicator.WorldSize, new GroupOptions { Device = DeviceKind.Managed, MaxThreads = 1 });
        using var buffers = new RankBuffers(communicator.Device, MostElements);
        var random = new Random(5);
        for (var call = 0; call < settings.Number("calls", 30); call++)
        {
            var regime = random.Next(2) == 0 ? QuantRegime.FP : QuantRegime.Int4;
            var length = random.Next(10) == 0 ? random.Next(600_000, MostElements) : random.Next(40_000);
            var inPlace = random.Next(2) == 0;
            buffers.Input.CopyFrom(RankBuffers.Message(call, communicator.Rank, length).AsSpan(), buffers.Stream);
            communicator.AllReduce(DataType.Float16, buffers.Input.Handle, inPlace ? buffers.Input.Handle : buffers.Output.Handle, length, regime, buffers.Stream.Handle);
            Compare(communicator, buffers, inPlace ? buffers.Input : buffers.Output, RankBuffers.Expected(group, regime, call, length));
        }

        using var graph = GpuGraph.Capture(buffers.Stream, () =>
        {
            communicator.AllReduce(DataType.Float16, buffers.Input.Handle, buffers.Output.Handle, CapturedElements, QuantRegime.Int4, buffers.Stream.Handle);
            communicator.AllReduce(DataType.Float16, buffers.Output.Handle, buffers.Output.Handle, 1000, QuantRegime.FP, buffers.Stream.Handle);
        });
        for (var replay = 0; replay < 5; replay++)
        {
            buffers.Input.CopyFrom(RankBuffers.Message(replay, communicator.Rank, CapturedElements).AsSpan(), buffers.Stream);
            graph.Launch(buffers.Stream);
            var expected = RankBuffers.Expected(group, QuantRegime.Int4, replay, CapturedElements);
            for (var i = 0; i < 1000; i++)
            {
                expected[i] = (Half)((float)expected[i] * communicator.WorldSize);
            }

            Compare(communicator, buffers, buffers.Output, expected);
        }

        Report.Write("right");
    }

    private static void Compare(GpuCommunicator communicator, RankBuffers buffers, DeviceBuffer<Half> memory, Half[] expected)
    {
        communicator.Synchronize(TimeSpan.FromSeconds(60));
        var sum = new Half[expected.Length];
        memory.CopyTo(sum, buffers.Stream);
        if (!MemoryMarshal.Cast<Half, ushort>(sum.AsSpan()).SequenceEqual(MemoryMarshal.Cast<Half, ushort>(expected.AsSpan())))
        {
            Report.Write("differs", expected.Length);
            Environment.Exit(3);
        }
    }
}
