using System.Globalization;
using QuickReduce.Collectives.Hosts;
using QuickReduce.Devices.Gpu.Nccl;

namespace QuickReduce.Gpu.Processes;

/// <summary>
/// All types and regimes of the default set over several hosts: sizes, in place, calls in a row and graph replays, each
/// result compared bit for bit with the managed backend. Then a few times, and NCCL's by itself where it can be had.
/// </summary>
internal sealed class HostsVerification(RankEnvironment environment, HostPlan plan)
{
    private const long Bytes = 64L << 20;
    private const int ReplayedCount = 20_001;
    private const int Replays = 20;
    private const int CallsPerGraph = 10;
    private const int TimedReplays = 11;

    private static readonly int[] Counts = [0, 1, 33, 2049, 40_001, 1_000_003];
    private static readonly int[] TimedBytes = [16 << 10, 256 << 10, 4 << 20, 32 << 20];
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private int _compared;
    private int _wrong;

    public async Task RunAsync()
    {
        using (var communicator = await ProcessRank.JoinHostsAsync(environment, plan, Limit))
        {
            ProcessRank.Say($"joined as rank {communicator.LocalRank} of host {communicator.Host} on {communicator.Device}, hosts through {communicator.Engine}");
            using var memory = new RankMemory(communicator.Device, Bytes);
            foreach (var (type, mode) in Modes())
            {
                Sizes(communicator, memory, type, mode);
                Replay(communicator, memory, type, mode);
                ProcessRank.Say("verified " + KernelVariant.NameOf(type) + " " + mode);
            }

            Time(communicator, memory);
        }

        if (plan.HasGpuForEach)
        {
            TimeNcclAlone();
        }

        ProcessRank.Say(string.Create(CultureInfo.InvariantCulture, $"compared {_compared} {_wrong}"));
    }

    private IEnumerable<(DataType Type, AllReduceMode Mode)> Modes() => plan.PerHost == 1
        ? GpuKernels.Kernels.Variants.Select(static variant => (variant.DataType, new AllReduceMode(QuantRegime.FP))).Distinct()
        : GpuKernels.Kernels.Variants.Where(variant => variant.WorldSize == plan.PerHost).Select(static variant => (variant.DataType, new AllReduceMode(variant.Regime, variant.GroupSize))).Distinct();

    private void Sizes(MultiHostGpuCommunicator communicator, RankMemory memory, DataType type, AllReduceMode mode)
    {
        var random = new Random(51);
        foreach (var count in Counts)
        {
            var (messages, expected) = Case(random, type, mode, count);
            foreach (var inPlace in new[] { false, true })
            {
                RankMemory.Write(memory.Input, 0, messages[communicator.Rank], memory.Stream);
                Call(communicator, memory, type, mode, count, inPlace);
                Compare(communicator, memory, inPlace ? memory.Input : memory.Output, expected, $"{KernelVariant.NameOf(type)} {mode}, {count} elements");
            }
        }
    }

    private void Replay(MultiHostGpuCommunicator communicator, RankMemory memory, DataType type, AllReduceMode mode)
    {
        var random = new Random(52);
        var cases = Enumerable.Range(0, 3).Select(_ => Case(random, type, mode, ReplayedCount)).ToArray();
        using var graph = GpuGraph.Capture(memory.Stream, () => Call(communicator, memory, type, mode, ReplayedCount, inPlace: false));
        for (var replay = 0; replay < Replays; replay++)
        {
            var (messages, expected) = cases[replay % cases.Length];
            RankMemory.Write(memory.Input, 0, messages[communicator.Rank], memory.Stream);
            graph.Launch(memory.Stream);
            Compare(communicator, memory, memory.Output, expected, $"{KernelVariant.NameOf(type)} {mode}, replay {replay}");
        }
    }

    /// <summary>Messages of all ranks, and their sum as it is defined: of more than two hosts, whole numbers, whose sum no order changes.</summary>
    private (byte[][] Messages, byte[] Expected) Case(Random random, DataType type, AllReduceMode mode, int count)
    {
        var worldSize = plan.Hosts * plan.PerHost;
        var messages = plan.Hosts > 2
            ? Messages.Integers(random, type, worldSize, count)
            : [.. Enumerable.Range(0, worldSize).Select(_ => Messages.Moderate(random, type, count))];
        var sums = messages.Chunk(plan.PerHost).Select(host => host.Length == 1 ? host[0] : Messages.Expected(GpuKernels.Kernels, VariantOf(type, mode, host), host)).ToArray();
        return (messages, plan.Hosts == 1 ? sums[0] : Messages.Expected(GpuKernels.Kernels, new KernelVariant(type, QuantRegime.FP, plan.Hosts), sums));
    }

    private static KernelVariant VariantOf(DataType type, AllReduceMode mode, byte[][] messages)
    {
        var limit = DocumentedRule.OneShotMaxBytes(messages.Length, mode.Regime);
        return new KernelVariant(type, mode.Regime, messages.Length, messages[0].Length <= limit ? AllReduceAlgorithm.OneShot : AllReduceAlgorithm.TwoShot) { GroupSize = mode.GroupSize };
    }

    private void Time(MultiHostGpuCommunicator communicator, RankMemory memory)
    {
        foreach (var bytes in TimedBytes)
        {
            foreach (var regime in plan.PerHost == 1 ? new[] { QuantRegime.FP } : [QuantRegime.FP, QuantRegime.Int4])
            {
                Tell(regime.ToString(), bytes, GraphTimer.Time(
                    memory.Stream, warmUps: 2, plan.HasGpuForEach ? TimedReplays : 3, CallsPerGraph,
                    () => communicator.AllReduce(DataType.Float16, memory.Input.Handle, memory.Output.Handle, bytes / sizeof(ushort), regime, memory.Stream.Handle), [memory.Stream]));
                communicator.Synchronize(Limit);
            }
        }
    }

    /// <summary>One communicator of NCCL over all ranks.</summary>
    private void TimeNcclAlone()
    {
        var device = plan.DeviceOf(environment.Rank);
        var library = NcclLibrary.Load(device.Kind, path: null);
        var exchange = new NcclExchange(library, device);
        exchange.Connect(ShareId(library), environment.Rank, environment.WorldSize);
        using (var memory = new RankMemory(device, Bytes))
        {
            foreach (var bytes in TimedBytes)
            {
                Tell("NCCL alone", bytes, GraphTimer.Time(
                    memory.Stream, warmUps: 2, TimedReplays, CallsPerGraph,
                    () => exchange.AddUp(DataType.Float16, memory.Input.Handle, memory.Output.Handle, bytes / sizeof(ushort), memory.Stream.Handle), [memory.Stream]));
            }
        }

        exchange.Close();
    }

    /// <summary>Rank 0's id of a communicator, through a file of the job's.</summary>
    private byte[] ShareId(NcclLibrary library)
    {
        var path = Path.Combine(Environment.GetEnvironmentVariable("QUICKREDUCE_RUNTIME_DIR")!, "nccl-id");
        if (environment.Rank == 0)
        {
            File.WriteAllBytes(path + ".new", library.CreateId());
            File.Move(path + ".new", path);
        }

        return SpinWait.SpinUntil(() => File.Exists(path), Limit) ? File.ReadAllBytes(path) : throw new TimeoutException("Rank 0 has not told the id of NCCL's communicator.");
    }

    private static void Tell(string what, int bytes, Statistics time) =>
        ProcessRank.Say(string.Create(CultureInfo.InvariantCulture, $"time float16 {what} {bytes >> 10} KiB: {time.Median:F1} µs (p10 {time.P10:F1}, p90 {time.P90:F1})"));

    private static void Call(MultiHostGpuCommunicator communicator, RankMemory memory, DataType type, AllReduceMode mode, int count, bool inPlace) =>
        communicator.AllReduce(type, memory.Input.Handle, inPlace ? memory.Input.Handle : memory.Output.Handle, count, mode, memory.Stream.Handle);

    private void Compare(MultiHostGpuCommunicator communicator, RankMemory memory, DeviceBuffer<byte> sums, byte[] expected, string call)
    {
        communicator.Synchronize(Limit);
        _compared++;
        var actual = RankMemory.Read(sums, 0, expected.Length, memory.Stream);
        if (!expected.AsSpan().SequenceEqual(actual))
        {
            _wrong++;
            ProcessRank.Say("wrong " + call + ": first in byte " + expected.AsSpan().CommonPrefixLength(actual));
        }
    }
}
