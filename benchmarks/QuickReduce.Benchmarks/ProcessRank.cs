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

    // Some seconds: the JIT compiles three times before it is done, the last times in the background, after a pause in which
    // nothing new is called; and where a launcher keeps a rank on one processor, on that one.
    private const int WarmUpRounds = 40;

    // An array, as generated code has it.
    private static readonly KernelSet Kernels = new("QuickReduce.Benchmarks.ProcessRank", Variants(), []);

    /// <summary>Joins and measures.</summary>
    /// <param name="regime">How elements travel.</param>
    /// <param name="isShared">Whether the buffers lie in memory that the ranks share.</param>
    /// <param name="sizes">Bytes of a rank's message.</param>
    public static async Task<int> RunAsync(QuantRegime regime, bool isShared, IEnumerable<long> sizes)
    {
        using var communicator = await Communicator.JoinAsync(Kernels, RankEnvironment.FromEnvironment());
        var first = true;
        foreach (var bytes in sizes)
        {
            var length = (int)(bytes / 2);
            if (isShared)
            {
                using var input = communicator.AllocateShared<Half>(length);
                using var output = communicator.AllocateShared<Half>(length);
                Measure(communicator, regime, input, output, first);
            }
            else
            {
                Measure(communicator, regime, new Half[length], new Half[length], first);
            }

            first = false;
        }

        return 0;
    }

    private static void Measure(Communicator communicator, QuantRegime regime, Span<Half> input, Span<Half> output, bool isFirst)
    {
        for (var i = 0; i < input.Length; i++)
        {
            input[i] = BitConverter.UInt16BitsToHalf((ushort)(0x3000 + i % 977));
        }

        var once = Slowest(communicator, SecondsPerCall(communicator, regime, input, output, calls: 3));
        var calls = Calls(once);
        for (var round = 0; round < (isFirst ? WarmUpRounds : 1); round++)
        {
            once = Slowest(communicator, SecondsPerCall(communicator, regime, input, output, calls));
            calls = Calls(once);
            Thread.Sleep(isFirst ? 100 : 0);
        }

        var samples = new double[Samples];
        for (var sample = 0; sample < Samples; sample++)
        {
            samples[sample] = Slowest(communicator, SecondsPerCall(communicator, regime, input, output, calls));
        }

        Array.Sort(samples);
        if (communicator.Rank == 0)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"allreduce {communicator.WorldSize} {input.Length * 2L} {samples[Samples / 2] * 1e6:F3}"));
        }
    }

    private static int Calls(double secondsPerCall) => (int)double.Clamp(SampleSeconds / secondsPerCall, 1, 1_000_000);

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

    private static double SecondsPerCall(Communicator communicator, QuantRegime regime, ReadOnlySpan<Half> input, Span<Half> output, int calls)
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
