using System.Diagnostics;
using System.Runtime.InteropServices;

namespace QuickReduce.Benchmarks;

/// <summary>Seconds of an operation.</summary>
/// <param name="Median">The median of the samples.</param>
/// <param name="Best">The fastest sample: what the machine does when nothing else runs on it.</param>
internal readonly record struct Timing(double Median, double Best)
{
    /// <summary>Sorts samples and takes what is wanted of them.</summary>
    public static Timing Of(double[] samples)
    {
        Array.Sort(samples);
        return new Timing(samples[samples.Length / 2], samples[0]);
    }
}

/// <summary>A group and messages to time all-reduces with: fp16, one message of a given size per rank.</summary>
internal sealed class AllReduceWork : IDisposable
{
    private const int Samples = 11;
    private static readonly TimeSpan SampleTime = TimeSpan.FromMilliseconds(30);

    private readonly ReadOnlyMemory<Half>[] _inputs;
    private readonly Memory<Half>[] _outputs;

    /// <summary>Creates the group and fills the messages.</summary>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="bytes">Size of a rank's message.</param>
    /// <param name="inPlace">Whether outputs are the inputs.</param>
    /// <param name="algorithm">The algorithm; null for the one that the group chooses.</param>
    public AllReduceWork(int worldSize, long bytes, bool inPlace = false, AllReduceAlgorithm? algorithm = null)
    {
        Group = AllReduceGroup.Create(Kernels, worldSize, new GroupOptions { Algorithm = algorithm });
        _inputs = new ReadOnlyMemory<Half>[worldSize];
        _outputs = new Memory<Half>[worldSize];
        for (var rank = 0; rank < worldSize; rank++)
        {
            var input = GC.AllocateUninitializedArray<Half>((int)(bytes / 2), pinned: true);
            for (var i = 0; i < input.Length; i++)
            {
                // In place, sums pile up from call to call: only zeros stay what they are.
                input[i] = inPlace ? Half.Zero : BitConverter.UInt16BitsToHalf((ushort)(0x3000 + i % 977));
            }

            _inputs[rank] = input;
            _outputs[rank] = inPlace ? input : GC.AllocateArray<Half>(input.Length, pinned: true);
        }
    }

    /// <summary>All that fp16 can be all-reduced with.</summary>
    public static KernelSet Kernels { get; } = new(
        "QuickReduce.Benchmarks.Everything",
        [
            .. from mode in SpecializationRules.Modes
               from algorithm in SpecializationRules.Algorithms
               from worldSize in SpecializationRules.WorldSizes
               let variant = new KernelVariant(DataType.Float16, mode, worldSize, algorithm)
               where variant.IsSupported
               select variant,
        ],
        []);

    /// <summary>The group.</summary>
    public AllReduceGroup Group { get; }

    /// <summary>One all-reduce, from the calling thread for all ranks.</summary>
    public void AtOnce(AllReduceMode mode) => Group.AllReduce<Half>(mode, _inputs, _outputs);

    /// <summary>Some all-reduces, every rank on its thread.</summary>
    /// <returns>Seconds per call, as rank 0 sees it.</returns>
    public double PerRank(AllReduceMode mode, int calls)
    {
        var seconds = 0.0;
        Group.RunAsync(rank =>
        {
            var input = _inputs[rank.Index].Span;
            var output = _outputs[rank.Index].Span;
            rank.AllReduce<Half>(mode, input, output);
            var start = Stopwatch.GetTimestamp();
            for (var call = 0; call < calls; call++)
            {
                rank.AllReduce<Half>(mode, input, output);
            }

            if (rank.Index == 0)
            {
                seconds = Stopwatch.GetElapsedTime(start).TotalSeconds / calls;
            }
        }).GetAwaiter().GetResult();
        return seconds;
    }

    /// <summary>Times all-reduces called from one thread.</summary>
    public Timing TimeAtOnce(AllReduceMode mode) => Time(calls =>
    {
        var start = Stopwatch.GetTimestamp();
        for (var call = 0; call < calls; call++)
        {
            AtOnce(mode);
        }

        return Stopwatch.GetElapsedTime(start).TotalSeconds / calls;
    });

    /// <summary>Times all-reduces with every rank on its thread.</summary>
    public Timing TimePerRank(AllReduceMode mode) => Time(calls => PerRank(mode, calls));

    /// <summary>
    /// Times copying as many bytes as the ranks' messages have together, on as many threads as a group uses: the
    /// same traffic as an all-reduce in full precision that reads every input and writes every output once.
    /// </summary>
    public static unsafe Timing TimeCopy(long bytes)
    {
        var threads = Environment.ProcessorCount;
        var source = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 4096);
        var target = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, 4096);
        NativeMemory.Fill(source, (nuint)bytes, 1);
        NativeMemory.Fill(target, (nuint)bytes, 2);
        var share = bytes / threads;
        var samples = new double[Samples];
        using var barrier = new Barrier(threads);
        var crew = Enumerable.Range(0, threads).Select(thread => new Thread(() =>
        {
            var start = thread * share;
            for (var sample = -2; sample < Samples; sample++)
            {
                barrier.SignalAndWait();
                var begin = Stopwatch.GetTimestamp();
                Buffer.MemoryCopy(source + start, target + start, share, share);
                barrier.SignalAndWait();
                if (thread == 0 && sample >= 0)
                {
                    samples[sample] = Stopwatch.GetElapsedTime(begin).TotalSeconds;
                }
            }
        })).ToArray();
        Array.ForEach(crew, thread => thread.Start());
        Array.ForEach(crew, thread => thread.Join());
        NativeMemory.AlignedFree(source);
        NativeMemory.AlignedFree(target);
        return Timing.Of(samples);
    }

    public void Dispose() => Group.Dispose();

    private static Timing Time(Func<int, double> secondsPerCall)
    {
        var once = 0.0;
        for (var warmUp = Stopwatch.StartNew(); warmUp.Elapsed < 8 * SampleTime;)
        {
            once = secondsPerCall(once > 0 ? Calls(once) : 3);
        }

        var samples = new double[Samples];
        for (var sample = 0; sample < Samples; sample++)
        {
            samples[sample] = secondsPerCall(Calls(once));
        }

        return Timing.Of(samples);
    }

    private static int Calls(double secondsPerCall) => Math.Max(1, (int)(SampleTime.TotalSeconds / secondsPerCall));
}
