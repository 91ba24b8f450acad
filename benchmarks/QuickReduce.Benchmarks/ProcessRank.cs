using System.Diagnostics;
using System.Globalization;

namespace QuickReduce.Benchmarks;

/// <summary>
/// One rank of a job that a launcher has started, which times calls and prints what benchmarks/mpi/allreduce.c prints:
/// <c>allreduce RANKS BYTES MICROSECONDS</c>, the median over batches of the time per call of the slowest rank.
/// </summary>
internal static class ProcessRank
{
    private const int Samples = 11;
    private const double SampleSeconds = 0.03;
    private const int WarmUpRounds = 6;

    // An array, as generated code has it.
    private static readonly KernelSet Kernels = new("QuickReduce.Benchmarks.ProcessRank", Variants(), []);

    /// <summary>Joins and measures.</summary>
    public static async Task<int> RunAsync(QuantRegime regime, IEnumerable<long> sizes)
    {
        using var communicator = await Communicator.JoinAsync(Kernels, RankEnvironment.FromEnvironment());
        var first = true;
        foreach (var bytes in sizes)
        {
            var input = new Half[bytes / 2];
            var output = new Half[bytes / 2];
            for (var i = 0; i < input.Length; i++)
            {
                input[i] = BitConverter.UInt16BitsToHalf((ushort)(0x3000 + i % 977));
            }

            var once = Slowest(communicator, SecondsPerCall(communicator, regime, input, output, calls: 3));
            var calls = (int)double.Clamp(SampleSeconds / once, 1, 1_000_000);
            for (var round = 0; round < (first ? WarmUpRounds : 1); round++)
            {
                // The JIT compiles three times before it is done, the last times in the background.
                once = Slowest(communicator, SecondsPerCall(communicator, regime, input, output, calls));
                calls = (int)double.Clamp(SampleSeconds / once, 1, 1_000_000);
                Thread.Sleep(first ? 100 : 0);
            }

            first = false;
            var samples = Enumerable.Range(0, Samples).Select(_ => Slowest(communicator, SecondsPerCall(communicator, regime, input, output, calls))).Order().ToArray();
            if (communicator.Rank == 0)
            {
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"allreduce {communicator.WorldSize} {bytes} {samples[Samples / 2] * 1e6:F3}"));
            }
        }

        return 0;
    }

    /// <summary>
    /// Joins, and prints when it began and ended, on the clock that all processes of a machine share, and the processor time
    /// in between, in ticks of 100 ns.
    /// </summary>
    public static async Task<int> JoinAsync()
    {
        var used = Environment.CpuUsage.TotalTime;
        var began = Stopwatch.GetTimestamp();
        using var communicator = await Communicator.JoinAsync(Kernels, RankEnvironment.FromEnvironment());
        var ended = Stopwatch.GetTimestamp();
        used = Environment.CpuUsage.TotalTime - used;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{began} {ended} {used.Ticks}"));
        return 0;
    }

    private static KernelVariant[] Variants()
    {
        const int PerWorldSize = 3;
        const int Least = 2;
        var variants = new KernelVariant[PerWorldSize * (SpecializationRules.MaxWorldSize - Least + 1)];
        for (int worldSize = Least, count = 0; worldSize <= SpecializationRules.MaxWorldSize; worldSize++)
        {
            variants[count++] = new KernelVariant(DataType.Float16, QuantRegime.FP, worldSize);
            variants[count++] = new KernelVariant(DataType.Float32, QuantRegime.FP, worldSize);
            variants[count++] = new KernelVariant(DataType.Float16, QuantRegime.Int4, worldSize);
        }

        return variants;
    }

    private static double SecondsPerCall(Communicator communicator, QuantRegime regime, Half[] input, Half[] output, int calls)
    {
        // All ranks begin together.
        communicator.AllReduce<float>(QuantRegime.FP, new float[1]);
        var started = Stopwatch.GetTimestamp();
        for (var call = 0; call < calls; call++)
        {
            communicator.AllReduce<Half>(regime, input, output);
        }

        return Stopwatch.GetElapsedTime(started).TotalSeconds / calls;
    }

    /// <summary>The slowest rank's time: every rank adds its own in a place of its own, so that the sum holds them all.</summary>
    private static double Slowest(Communicator communicator, double seconds)
    {
        var times = new float[communicator.WorldSize];
        times[communicator.Rank] = (float)seconds;
        communicator.AllReduce<float>(QuantRegime.FP, times);
        return times.Max();
    }
}
