using System.Globalization;

namespace QuickReduce.Gpu.Processes;

/// <summary>
/// Every variant of the default set, between processes: sizes, in place, out of alignment, calls in a row and graph replays,
/// each result compared bit for bit with the managed backend, which computes it in every process. Then a few times.
/// </summary>
internal sealed class ProcessVerification(RankEnvironment environment)
{
    private const int LargestCount = 1_000_003;
    private const long Bytes = 64L << 20;
    private const int ReplayedCount = 20_001;
    private const int Replays = 20;
    private const int CallsInARow = 40;
    private const int CallsPerGraph = 10;
    private const int TimedReplays = 11;

    private static readonly int[] Counts = [0, 1, 33, 2049, 40_001, LargestCount];
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private int _compared;
    private int _wrong;

    public async Task RunAsync()
    {
        foreach (var algorithm in new[] { AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot })
        {
            using var communicator = await ProcessRank.JoinAsync(environment, algorithm, Limit);
            ProcessRank.Say($"joined {algorithm} on {communicator.Device}, with {communicator.RanksOnDevice} ranks on it, {communicator.WorkspaceBytes / 1024.0 / 1024:F1} MiB of workspaces");
            using var memory = new RankMemory(communicator.Device, Bytes);
            foreach (var (variant, _) in communicator.LoadedVariants)
            {
                Sizes(communicator, memory, variant);
                Replay(communicator, memory, variant);
                ProcessRank.Say("verified " + variant);
            }
        }

        using (var communicator = await ProcessRank.JoinAsync(environment, algorithm: null, Limit))
        {
            using var memory = new RankMemory(communicator.Device, Bytes);
            InARow(communicator, memory);
            Time(communicator, memory);
        }

        ProcessRank.Say(string.Create(CultureInfo.InvariantCulture, $"compared {_compared} {_wrong}"));
    }

    private void Sizes(GpuCommunicator communicator, RankMemory memory, KernelVariant variant)
    {
        var size = WireFormat.SizeOf(variant.DataType);
        var random = new Random(31);
        foreach (var count in Counts)
        {
            foreach (var (_, make) in Messages.Kinds.Take(count == LargestCount ? 1 : 2))
            {
                var messages = make(random, variant.DataType, communicator.WorldSize, count);
                var expected = Messages.Expected(GpuKernels.Kernels, variant, messages);
                foreach (var (inPlace, shift) in new[] { (false, 0), (true, 0), (false, 3 * size) })
                {
                    RankMemory.Write(memory.Input, shift, messages[communicator.Rank], memory.Stream);
                    Call(communicator, memory, variant, count, shift, inPlace);
                    Compare(communicator, memory, inPlace ? memory.Input : memory.Output, shift, expected, $"{variant}, {count} elements");
                }
            }
        }
    }

    /// <summary>A call captured and replayed, with other data every time, in every process by itself.</summary>
    private void Replay(GpuCommunicator communicator, RankMemory memory, KernelVariant variant)
    {
        var random = new Random(32);
        var sets = Enumerable.Range(0, 3).Select(_ => Messages.Integers(random, variant.DataType, communicator.WorldSize, ReplayedCount)).ToArray();
        var expected = sets.Select(set => Messages.Expected(GpuKernels.Kernels, variant, set)).ToArray();
        using var graph = GpuGraph.Capture(memory.Stream, () => Call(communicator, memory, variant, ReplayedCount, 0, inPlace: false));
        for (var replay = 0; replay < Replays; replay++)
        {
            RankMemory.Write(memory.Input, 0, sets[replay % sets.Length][communicator.Rank], memory.Stream);
            graph.Launch(memory.Stream);
            Compare(communicator, memory, memory.Output, 0, expected[replay % sets.Length], $"{variant}, replay {replay}");
        }
    }

    /// <summary>Calls of all types, regimes and sizes without a pause, in the algorithm that each one's size asks for.</summary>
    private void InARow(GpuCommunicator communicator, RankMemory memory)
    {
        var random = new Random(33);
        KernelVariant[] variants = [.. communicator.LoadedVariants.Select(static loaded => loaded.Variant)];
        var offset = 0L;
        List<(KernelVariant Variant, int Count, long Offset, byte[][] Messages)> calls = [];
        while (calls.Count < CallsInARow)
        {
            var variant = variants[random.Next(variants.Length)];
            var count = random.Next(4) == 0 ? random.Next(1, 400_000) : random.Next(1, 20_000);
            var messages = Messages.Kinds[1].Make(random, variant.DataType, communicator.WorldSize, count);
            RankMemory.Write(memory.Input, offset, messages[communicator.Rank], memory.Stream);
            calls.Add((variant, count, offset, messages));
            offset += (messages[0].Length + 15) / 16 * 16;
        }

        calls.ForEach(call => Call(communicator, memory, call.Variant, call.Count, call.Offset, inPlace: false));
        foreach (var (asked, count, start, messages) in calls)
        {
            // In full precision every algorithm gives the same bits; otherwise the size decides.
            var limit = communicator.WorldSize switch { 2 => 1024, 3 or 4 => 256, _ => 64 } * 1024;
            var variant = asked with { Algorithm = messages[0].Length <= limit ? AllReduceAlgorithm.OneShot : AllReduceAlgorithm.TwoShot };
            Compare(communicator, memory, memory.Output, start, Messages.Expected(GpuKernels.Kernels, variant, messages), $"{asked}, {count} elements, in a row");
        }

        ProcessRank.Say("verified calls in a row");
    }

    private static void Time(GpuCommunicator communicator, RankMemory memory)
    {
        foreach (var bytes in new[] { 16 << 10, 256 << 10, 4 << 20, 32 << 20 })
        {
            foreach (var regime in new[] { QuantRegime.FP, QuantRegime.Int4 })
            {
                var time = GraphTimer.Time(
                    memory.Stream, warmUps: 2, communicator.RanksOnDevice == 1 ? TimedReplays : 3, CallsPerGraph,
                    () => communicator.AllReduce(DataType.Float16, memory.Input.Handle, memory.Output.Handle, bytes / sizeof(ushort), regime, memory.Stream.Handle), [memory.Stream]);
                communicator.Synchronize(Limit);
                ProcessRank.Say(string.Create(CultureInfo.InvariantCulture, $"time float16 {regime} {bytes >> 10} KiB: {time.Median:F1} µs (p10 {time.P10:F1}, p90 {time.P90:F1})"));
            }
        }
    }

    private static void Call(GpuCommunicator communicator, RankMemory memory, KernelVariant variant, int count, long offset, bool inPlace)
    {
        var input = memory.Input.Handle + (nint)offset;
        communicator.AllReduce(variant.DataType, input, inPlace ? input : memory.Output.Handle + (nint)offset, count, variant.Mode, memory.Stream.Handle);
    }

    private void Compare(GpuCommunicator communicator, RankMemory memory, DeviceBuffer<byte> sums, long offset, byte[] expected, string call)
    {
        memory.Stream.Synchronize();
        communicator.ThrowIfOver();
        _compared++;
        var actual = RankMemory.Read(sums, offset, expected.Length, memory.Stream);
        if (!expected.AsSpan().SequenceEqual(actual))
        {
            _wrong++;
            ProcessRank.Say("wrong " + call + ": first in byte " + expected.AsSpan().CommonPrefixLength(actual));
        }
    }
}
