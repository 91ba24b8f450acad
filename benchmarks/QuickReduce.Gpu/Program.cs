using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using QuickReduce;
using QuickReduce.Gpu;
using QuickReduce.Gpu.FaultMatrix;
using QuickReduce.Gpu.Processes;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
ProcessEnvironment.Set("CUDA_DEVICE_MAX_CONNECTIONS", "32");
ProcessEnvironment.Set("GPU_MAX_HW_QUEUES", "16");

var kind = new Option<DeviceKind>("--device") { Description = "Cuda, Hip, or Auto for the first there is.", DefaultValueFactory = static _ => DeviceKind.Auto };
var worldSizes = new Option<int[]>("--ranks") { Description = "Numbers of ranks.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = static _ => [2, 4, 8] };
var spread = new Option<bool>("--spread") { Description = "One rank on each GPU, instead of all on the first one." };
var limit = new Option<int>("--step-seconds") { Description = "How long one step may take before the process gives up and prints all flags.", DefaultValueFactory = static _ => 60 };
var replays = new Option<int>("--replays") { Description = "How often each variant's graphs are replayed.", DefaultValueFactory = static _ => 1000 };
var set = new Option<string?>("--set") { Description = "Only the kernel sets whose names contain this." };
var formats = new Option<bool>("--formats") { Description = "The groups and scale formats of four-bit codes, instead of the default set." };
var largest = new Option<long>("--largest") { Description = "Size of the largest message of a rank, in MiB.", DefaultValueFactory = static _ => 128 };
var largestOneShot = new Option<long>("--largest-one-shot") { Description = "The same in one-shot, in MiB.", DefaultValueFactory = static _ => 4 };
var l2 = new Option<double>("--l2-bandwidth") { Description = "Bandwidth of the level-2 cache in TB/s, for the roof; the default is an H100's.", DefaultValueFactory = static _ => 5.9 };
var json = new Option<FileInfo?>("--output") { Description = "File for the measurements, as JSON." };
var dtype = new Option<string>("--dtype") { Description = "The element type to draw.", DefaultValueFactory = static _ => "float16" };
var inputs = new Argument<FileInfo[]>("files") { Description = "Files of measurements to draw together, and last the SVG to write.", Arity = new ArgumentArity(2, 16) };

var list = new Command("list", "Says which GPUs there are, or why there are none.");
list.SetAction(static _ =>
{
    Console.WriteLine(GpuDevice.Explain());
    return 0;
});

var verify = new Command("verify", "Runs every variant and compares with the managed backend, bit for bit. Exits with 1 if anything differs.") { kind, worldSizes, spread, limit, replays, set };
verify.SetAction(result =>
{
    using var watchdog = new Watchdog(TimeSpan.FromSeconds(result.GetValue(limit)));
    var right = true;
    foreach (var worldSize in result.GetValue(worldSizes)!)
    {
        var devices = Devices(result.GetValue(kind), worldSize, result.GetValue(spread));
        foreach (var kernels in KernelSets.All.Where(kernels => kernels.Name.Contains(result.GetValue(set) ?? string.Empty, StringComparison.Ordinal) && kernels.Variants.Any(variant => variant.WorldSize == worldSize)))
        {
            var verification = new Verification(kernels, devices, watchdog, Console.Out, result.GetValue(replays));
            verification.Run();
            right &= verification.Wrong == 0;
            Console.WriteLine($"{kernels.Name}, {worldSize} ranks: {verification.Compared} results of whole messages compared bit for bit, {verification.Wrong} wrong");
        }
    }

    Console.WriteLine(right ? "All results are right." : "SOME RESULTS ARE WRONG.");
    return right ? 0 : 1;
});

var faults = new Command("faults", "Lets ranks fail, and checks that the others are released, told, and can go on after a reset. Exits with 1 if not.") { kind, worldSizes, spread, limit };
faults.SetAction(result =>
{
    using var watchdog = new Watchdog(TimeSpan.FromSeconds(result.GetValue(limit)));
    var right = result.GetValue(worldSizes)!.Select(worldSize => new Faults(GpuKernels.Kernels, Devices(result.GetValue(kind), worldSize, result.GetValue(spread)), watchdog, Console.Out).Run()).ToArray().All(static ended => ended);
    Console.WriteLine(right ? "Every fault ended as it must." : "SOME FAULTS DID NOT END AS THEY MUST.");
    return right ? 0 : 1;
});

var shared = new Option<bool>("--share-gpu") { Description = "All processes on the first GPU; otherwise they take those that there are in turn." };
var total = new Option<int>("--total-seconds") { Description = "How long everything may take before the program gives up, with exit code 3.", DefaultValueFactory = static _ => 480 };
var processes = new Command("processes", "One process for each rank: starts them, verifies, times, kills one in the midst of calls, and looks what becomes of the others. Exits with 1 if anything is wrong, 3 if anything hangs.") { worldSizes, shared, limit, total, json };
processes.SetAction(result => RunJobs(result, "PROCESSES", result.GetValue(worldSizes)!.Select(worldSize =>
    new ProcessJobs(worldSize, result.GetValue(shared), TimeSpan.FromSeconds(result.GetValue(limit)), Console.Out))));

var cases = new Option<string[]>("--cases") { Description = "Only these cases, such as kill@phase1, or all of a fault or a moment: kill, phase1.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = static _ => [] };
var faultRanks = new Option<int>("--ranks") { Description = "Number of ranks, 2 to 3.", DefaultValueFactory = static _ => 2 };
var matrix = new Command("process-faults", "One process for each rank, to one of which every fault happens at every moment, phase by phase. Exits with 1 if an outcome is wrong, 3 if anything hangs.") { faultRanks, shared, cases, limit, total, json };
matrix.SetAction(result =>
{
    using var watchdog = new Watchdog(TimeSpan.FromSeconds(result.GetValue(total)));
    watchdog.Begin("everything", null);
    var words = result.GetValue(cases)!;
    FaultCase[] chosen = [.. FaultCase.All.Where(what => words.Length == 0 || words.Any(word => what.ToString() == word || what.ToString().Split('@').Contains(word)))];
    var table = new FaultTable(result.GetValue(faultRanks), result.GetValue(shared), TimeSpan.FromSeconds(result.GetValue(limit)), chosen, Console.Out);
    var right = false;
    var exitCode = 1;
    try
    {
        right = table.Run();
        exitCode = right ? 0 : 1;
    }
    catch (TimeoutException exception)
    {
        Console.WriteLine("HANG: " + exception.Message);
        exitCode = ProcessJobs.HangExitCode;
    }
    finally
    {
        if (result.GetValue(json) is { } file)
        {
            File.WriteAllText(file.FullName, JsonSerializer.Serialize([.. table.Outcomes], RecordJson.Default.FaultOutcomeArray));
        }
    }

    Console.WriteLine(right ? "FAULTS: every outcome is right." : "FAULTS: SOME OUTCOMES ARE WRONG.");
    return exitCode;
});

var hostCount = new Option<int>("--hosts") { Description = "Hosts that the processes are told to be on.", DefaultValueFactory = static _ => 2 };
var ranksPerHost = new Option<int[]>("--ranks-per-host") { Description = "Ranks of each of them.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = static _ => [1, 2] };
var nccl = new Option<string>("--nccl") { Description = "File of NCCL or RCCL; otherwise QUICKREDUCE_NCCL_LIBRARY, or the usual one.", DefaultValueFactory = static _ => string.Empty };
var overNetwork = new Option<bool>("--network") { Description = "NCCL, too, is told that there are several hosts, and exchanges through sockets. Needed where hosts share a GPU." };
var hosts = new Command("hosts", "Processes of this machine that are told to be on several hosts, on the GPUs that there are: verifies, times, lets ranks fail. Exits with 1 if anything is wrong, 3 if anything hangs.") { hostCount, ranksPerHost, nccl, overNetwork, limit, total, json };
hosts.SetAction(result => RunJobs(result, "HOSTS", result.GetValue(ranksPerHost)!.Select(perHost =>
{
    var gpus = GpuDevice.Discover(Devices(DeviceKind.Auto, 1, spread: false)[0].Kind).Count;
    var plan = new HostPlan(result.GetValue(hostCount), perHost, gpus, result.GetValue(nccl)!, result.GetValue(overNetwork));
    return plan.OverNetwork || plan.Gpus >= plan.Hosts
        ? new ProcessJobs(plan.Hosts * perHost, shared: false, TimeSpan.FromSeconds(result.GetValue(limit)), Console.Out, plan)
        : throw new InvalidOperationException($"There are {plan.Gpus} GPUs for {plan.Hosts} hosts, and NCCL wants one for each unless --network has it believe in hosts.");
})));

var rankArguments = new Argument<string[]>("what") { Arity = ArgumentArity.ZeroOrMore };
var processRank = new Command("process-rank", "One rank of 'processes', which starts it.") { rankArguments };
processRank.Hidden = true;
processRank.SetAction((result, _) => ProcessRank.RunAsync(result.GetValue(rankArguments)!));

var bench = new Command("bench", "Measures all-reduces: time against size for every type, regime and algorithm.") { kind, worldSizes, spread, limit, formats, largest, largestOneShot, l2, json };
bench.SetAction(result =>
{
    using var watchdog = new Watchdog(TimeSpan.FromSeconds(result.GetValue(limit)));
    var records = result.GetValue(worldSizes)!.SelectMany(worldSize => new Bench(
        result.GetValue(formats) ? FormatKernels.Kernels : GpuKernels.Kernels,
        Devices(result.GetValue(kind), worldSize, result.GetValue(spread)), watchdog, Console.Out,
        result.GetValue(largest) << 20, result.GetValue(largestOneShot) << 20, result.GetValue(l2) * 1e6).Run()).ToArray();
    if (result.GetValue(json) is { } file)
    {
        File.WriteAllText(file.FullName, JsonSerializer.Serialize(records, RecordJson.Default.AllReduceRecordArray));
    }

    return records.All(static record => record.BitIdentical) ? 0 : 1;
});

var overhead = new Command("overhead", "Measures what a call costs the host, against the driver's own launch call.") { kind, worldSizes, spread, limit, json };
overhead.SetAction(result =>
{
    using var watchdog = new Watchdog(TimeSpan.FromSeconds(result.GetValue(limit)));
    var records = result.GetValue(worldSizes)!.Select(worldSize => new Overhead(Devices(result.GetValue(kind), worldSize, result.GetValue(spread)), watchdog, Console.Out).Run()).ToArray();
    if (result.GetValue(json) is { } file)
    {
        File.WriteAllText(file.FullName, JsonSerializer.Serialize(records, RecordJson.Default.OverheadRecordArray));
    }

    return 0;
});

var codecs = new Command("codecs", "Measures every codec alone, encoding and decoding 1 GiB, against a plain copy. Exits with 1 if any bit differs from the managed codec's.") { kind, limit, json };
codecs.SetAction(result =>
{
    using var watchdog = new Watchdog(TimeSpan.FromSeconds(result.GetValue(limit)));
    using var codecBench = new CodecBench(Devices(result.GetValue(kind), 1, spread: false)[0], watchdog, Console.Out);
    var records = codecBench.Run();
    if (result.GetValue(json) is { } file)
    {
        File.WriteAllText(file.FullName, JsonSerializer.Serialize([.. records], RecordJson.Default.CodecRecordArray));
    }

    return records.TrueForAll(static record => record.BitIdentical) ? 0 : 1;
});

var chart = new Command("chart", "Draws measurements as an SVG: time against size.") { inputs, dtype };
chart.SetAction(result =>
{
    var files = result.GetValue(inputs)!;
    var records = files[..^1].SelectMany(static file => JsonSerializer.Deserialize(File.ReadAllText(file.FullName), RecordJson.Default.AllReduceRecordArray)!).ToArray();
    var shown = records.Where(record => record.Dtype == result.GetValue(dtype)).ToArray();
    if (shown.Length == 0)
    {
        throw new InvalidOperationException("There is no record of " + result.GetValue(dtype) + ", but of " + string.Join(", ", records.Select(static record => record.Dtype).Distinct()) + ".");
    }

    File.WriteAllText(files[^1].FullName, TimeChart.Draw(
        $"All-reduce of {shown[0].Dtype}, {shown[0].Devices} × {shown[0].Device}",
        [.. shown.Select(static record => new TimePoint(record.Dtype, record.Regime, record.Algorithm, record.WorldSize, record.Bytes, new Statistics(record.MedianMicroseconds, record.P10Microseconds, record.P90Microseconds)))]));
    return 0;
});

try
{
    return new RootCommand("Verifies and measures QuickReduce's kernels on GPUs.") { list, verify, faults, processes, matrix, hosts, processRank, bench, overhead, codecs, chart }.Parse(args).Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception exception) when (exception is QuickReduceException or InvalidOperationException or IOException)
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

// One job after the other, until one hangs.
int RunJobs(ParseResult result, string what, IEnumerable<ProcessJobs> all)
{
    using var watchdog = new Watchdog(TimeSpan.FromSeconds(result.GetValue(total)));
    watchdog.Begin("everything", null);
    var records = new List<ProcessRecord>();
    foreach (var jobs in all)
    {
        try
        {
            jobs.Run();
        }
        catch (TimeoutException exception)
        {
            Console.WriteLine("HANG: " + exception.Message);
            return ProcessJobs.HangExitCode;
        }

        records.AddRange(jobs.Records);
    }

    if (result.GetValue(json) is { } file)
    {
        File.WriteAllText(file.FullName, JsonSerializer.Serialize([.. records], RecordJson.Default.ProcessRecordArray));
    }

    var right = records.TrueForAll(static record => record.IsRight);
    Console.WriteLine(what + (right ? ": everything is right." : ": SOMETHING IS WRONG."));
    return right ? 0 : 1;
}
