using System.Diagnostics;
using System.Globalization;
using QuickReduce;

var started = Process.GetCurrentProcess().StartTime;
var main = DateTime.Now;
var kernels = new KernelSet("QuickReduce.Worker", [.. from type in new[] { DataType.Float16, DataType.BFloat16 }
    from regime in new[] { QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4 }
    from worldSize in SpecializationRules.WorldSizes
    select new KernelVariant(type, regime, worldSize)], []);
var watch = Stopwatch.StartNew();
var comm = await Communicator.JoinAsync(kernels, RankEnvironment.FromEnvironment());
if (comm.Rank == 0) Console.WriteLine($"formed {watch.Elapsed.TotalMilliseconds:F1} ms; main {(main - started).TotalMilliseconds} ms after start");
var regime2 = Enum.Parse<QuantRegime>(args[0]);
foreach (var arg in args.Skip(1))
{
    var bytes = long.Parse(arg, CultureInfo.InvariantCulture);
    var input = new Half[bytes / 2];
    var output = new Half[bytes / 2];
    for (var i = 0; i < input.Length; i++) input[i] = BitConverter.UInt16BitsToHalf((ushort)(0x3000 + i % 977));
    double Once(int calls)
    {
        comm.AllReduce<Half>(QuantRegime.FP, new Half[1], new Half[1]);
        var w = Stopwatch.GetTimestamp();
        for (var i = 0; i < calls; i++) comm.AllReduce<Half>(regime2, input, output);
        return Stopwatch.GetElapsedTime(w).TotalSeconds / calls;
    }
    var calls = (int)Math.Clamp(0.03 / (bytes / 8e9 + 0.6e-6), 1, 100000);
    for (var i = 0; i < 3; i++) Once(calls);
    await Task.Delay(150);
    var samples = Enumerable.Range(0, 11).Select(_ => Once(calls)).Order().ToArray();
    if (comm.Rank == 0) Console.WriteLine($"allreduce {comm.WorldSize} {bytes} min {samples[0] * 1e6:F3} median {samples[5] * 1e6:F3}");
}
comm.Dispose();
