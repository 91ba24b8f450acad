using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace QuickReduce.Benchmarks;

/// <summary>A set of measurements that needs no child process, no SDK and no reflection.</summary>
internal interface IQuickSuite
{
    /// <summary>Name on the command line.</summary>
    string Name { get; }

    /// <summary>Measures and prints a table.</summary>
    void Run(TextWriter output);
}

/// <summary>Stopwatch medians, for machines where BenchmarkDotNet cannot run.</summary>
internal static class Quick
{
    private const int Samples = 15;
    private static readonly TimeSpan SampleTime = TimeSpan.FromMilliseconds(30);

    private const int ShortSamples = 200;
    private static readonly TimeSpan ShortSampleTime = TimeSpan.FromMilliseconds(1.5);

    // The JIT compiles three times before it is done, the last times in the background.
    private static readonly TimeSpan WarmUpTime = TimeSpan.FromMilliseconds(400);

    /// <summary>Runs the suites named, or all of them.</summary>
    public static int Run(IReadOnlyList<IQuickSuite> suites, IReadOnlyList<string> names)
    {
        foreach (var name in names)
        {
            if (suites.All(suite => suite.Name != name))
            {
                Console.Error.WriteLine("No suite is called '" + name + "'. There are: " + string.Join(", ", suites.Select(suite => suite.Name)));
                return 2;
            }
        }

        Console.WriteLine(RuntimeInformation.FrameworkDescription + ", " + RuntimeInformation.ProcessArchitecture
            + ", " + Environment.ProcessorCount + " processors, vectors of "
            + (Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : Vector128.IsHardwareAccelerated ? 128 : 0) + " bits");
        foreach (var suite in suites.Where(suite => names.Count == 0 || names.Contains(suite.Name)))
        {
            Console.WriteLine();
            Console.WriteLine("## " + suite.Name);
            suite.Run(Console.Out);
        }

        return 0;
    }

    /// <summary>Median seconds of one call, after a warm-up that is long enough for the JIT.</summary>
    public static double MedianSeconds(Action action)
    {
        var seconds = Sample(action, Samples, SampleTime);
        Array.Sort(seconds);
        return seconds[Samples / 2];
    }

    /// <summary>
    /// Seconds of one call in the fastest of many short samples: what the machine does when nothing else runs on it. For
    /// what stays in the caches and takes no turns with other threads.
    /// </summary>
    public static double FastestSeconds(Action action) => Sample(action, ShortSamples, ShortSampleTime).Min();

    private static double[] Sample(Action action, int samples, TimeSpan sampleTime)
    {
        var calls = 1;
        for (var warmUp = Stopwatch.StartNew(); warmUp.Elapsed < WarmUpTime;)
        {
            var start = Stopwatch.GetTimestamp();
            action();
            calls = Math.Max(1, (int)(sampleTime / Stopwatch.GetElapsedTime(start)));
        }

        var seconds = new double[samples];
        for (var sample = 0; sample < samples; sample++)
        {
            var start = Stopwatch.GetTimestamp();
            for (var call = 0; call < calls; call++)
            {
                action();
            }

            seconds[sample] = Stopwatch.GetElapsedTime(start).TotalSeconds / calls;
        }

        return seconds;
    }

    /// <summary>A row of a table.</summary>
    public static string Row(string name, params ReadOnlySpan<double> numbers)
    {
        var row = name.PadRight(28);
        foreach (var number in numbers)
        {
            row += number.ToString(number >= 100 ? "F0" : "F2", CultureInfo.InvariantCulture).PadLeft(12);
        }

        return row;
    }

    /// <summary>The head of a table.</summary>
    public static string Head(string name, params ReadOnlySpan<string> columns)
    {
        var row = name.PadRight(28);
        foreach (var column in columns)
        {
            row += column.PadLeft(12);
        }

        return row;
    }
}
