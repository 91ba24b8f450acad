using System.CommandLine;
using System.Globalization;
using QuickReduce.Build;
using QuickReduce.Cli.CommandLine;
using QuickReduce.Emulation.Trials;
using Spectre.Console;

namespace QuickReduce.Cli.Emulate;

/// <summary>Executes all-reduce kernels for AMD GPUs without the GPU.</summary>
internal static class EmulateCommand
{
    private const string Claim = "functionally executed in an interpreter: no timing, no caches, no hardware";

    public static Command Create()
    {
        var options = new EmulateOptions();
        var command = new ExampleCommand(
            "emulate",
            $"""
            Runs the all-reduce kernels that the build compiled for gfx942, instruction by instruction on the CPU, and compares every rank's result bit for bit with the managed backend's. This machine needs neither GPU nor compiler. It finds wrong numbers, races, missing waits, accesses out of bounds and kernels that wait for each other; what it says is "{Claim}".

            Each seed is another schedule: which waves run, which stall, and when other blocks see what they store. Calls of all sizes are made in a row on every rank, then once more as a graph. Exits with 1 if a result differs, a kernel is stopped, or there is nothing to run.
            """,
            "quickreduce emulate bin/Release/net10.0/App.dll",
            "quickreduce emulate App.dll --kernel int4 --world-size 4 --size 1 16385 40000 --seeds 50",
            "quickreduce emulate kernels/My.Kernels.float16_int4.hsaco --world-size 2 --messages partials.bin",
            "quickreduce emulate App.dll --weak-stores false --skew false --json");
        options.AddTo(command);
        command.SetAction((result, cancellation) => Task.FromResult(Run(options.Read(result), cancellation)));
        return command;
    }

    private static int Run(EmulateSettings settings, CancellationToken cancellation)
    {
        try
        {
            using var files = KernelFiles.Read(settings.Paths, settings.Architecture);
            var variants = files.Variants.FindAll(settings.Includes);
            if (variants.Count == 0)
            {
                Console.Error.WriteLine("quickreduce: there is no all-reduce kernel for " + settings.Architecture + " here that fits. Build with " + settings.Architecture
                    + " in QuickReduceOffloadArchs; quickreduce list shows what an assembly has.");
                return ExitCode.Missing;
            }

            var report = Report(settings, files, Progress(settings, () => Trials(settings, variants, cancellation)));
            if (settings.Json)
            {
                CommandOutput.WriteJson(report, ReportJson.Default.EmulationReport);
            }
            else
            {
                Write(CommandOutput.CreateConsole(), report);
            }

            return report.IsIdentical ? ExitCode.Success : ExitCode.Missing;
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("quickreduce: stopped.");
            return ExitCode.Cancelled;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or UnusableKernelSourceException or UnusableKernelFileException or QuickReduceException or ArgumentException)
        {
            return CommandOutput.Fail(failure.Message);
        }
    }

    private static List<TrialReport> Progress(EmulateSettings settings, Func<List<TrialReport>> run) => settings.Json || Console.IsOutputRedirected
        ? run()
        : AnsiConsole.Status().Start("Executing kernels …", _ => run());

    private static List<TrialReport> Trials(EmulateSettings settings, List<EmulatedVariant> variants, CancellationToken cancellation)
    {
        var seeds = from variant in variants from seed in Enumerable.Range(0, settings.Seeds) select (variant, Seed: settings.FirstSeed + (ulong)seed);
        try
        {
            return [.. seeds.AsParallel().AsOrdered().WithCancellation(cancellation).Select(item => Trial(settings, item.variant).Run(item.Seed, cancellation))];
        }
        catch (AggregateException several) when (several.InnerExceptions.Count > 0)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(several.InnerExceptions[0]);
            throw;
        }
    }

    private static AllReduceTrial Trial(EmulateSettings settings, EmulatedVariant variant) => new(variant.Set, variant.Variant, variant.Directory)
    {
        Sizes = settings.Sizes.Count > 0 ? settings.Sizes : [1, new KernelGeometry(variant.Variant).ElementsPerTile + 77, 33],
        Machine = settings.Machine,
        MaxBlocks = settings.MaxBlocks,
        Replays = 1,
        Messages = settings.MessagesFor(variant.Variant),
    };

    private static EmulationReport Report(EmulateSettings settings, KernelFiles files, List<TrialReport> trials)
    {
        var kernels = trials
            .Chunk(settings.Seeds)
            .Select(static group => new EmulatedKernelReport(
                group[0].Kernel,
                group.Length,
                group.Count(static trial => trial.Outcome == TrialOutcome.Identical),
                group.Sum(static trial => trial.Instructions),
                [.. group.Where(static trial => trial.Outcome != TrialOutcome.Identical)]))
            .ToArray();
        return new EmulationReport(Claim, settings.Architecture, trials.TrueForAll(static trial => trial.Outcome == TrialOutcome.Identical), kernels, files.Others);
    }

    private static void Write(IAnsiConsole console, EmulationReport report)
    {
        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("kernel", "bit-identical", "seeds", "instructions");
        foreach (var kernel in report.Kernels)
        {
            table.AddRow(
                new Text(kernel.Kernel),
                kernel.Findings.Count == 0 ? new Text("yes") : new Text("no, " + kernel.Findings.Count + " seeds", new Style(Color.Red)),
                new Text(kernel.Seeds.ToString(CultureInfo.InvariantCulture)).RightJustified(),
                new Text(kernel.Instructions.ToString("N0", CultureInfo.InvariantCulture)).RightJustified());
        }

        console.Write(table);
        foreach (var kernel in report.Kernels.Where(static kernel => kernel.Findings.Count > 0))
        {
            var first = kernel.Findings[0];
            console.Write(new Text(kernel.Kernel + ", seed " + first.Seed + ": " + first.Finding + Environment.NewLine, new Style(Color.Yellow)));
        }

        if (report.Skipped.Count > 0)
        {
            console.WriteLine("Not all-reduces, and not run: " + string.Join(", ", report.Skipped) + ".");
        }

        console.WriteLine($"{report.Kernels.Count} kernels for {report.Architecture}, {report.Claim}.");
    }
}
