using System.CommandLine;
using QuickReduce.Build;
using QuickReduce.Cli.CommandLine;
using Spectre.Console;

namespace QuickReduce.Cli.Emit;

/// <summary>A file that was rendered.</summary>
/// <param name="File">Path of the file.</param>
/// <param name="SourceId">What identifies its text.</param>
/// <param name="Kernels">Names of the kernels in it.</param>
internal sealed record EmittedUnit(string File, string SourceId, IReadOnlyList<string> Kernels);

/// <summary>What <c>emit</c> did.</summary>
internal sealed record EmitReport(IReadOnlyList<EmittedUnit> Units);

/// <summary>Renders kernels to a folder without a project.</summary>
internal static class EmitCommand
{
    private const string DefaultName = "Kernels";

    public static Command Create()
    {
        var name = new Option<string>("--name")
        {
            Description = "Name of the kernel set, as a class would have it; begins the files' names.",
            DefaultValueFactory = static _ => DefaultName,
        };
        var output = new Option<DirectoryInfo>("--output", "-o") { Description = "Folder to write to; made if it is not there.", Required = true };
        var json = CommandOutput.CreateJsonOption();
        var axes = new AxisOptions();
        var command = new ExampleCommand(
            "emit",
            "Renders the HIP source of kernels to a folder, without a project. Exits with 1 if there is no kernel for what was asked. Data types, regimes and world sizes that are left out are all meant. The text compiles as it is for AMD, NVIDIA and the CPU.",
            "quickreduce emit --output kernels",
            "quickreduce emit --name My.Kernels --data-type float16 --regime int4 --world-size 4 --output kernels",
            "quickreduce emit --regime int4 --group-size 16 --scale-format shared_exponent --output kernels",
            "quickreduce emit --data-type float16 bfloat16 --regime fp int8 --world-size 2 4 --output kernels --json") { name, output, json };
        axes.AddTo(command);
        name.Validators.Add(result =>
        {
            if (!IsQualifiedName(result.GetValueOrDefault<string>()))
            {
                result.AddError("--name has to be a C# name, with dots between its parts: My.Kernels.");
            }
        });
        command.SetAction(result => Run(axes.KernelSet(result, result.GetValue(name)!), result.GetValue(output)!.FullName, result.GetValue(json)));
        return command;
    }

    private static int Run(Codegen.KernelSetModel model, string folder, bool asJson)
    {
        var units = new List<EmittedUnit>();
        try
        {
            foreach (var unit in Codegen.KernelPlanner.Plan(model))
            {
                var path = Path.Combine(folder, unit.Name + ExtractKernelSources.SourceExtension);
                FileText.WriteIfDifferent(path, Codegen.HipRenderer.Render(unit));
                units.Add(new EmittedUnit(path, unit.SourceId, [.. unit.Variants.Select(static variant => variant.KernelName)]));
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return CommandOutput.Fail($"'{folder}' can't be written: {failure.Message}");
        }

        if (units.Count == 0)
        {
            Console.Error.WriteLine("quickreduce: there is no kernel for any of these combinations.");
        }

        if (asJson)
        {
            CommandOutput.WriteJson(new EmitReport(units), ReportJson.Default.EmitReport);
            return Ending(units);
        }

        var console = CommandOutput.CreateConsole();
        foreach (var unit in units)
        {
            console.WriteLine($"{unit.File} ({unit.Kernels.Count} {(unit.Kernels.Count == 1 ? "kernel" : "kernels")})");
        }

        return Ending(units);
    }

    private static int Ending(List<EmittedUnit> units) => units.Count > 0 ? ExitCode.Success : ExitCode.Missing;

    private static bool IsQualifiedName(string? name) =>
        !string.IsNullOrEmpty(name)
        && name.Split('.').All(static part => part.Length > 0 && !char.IsDigit(part[0]) && part.All(static c => char.IsLetterOrDigit(c) || c == '_'));
}
