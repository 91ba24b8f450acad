using System.CommandLine;
using QuickReduce.Cli.Bench.Compare;
using QuickReduce.Cli.CommandLine;
using QuickReduce.Cli.Kernels;

namespace QuickReduce.Cli.Bench;

/// <summary>Measures all-reduces on this machine.</summary>
internal static class BenchCommand
{
    public static Command Create()
    {
        var axes = new BenchAxisOptions([MeasuredAlgorithm.Auto], BenchPlan.DefaultSizes, 0.25);
        var processes = new Option<bool>("--processes") { Description = "A process for each rank, over shared memory. CPU only." };
        var threads = new Option<bool>("--threads") { Description = "A thread of this process for each rank, or a GPU of this process. The default." };
        var json = OutputFile("--json", "File for the records, as a JSON array; - for standard output.");
        var csv = OutputFile("--csv", "File for the records, as CSV; - for standard output.");
        var chart = OutputFile("--chart", "File for a chart of time against size: an .svg.");
        var command = new ExampleCommand(
            "bench",
            "Measures all-reduces on this machine: time, bandwidth, signal-to-noise ratio, and whether every rank's result is, bit for bit, the managed backend's. "
            + "Exits with 1 if the device is not there, 4 if any result differs.",
            "quickreduce bench",
            "quickreduce bench --device managed --world-size 2,4 --size 2K,1M,32M --json results.json --chart results.svg",
            "quickreduce bench --device host --processes --dtype fp16,bf16 --regime fp,int4 --size 64K..16M",
            "quickreduce bench --device cuda --algorithm one-shot,two-shot --world-size 2 --csv -",
            "quickreduce bench compare before.json after.json --threshold 5") { CompareCommand.Create() };
        axes.AddTo(command);
        foreach (var option in new Option[] { processes, threads, json, csv, chart })
        {
            command.Options.Add(option);
        }

        chart.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<string>() is { } path && !path.EndsWith(".svg", StringComparison.OrdinalIgnoreCase))
            {
                result.AddError("--chart writes an .svg, which browsers show and rsvg-convert or Inkscape turn into other formats.");
            }
        });
        command.Validators.Add(result =>
        {
            if (result.GetValue(processes) && result.GetValue(threads))
            {
                result.AddError("--processes and --threads exclude each other.");
            }
        });
        command.SetAction((result, cancellation) => BenchRunner.RunAsync(
            () => RunAsync(
                axes.Device(result), axes.Axes(result), axes.Seconds(result), result.GetValue(processes), result.GetValue(json), result.GetValue(csv), result.GetValue(chart), cancellation),
            cancellation));
        return command;
    }

    private static Option<string?> OutputFile(string name, string description) => new(name) { Description = description, HelpName = "file" };

    private static async Task<int> RunAsync(
        DeviceKind asked, BenchAxes axes, double seconds, bool processes, string? json, string? csv, string? chart, CancellationToken cancellation)
    {
        foreach (var path in new[] { json, csv, chart })
        {
            BenchFiles.RequireWritable(path);
        }

        var device = BenchDevice.Find(asked);
        if (processes && device.IsGpu)
        {
            throw new ImpossibleRequestException("--processes is for the CPU: ranks on GPUs share a process. Leave it out, or choose --device managed or host.");
        }

        var plan = BenchPlan.Create(ToolKernels.Kernels, axes, device);
        foreach (var note in plan.Notes)
        {
            CommandOutput.Note(note);
        }

        var sweep = device.CreateSweep(new SweepOptions(device.Kind, ToolKernels.Kernels, AppContext.BaseDirectory, seconds, device.UsableBytes()), processes);
        var results = await BenchRunner.MeasureAsync(sweep, plan.Cases, cancellation).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        BenchRecord[] records =
        [
            .. results
                .OrderBy(static item => item.Case.Variant.DataType).ThenBy(static item => item.Case.Variant.WorldSize)
                .ThenBy(item => axes.Modes.ToList().IndexOf(item.Case.Variant.Mode)).ThenBy(static item => item.Case.Bytes).ThenBy(static item => item.Case.Variant.Algorithm)
                .Select(item => BenchRecord.Of(device.Kind, device.Machine(item.Case.Variant.WorldSize, processes), item.Case, item.Result)),
        ];
        Write(records, json, csv, chart);
        var wrong = records.Count(static record => !record.BitIdentical);
        return wrong == 0 ? ExitCode.Success : CommandOutput.Fail($"{wrong} of {records.Length} results are not the managed backend's.", ExitCode.CheckFailed);
    }

    private static void Write(BenchRecord[] records, string? json, string? csv, string? chart)
    {
        if (json != BenchFiles.StandardOutput && csv != BenchFiles.StandardOutput)
        {
            BenchTable.Write(CommandOutput.CreateConsole(), records);
        }

        foreach (var (path, text) in new (string?, Func<BenchRecord[], string>)[] { (json, BenchFiles.Json), (csv, BenchFiles.Csv), (chart, BenchFiles.Chart) })
        {
            if (path is not null)
            {
                BenchFiles.Write(path, text(records));
            }
        }
    }
}
