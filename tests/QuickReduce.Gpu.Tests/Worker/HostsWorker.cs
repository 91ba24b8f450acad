using System.Runtime.InteropServices;
using QuickReduce.Tests.Shared.Processes;

namespace QuickReduce.Gpu.Tests.Worker;

/// <summary>One rank of a job whose processes are told that they are on several hosts: calls, replays, and what a call allocates.</summary>
internal static class HostsWorker
{
    private const int MostElements = 300_000;
    private const int CapturedElements = 30_000;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(StandInDriver driver, Settings settings)
    {
        var nccl = new StandInNccl(settings.Text("nccl", string.Empty), driver);
        if (settings.Text("what", string.Empty) is { Length: > 0 } what)
        {
            await HostFaults.RunAsync(driver, nccl, settings, what);
        }
        else
        {
            await CallAsync(driver, settings);
        }

        Report.Write("communicators", nccl.Alive);
    }

    /// <summary>How this rank joins: hosts are as many ranks in a row each.</summary>
    public static MultiHostOptions Options(StandInDriver driver, Settings settings) => new()
    {
        Local = settings.Join(driver),
        HostName = "host " + settings.Environment.Rank / settings.Number("perhost", 2),
        Library = settings.Text("nccl", string.Empty),
        StagingBytes = settings.Number("staging", 1 << 17),
    };

    private static async Task CallAsync(StandInDriver driver, Settings settings)
    {
        using var communicator = await MultiHostGpuCommunicator.JoinAsync(JobKernels.Kernels, settings.Environment, Options(driver, settings));
        Report.Write("formed", communicator.Host, communicator.HostCount, communicator.LocalRank, communicator.Engine is null ? "alone" : "connected");
        using var buffers = new RankBuffers(communicator.Device, MostElements);
        var random = new Random(6);
        for (var call = 0; call < settings.Number("calls", 20); call++)
        {
            // Of more than two hosts the order of additions is not ours: of whole numbers it does not matter.
            var regime = communicator.HostCount > 2 || random.Next(2) == 0 ? QuantRegime.FP : QuantRegime.Int4;
            var length = random.Next(4) == 0 ? random.Next(MostElements) : random.Next(30_000);
            var inPlace = random.Next(2) == 0;
            buffers.Input.CopyFrom(Message(communicator, call, communicator.Rank, length).AsSpan(), buffers.Stream);
            communicator.AllReduce(DataType.Float16, buffers.Input.Handle, inPlace ? buffers.Input.Handle : buffers.Output.Handle, length, regime, buffers.Stream.Handle);
            Compare(communicator, buffers, inPlace ? buffers.Input : buffers.Output, Expected(communicator, regime, call, length));
        }

        Replay(communicator, buffers);
        Report.Write("allocated", long.Min(Allocated(communicator, buffers), Allocated(communicator, buffers)));
        communicator.Synchronize(Patience);
        Report.Write("right");
    }

    /// <summary>Bytes that calls allocate, which the first time may be what is made once.</summary>
    private static long Allocated(MultiHostGpuCommunicator communicator, RankBuffers buffers)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var call = 0; call < 20; call++)
        {
            communicator.AllReduce(DataType.Float16, buffers.Input.Handle, buffers.Output.Handle, 5000, QuantRegime.FP, buffers.Stream.Handle);
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Replay(MultiHostGpuCommunicator communicator, RankBuffers buffers)
    {
        using var graph = GpuGraph.Capture(buffers.Stream, () =>
        {
            communicator.AllReduce(DataType.Float16, buffers.Input.Handle, buffers.Output.Handle, CapturedElements, QuantRegime.FP, buffers.Stream.Handle);
            communicator.AllReduce(DataType.Float16, buffers.Input.Handle, buffers.Input.Handle, CapturedElements, QuantRegime.FP, buffers.Stream.Handle);
        });
        for (var replay = 0; replay < 4; replay++)
        {
            buffers.Input.CopyFrom(Message(communicator, replay, communicator.Rank, CapturedElements).AsSpan(), buffers.Stream);
            graph.Launch(buffers.Stream);
            Compare(communicator, buffers, buffers.Output, Expected(communicator, QuantRegime.FP, replay, CapturedElements));
            Compare(communicator, buffers, buffers.Input, Expected(communicator, QuantRegime.FP, replay, CapturedElements));
        }
    }

    private static Half[] Message(MultiHostGpuCommunicator communicator, int call, int rank, int length)
    {
        var message = RankBuffers.Message(call, rank, length);
        return communicator.HostCount > 2 ? [.. message.Select(static element => (Half)(int)(10 * float.Clamp((float)element, -10, 10)))] : message;
    }

    private static Half[] Expected(MultiHostGpuCommunicator communicator, QuantRegime regime, int call, int length)
    {
        var perHost = communicator.WorldSize / communicator.HostCount;
        var sums = Enumerable.Range(0, communicator.HostCount)
            .Select(host => Sum(regime, [.. Enumerable.Range(host * perHost, perHost).Select(rank => Message(communicator, call, rank, length))])).ToArray();
        var sum = sums[0];
        foreach (var other in sums.Skip(1))
        {
            for (var i = 0; i < length; i++)
            {
                sum[i] = (Half)((float)sum[i] + (float)other[i]);
            }
        }

        return sum;
    }

    private static Half[] Sum(QuantRegime regime, Half[][] messages)
    {
        if (messages.Length > 1)
        {
            using var group = AllReduceGroup.Create(JobKernels.Kernels, messages.Length, new GroupOptions { Device = DeviceKind.Managed, MaxThreads = 1 });
            group.AllReduce<Half>(regime, [.. messages.Select(static message => (ReadOnlyMemory<Half>)message)], [.. messages.Select(static message => (Memory<Half>)message)]);
        }

        return messages[0];
    }

    private static void Compare(MultiHostGpuCommunicator communicator, RankBuffers buffers, DeviceBuffer<Half> memory, Half[] expected)
    {
        communicator.Synchronize(Patience);
        var sum = new Half[expected.Length];
        memory.CopyTo(sum, buffers.Stream);
        if (!MemoryMarshal.Cast<Half, ushort>(sum.AsSpan()).SequenceEqual(MemoryMarshal.Cast<Half, ushort>(expected.AsSpan())))
        {
            Report.Write("differs", expected.Length);
            Environment.Exit(3);
        }
    }
}
