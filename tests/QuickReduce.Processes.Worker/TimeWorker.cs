using System.Diagnostics;
using System.Globalization;

namespace QuickReduce.Processes.Worker;

/// <summary>Times calls, for benchmarks beside other engines: prints "allreduce RANKS BYTES MICROSECONDS", as they do.</summary>
internal static class TimeWorker
{
    private const int Samples = 11;
    private const double SampleSeconds = 0.03;

    public static async Task RunAsync(RankEnvironment environment, JoinOptions options, QuantRegime regime, string sizes)
    {
        var watch = Stopwatch.StartNew();
        var compiled = (System.Runtime.JitInfo.GetCompiledMethodCount(), System.Runtime.JitInfo.GetCompilationTime());
        using var communicator = await Communicator.JoinAsync(WorkerKernels.All, environment, options);
        if (environment.Rank == 0)
        {
            Report.Write("formed", watch.Elapsed.TotalMilliseconds, System.Runtime.JitInfo.GetCompiledMethodCount() - compiled.Item1, (System.Runtime.JitInfo.GetCompilationTime() - compiled.Item2).TotalMilliseconds);
        }

        foreach (var bytes in sizes.Split(',').Select(size => long.Parse(size, CultureInfo.InvariantCulture)))
        {
            var input = new Half[bytes / 2];
            var output = new Half[bytes / 2];
            for (var i = 0; i < input.Length; i++)
            {
                input[i] = BitConverter.UInt16BitsToHalf((ushort)(0x3000 + i % 977));
            }

            // The first calls pass through the JIT's stages, on a thread of its own.
            Seconds(communicator, regime, input, output, 50);
            Thread.Sleep(200);
            var once = Slowest(communicator, Seconds(communicator, regime, input, output, 5));
            var calls = (int)double.Clamp(SampleSeconds / once, 1, 1_000_000);
            Seconds(communicator, regime, input, output, calls);
            var samples = Enumerable.Range(0, Samples).Select(_ => Slowest(communicator, Seconds(communicator, regime, input, output, calls))).Order().ToArray();
            if (environment.Rank == 0)
            {
                Report.Write("allreduce", environment.WorldSize, bytes, samples[Samples / 2] * 1e6);
            }
        }
    }

    private static double Seconds(Communicator communicator, QuantRegime regime, Half[] input, Half[] output, int calls)
    {
        communicator.AllReduce<Half>(QuantRegime.FP, new Half[1]);
        var started = Stopwatch.GetTimestamp();
        for (var call = 0; call < calls; call++)
        {
            communicator.AllReduce<Half>(regime, input, output);
        }

        return Stopwatch.GetElapsedTime(started).TotalSeconds / calls;
    }

    /// <summary>The slowest rank's time, from times of three digits: so much does bfloat16 hold.</summary>
    private static double Slowest(Communicator communicator, double seconds)
    {
        var times = new BFloat16[communicator.WorldSize];
        times[communicator.Rank] = (BFloat16)(float)seconds;
        communicator.AllReduce<BFloat16>(QuantRegime.FP, times);
        return times.Max(static time => (double)time);
    }
}
