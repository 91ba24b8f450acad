using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using QuickReduce;
using QuickReduce.Gpu;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
ProcessEnvironment.Set("CUDA_DEVICE_MAX_CONNECTIONS", "32");
ProcessEnvironment.Set("GPU_MAX_HW_QUEUES", "16");

var kind = new Option<DeviceKind>("--device") { Description = "Cuda, Hip, or Auto for the first there is.", DefaultValueFactory = static _ => DeviceKind.Auto };
var worldSizes = new Option<int[]>("--ranks") { Description = "Numbers of ranks.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = static _ => [2, 4, 8] };
var spread = new Option<bool>("--spread") { Description = "One rank on each GPU, instead of all on the first one." };
var limit = new Option<int>("--step-seconds") { Description = "How long one step may take before the process gives up and prints all flags.", DefaultValueFactory = static _ => 60 };
var largest = new Option<long>("--largest") { Description = "Size of the largest message of a rank, in MiB.", DefaultValueFactory = static _ => 128 };
var json = new Option<FileInfo?>("--output") { Description = "File for the measurements, as JSON." };

var list = new Command("list", "Says which GPUs there are, or why there are none.");
list.SetAction(static _ =>
{
    Console.WriteLine(GpuDevice.Explain());
    return 0;
});

var verify = new Command("verify", "Runs every variant and compares with the managed backend, bit for bit. Exits with 1 if anything differs.") { kind, worldSizes, spread, limit };
verify.SetAction(result =>
{
    using var watchdog = new Watchdog(TimeSpan.FromSeconds(result.GetValue(limit)));
    var right = true;
    foreach (var worldSize in result.GetValue(worldSizes)!)
    {
        right &= new Verification(Devices(result.GetValue(kind), worldSize, result.GetValue(spread)), watchdog, Console.Out).Run();
    }

    Console.WriteLine(right ? "All results are right." : "SOME RESULTS ARE WRONG.");
    return right ? 0 : 1;
});

var bench = new Command("bench", "Measures all-reduces of ranks that share a device.") { kind, worldSizes, limit, largest, json };
bench.SetAction(result =>
{
    using var watchdog = new Watchdog(TimeSpan.FromSeconds(result.GetValue(limit)));
    var report = new Bench(Devices(result.GetValue(kind), 1, spread: false)[0], watchdog, Console.Out, result.GetValue(largest) << 20).Run(result.GetValue(worldSizes)!);
    if (result.GetValue(json) is { } file)
    {
        File.WriteAllText(file.FullName, JsonSerializer.Serialize(report, ReportJson.Default.BenchReport));
    }

    return report.AllReduces.All(static row => row.Correct) ? 0 : 1;
});

try
{
    return new RootCommand("Verifies and measures QuickReduce's kernels on GPUs.") { list, verify, bench }.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception exception) when (exception is QuickReduceException or InvalidOperationException)
{
    Console.Error.WriteLine(exception.GetType().Name + ": " + exception.Message);
    return 2;
}

static IReadOnlyList<GpuDevice> Devices(DeviceKind kind, int worldSize, bool spread)
{
    var devices = GpuDevice.Discover(kind);
    if (devices.Count == 0 || (spread && devices.Count < worldSize))
    {
        throw new InvalidOperationException($"{(spread ? worldSize : 1)} GPUs are needed, {devices.Count} are there. {GpuDevice.Explain()}");
    }

    return spread ? [.. devices.Take(worldSize)] : [.. Enumerable.Repeat(devices[0], worldSize)];
}
