using System.CommandLine;
using System.Globalization;
using System.Reflection;
using QuickReduce.Cli.Bench;
using QuickReduce.Cli.CommandLine;
using QuickReduce.Cli.Kernels;
using QuickReduce.Measurement;
using QuickReduce.Policy;
using Spectre.Console;

namespace QuickReduce.Cli.Tune;

/// <summary>Measures what is fastest on this machine, and writes it as a profile that the run time chooses by.</summary>
internal static class TuneCommand
{
    private static readonly KnownNames<GeometryChoice> Geometries = new("choice of geometries", [("all", GeometryChoice.All), ("usual", GeometryChoice.Usual)]);

    /// <summary>Where the profile goes where nothing is said.</summary>
    private static string DefaultPath => Path.Combine(
        Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify), "quickreduce", "profile.json");

    public static Command Create()
    {
        var axes = new BenchAxisOptions([MeasuredAlgorithm.OneShot, MeasuredAlgorithm.TwoShot, MeasuredAlgorithm.Direct], TuningPlan.DefaultSizes, 0.1);
        var floor = new Option<double?>("--min-snr")
        {
            Description = "Accuracy floor: regimes with a lower signal-to-noise ratio, in dB, are never chosen. 20 leaves INT4 in two-shot out, 35 INT6. By default there is none.",
            HelpName = "dB",
        };
        floor.Validators.Add(static result =>
        {
            if (result.GetValueOrDefault<double?>() is { } value && !double.IsFinite(value))
            {
                result.AddError("--min-snr is a number of dB.");
            }
        });
        var geometry = new ListOption<GeometryChoice>("--geometry", "Block geometries; all compiles kernels here, which needs a compiler. The managed backend has none", Geometries, [GeometryChoice.All]);
        var output = new Option<string>("--output", "-o")
        {
            Description = "File for the profile; - for standard output.",
            DefaultValueFactory = static _ => DefaultPath,
            HelpName = "file",
        };
        var command = new ExampleCommand(
            "tune",
            "Measures algorithm × regime × block geometry × size on this machine, and writes what is fastest as a profile. Exits with 1 if the device or a compiler is not there, "
            + "4 if any result is wrong: then there is no profile. Groups whose policy is AllReducePolicy.FromEnvironment() choose by the profile that QUICKREDUCE_PROFILE names.",
            "quickreduce tune",
            "quickreduce tune --device host --world-size 2,4,8 --dtype fp16,bf16 --min-snr 20",
            "quickreduce tune --device managed --size 2K,64K,1M,16M --output profile.json",
            "QUICKREDUCE_PROFILE=profile.json dotnet run        # a program that chooses by it") { floor, geometry.Option, output };
        axes.AddTo(command);
        command.SetAction((result, cancellation) => BenchRunner.RunAsync(
            () => RunAsync(
                axes.Device(result), axes.Axes(result), axes.Seconds(result), geometry.Chosen(result)[0], result.GetValue(floor), result.GetValue(output)!, cancellation),
            cancellation));
        return command;
    }

    private static async Task<int> RunAsync(
        DeviceKind asked, BenchAxes axes, double seconds, GeometryChoice geometries, double? minSnrDb, string path, CancellationToken cancellation)
    {
        if (path == DefaultPath)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        }

        BenchFiles.RequireWritable(path);
        var device = BenchDevice.Find(asked);
        var plan = BenchPlan.Create(ToolKernels.Kernels, axes, device);
        foreach (var note in plan.Notes)
        {
            CommandOutput.Note(note);
        }

        var varies = geometries == GeometryChoice.All && device.Kind != DeviceKind.Managed;
        var cases = varies ? TuningPlan.WithGeometries(plan.Cases) : plan.Cases;
        using var compiled = varies ? await GeometryKernels.CreateAsync(TuningPlan.VariantsOf(cases), device, cancellation).ConfigureAwait(false) : null;
        var options = new SweepOptions(
            device.Kind, compiled?.Kernels ?? ToolKernels.Kernels, compiled?.LibraryDirectory ?? AppContext.BaseDirectory, seconds, device.UsableBytes());
        var results = await BenchRunner.MeasureAsync(device.CreateSweep(options, processes: false), cases, cancellation).ConfigureAwait(false);
        cancellation.ThrowIfCancellationRequested();
        if (results.FirstOrDefault(static item => !item.Result.BitIdentical) is (var wrong, { }))
        {
            return CommandOutput.Fail($"{wrong} does not give the managed backend's result. No profile was written.", ExitCode.CheckFailed);
        }

        var profile = Profile(device, ProfileBuilder.Entries(device.Kind, results, minSnrDb), minSnrDb);
        if (path == BenchFiles.StandardOutput)
        {
            WriteToOutput(profile);
            return ExitCode.Success;
        }

        profile.Save(path);
        Write(CommandOutput.CreateConsole(), profile, Path.GetFullPath(path));
        return ExitCode.Success;
    }

    private static TuningProfile Profile(BenchDevice device, IReadOnlyList<TuningEntry> entries, double? minSnrDb)
    {
        var version = typeof(TuningProfile).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+');
        return new TuningProfile
        {
            Machine = MachineFingerprint.Of(device.Gpus),
            Driver = device.IsGpu ? AxisNames.Devices.NameOf(device.Kind) + " " + ProcessEnvironment.DriverVersion(device.Kind) : null,
            LibraryVersion = version[0],
            Commit = version.Length > 1 ? version[1] : null,
            Created = DateTimeOffset.UtcNow,
            MinSnrDb = minSnrDb,
            Entries = entries,
        };
    }

    private static void WriteToOutput(TuningProfile profile)
    {
        var file = Path.GetTempFileName();
        try
        {
            profile.Save(file);
            Console.Out.Write(File.ReadAllText(file));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static void Write(IAnsiConsole console, TuningProfile profile, string path)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var name in new[] { "dtype", "ranks", "up to", "regime", "algorithm", "block", "atoms", "time µs", "SNR dB", "full precision µs" })
        {
            table.AddColumn(new TableColumn(name) { NoWrap = true, Alignment = name is "dtype" or "regime" or "algorithm" ? Justify.Left : Justify.Right });
        }

        foreach (var range in profile.Entries.GroupBy(static entry => (entry.Variant.DataType, entry.Variant.WorldSize, entry.MinBytes)))
        {
            var best = range.First();
            var exact = range.FirstOrDefault(static entry => entry.Variant.Regime == QuantRegime.FP);
            table.AddRow(
                AxisNames.NameOf(best.Variant.DataType),
                Number(best.Variant.WorldSize),
                best.MaxBytes == long.MaxValue ? "any size" : MessageSize.Describe(best.MaxBytes),
                KernelVariant.NameOf(best.Variant.Mode),
                AxisNames.NameOf(best.Variant.Algorithm),
                Number(best.Variant.BlockSize),
                Number(best.Variant.AtomsPerThread),
                BenchTable.Number(best.MedianMicroseconds),
                best.SnrDb?.ToString("F1", CultureInfo.InvariantCulture) ?? "–",
                exact is null ? "–" : BenchTable.Number(exact.MedianMicroseconds));
        }

        console.WriteLine("Fastest on " + profile.Machine.Describe(profile.Entries[0].Device));
        console.Write(table);
        console.WriteLine($"Written to {path}: {profile.Entries.Count} entries. Groups whose policy is AllReducePolicy.FromEnvironment() choose by it with");
        console.WriteLine($"  export QUICKREDUCE_PROFILE={path}");
    }

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
