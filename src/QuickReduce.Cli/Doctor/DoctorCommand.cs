using System.CommandLine;
using System.Runtime.InteropServices;
using QuickReduce.Build;
using QuickReduce.Cli.Cache;
using QuickReduce.Cli.CommandLine;
using Spectre.Console;

namespace QuickReduce.Cli.Doctor;

/// <summary>Shows what is found on this machine, what is missing and how to get it.</summary>
internal static class DoctorCommand
{
    private const string EveryKind = "gfx942 gfx950 sm_90 host";

    public static Command Create()
    {
        var architectures = new Option<string[]>("--archs")
        {
            Description = $"Architectures to find compilers for, as in QuickReduceOffloadArchs: gfx942, sm_90, host, native (this machine's GPUs). By default {EveryKind}.",
            AllowMultipleArgumentsPerToken = true,
            HelpName = "names",
        };
        architectures.Validators.Add(static result =>
        {
            var list = string.Join(" ", result.GetValueOrDefault<string[]>() ?? []);
            OffloadTargetList.Parse(OffloadTargetList.ReplaceNative(list, []), null, RuntimeInformation.OSArchitecture, out var unknown);
            if (unknown.Count > 0)
            {
                result.AddError($"--archs has {string.Join(", ", unknown)}. {OffloadTargetList.Suggestion(unknown)}What can stand there: {OffloadTargetList.AcceptedForms}.");
            }
        });
        var json = CommandOutput.CreateJsonOption();
        var command = new ExampleCommand(
            "doctor",
            "Looks at this machine: SDKs, CPU, a compiler for each architecture as the build would find it, GPUs and their drivers, ROCm installations, hipRTC, the cache of compiled kernels. Exits with 1 if the SDK or a compiler is missing.",
            "quickreduce doctor",
            "quickreduce doctor --archs gfx942 host",
            "quickreduce doctor --json") { architectures, json };
        command.SetAction((result, cancellation) => Task.FromResult(Run(
            result.GetValue(architectures) is { Length: > 0 } chosen ? string.Join(" ", chosen) : EveryKind, result.GetValue(json), cancellation)));
        return command;
    }

    private static int Run(string architectures, bool asJson, CancellationToken cancellation)
    {
        var report = Examination.Run(architectures, cancellation);
        if (asJson)
        {
            CommandOutput.WriteJson(report, ReportJson.Default.MachineReport);
        }
        else
        {
            Write(CommandOutput.CreateConsole(), report);
        }

        return report.Remedies.Count == 0 ? ExitCode.Success : ExitCode.Missing;
    }

    private static void Write(IAnsiConsole console, MachineReport report)
    {
        var processor = report.Processor;
        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();
        Add(grid, "tool", report.Tool);
        Add(grid, "system", report.System);
        Add(grid, "run time", report.Runtime);
        Add(grid, "SDKs", OrNone(report.Sdks));
        Add(grid, "CPU", $"{processor.Name}, {processor.LogicalCores} logical cores");
        Add(grid, "managed backend", $"vectors of {processor.ManagedVectorBits} bits");
        Add(grid, "host kernels", processor.HostLevels.Count > 0 ? "runs " + string.Join(", ", processor.HostLevels) : "none run here");
        Add(grid, "GPUs", OrNone(report.Gpus));
        foreach (var driver in report.Drivers)
        {
            var reason = report.DeviceExplanation.FirstOrDefault(line => line.StartsWith(driver.Kind + ":", StringComparison.Ordinal));
            var hasDevices = report.Devices.Any(device => device.Kind == driver.Kind);
            Add(grid, driver.Vendor + " driver", driver.Found ? driver.Path + (hasDevices ? string.Empty : " (" + reason + ")") : $"not found ({driver.Library})");
        }

        foreach (var device in report.Devices)
        {
            Add(grid, $"{device.Kind} device {device.Index}", $"{device.Name}, {device.TargetId}, {device.Multiprocessors} multiprocessors, {device.MemoryBytes >> 30} GiB");
        }

        if (report.Amd is { } amd && (amd.Cards > 0 || amd.HasDriver))
        {
            Add(grid, "AMD cards", $"{amd.Cards}{(amd.Processors.Count > 0 ? $" ({string.Join(", ", amd.Processors)})" : string.Empty)}, amdgpu {amd.DriverVersion ?? (amd.HasDriver ? "of the kernel" : "not loaded")}");
        }

        foreach (var rocm in report.Rocm)
        {
            Add(grid, "ROCm", $"{rocm.Root}{(rocm.Version is null ? string.Empty : $" ({rocm.Version})")}: {rocm.Compiler ?? (rocm.Hipcc is null ? "run time only" : "hipcc does not answer")}");
        }

        Add(grid, "hipRTC", report.HipRtc.Path is { } hipRtc ? $"{hipRtc} ({report.HipRtc.Version})" : "not found");
        Add(grid, "kernel cache", report.Cache.Folder is { } folder
            ? $"{folder}: {report.Cache.Entries.Count} code objects, {CacheCommand.Size(report.Cache.Bytes)} of {CacheCommand.Size(report.Cache.MaxBytes)}"
            : CacheCommand.NoCache());

        foreach (var compiler in report.Compilers)
        {
            Add(grid, compiler.Architecture, compiler.Path is null ? "no compiler" : $"{compiler.Path} ({compiler.Compiler})");
        }

        console.Write(grid);
        console.WriteLine();
        foreach (var remedy in report.Notes.Concat(report.Remedies))
        {
            console.Write(new Text(remedy + Environment.NewLine, new Style(Color.Yellow)));
        }

        if (report.Remedies.Count == 0 && report.Notes.Count == 0)
        {
            console.Write(new Text("Nothing is missing." + Environment.NewLine, new Style(Color.Green)));
        }
    }

    private static void Add(Grid grid, string name, string value) => grid.AddRow(new Text(name, new Style(Color.Grey)), new Text(value));

    private static string OrNone(IReadOnlyList<string> values) => values.Count > 0 ? string.Join(", ", values) : "none";
}
