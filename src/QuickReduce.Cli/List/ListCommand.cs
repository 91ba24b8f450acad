using System.CommandLine;
using QuickReduce.Build;
using QuickReduce.Cli.CommandLine;
using Spectre.Console;

namespace QuickReduce.Cli.List;

/// <summary>Shows the kernels in a built assembly.</summary>
internal static class ListCommand
{
    public static Command Create()
    {
        var assembly = new Argument<FileInfo>("assembly") { Description = "A built assembly (.dll). It is read, not loaded." };
        var json = CommandOutput.CreateJsonOption();
        var command = new ExampleCommand(
            "list",
            "Lists the translation units and kernels that an assembly carries, and for which architectures they lie compiled beside it. Exits with 1 if there are none.",
            "quickreduce list bin/Release/net10.0/App.dll",
            "quickreduce list App.dll --json") { assembly, json };
        command.SetAction(result => Run(result.GetValue(assembly)!.FullName, result.GetValue(json)));
        return command;
    }

    private static int Run(string path, bool asJson)
    {
        AssemblyReport report;
        try
        {
            report = AssemblyReport.Read(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or UnusableKernelSourceException)
        {
            return CommandOutput.Fail(failure.Message);
        }

        if (asJson)
        {
            CommandOutput.WriteJson(report, ReportJson.Default.AssemblyReport);
        }
        else
        {
            Write(CommandOutput.CreateConsole(), report);
        }

        return report.Units.Count > 0 ? ExitCode.Success : ExitCode.Missing;
    }

    private static void Write(IAnsiConsole console, AssemblyReport report)
    {
        if (report.Units.Count == 0)
        {
            console.WriteLine($"{report.Assembly} carries no kernels.");
            return;
        }

        var table = new Table { Border = TableBorder.Simple };
        table.AddColumns("unit and kernels", "source id", "compiled for");
        foreach (var unit in report.Units)
        {
            table.AddRow(
                new Text(unit.Name),
                new Text(unit.SourceId),
                new Text(unit.CompiledFor.Count > 0 ? string.Join(", ", unit.CompiledFor) : "nothing here"));
            foreach (var kernel in unit.Kernels)
            {
                table.AddRow("  " + kernel);
            }
        }

        console.Write(table);
        console.WriteLine($"{report.Units.Sum(static unit => unit.Kernels.Count)} kernels in {report.Units.Count} units.");
    }
}
