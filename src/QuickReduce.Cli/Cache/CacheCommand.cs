using System.CommandLine;
using System.Globalization;
using System.Text.Json.Serialization.Metadata;
using QuickReduce.Cli.CommandLine;
using QuickReduce.Devices.Gpu.Code;
using Spectre.Console;

namespace QuickReduce.Cli.Cache;

/// <summary>Shows and empties the cache of kernels that were compiled at run time.</summary>
internal static class CacheCommand
{
    public static Command Create()
    {
        var command = new ExampleCommand(
            "cache",
            $"The cache of kernels that were compiled at run time, for GPUs that the build made no code for. {CodeCacheSettings.FolderVariable} sets its folder, or turns it off ({CodeCacheSettings.FolderVariable}=off); {CodeCacheSettings.SizeVariable} the MiB that it may have, by default {CodeCacheSettings.DefaultMaxMegabytes}.",
            "quickreduce cache list",
            "quickreduce cache clear",
            "quickreduce cache path --json");
        command.Subcommands.Add(CreateList());
        command.Subcommands.Add(CreateClear());
        command.Subcommands.Add(CreatePath());
        return command;
    }

    private static ExampleCommand CreateList()
    {
        var json = CommandOutput.CreateJsonOption();
        var command = new ExampleCommand("list", "Lists the code objects, the last used first.", "quickreduce cache list", "quickreduce cache list --json") { json };
        command.SetAction(result => Run(result.GetValue(json), CacheReport.Of, ReportJson.Default.CacheReport, Write));
        return command;
    }

    private static ExampleCommand CreateClear()
    {
        var json = CommandOutput.CreateJsonOption();
        var command = new ExampleCommand("clear", "Removes all code objects. What is needed is compiled again.", "quickreduce cache clear", "quickreduce cache clear --json") { json };
        command.SetAction(result => Run(result.GetValue(json), Clear, ReportJson.Default.CacheClearReport, Write));
        return command;
    }

    private static ExampleCommand CreatePath()
    {
        var json = CommandOutput.CreateJsonOption();
        var command = new ExampleCommand("path", "Writes the folder of the cache. Exits with 1 if there is none.", "quickreduce cache path", "du -sh \"$(quickreduce cache path)\"") { json };
        command.SetAction(result =>
        {
            var hasNone = false;
            var ending = Run(result.GetValue(json), static cache => new CachePathReport(cache?.Folder), ReportJson.Default.CachePathReport, (console, report) =>
            {
                hasNone = report.Folder is null;
                if (report.Folder is { } folder)
                {
                    Console.Out.WriteLine(folder);
                }
                else
                {
                    Console.Error.WriteLine("quickreduce: " + NoCache());
                }
            });
            return ending == ExitCode.Success && hasNone ? ExitCode.Missing : ending;
        });
        return command;
    }

    private static int Run<T>(bool asJson, Func<CodeCache?, T> work, JsonTypeInfo<T> type, Action<IAnsiConsole, T> write)
    {
        T report;
        try
        {
            report = work(CodeCacheSettings.Open(Environment.GetEnvironmentVariable));
        }
        catch (EnvironmentSettingException mistake)
        {
            Console.Error.WriteLine("quickreduce: " + mistake.Message);
            return ExitCode.WrongCommandLine;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return CommandOutput.Fail(failure.Message);
        }

        if (asJson)
        {
            CommandOutput.WriteJson(report, type);
        }
        else
        {
            write(CommandOutput.CreateConsole(), report);
        }

        return ExitCode.Success;
    }

    private static CacheClearReport Clear(CodeCache? cache)
    {
        var (count, bytes) = cache?.Clear() ?? default;
        return new CacheClearReport(cache?.Folder, count, bytes);
    }

    private static void Write(IAnsiConsole console, CacheReport report)
    {
        if (report.Folder is null)
        {
            console.WriteLine(NoCache());
            return;
        }

        if (report.Entries.Count > 0)
        {
            var table = new Table { Border = TableBorder.Simple };
            table.AddColumns("unit", "architecture", "size", "last use", "compiler");
            foreach (var entry in report.Entries)
            {
                table.AddRow(
                    new Text(entry.Unit ?? $"damaged ({entry.File})"),
                    new Text(entry.Architecture ?? string.Empty),
                    new Text(Size(entry.Bytes)),
                    new Text(entry.LastUse.LocalDateTime.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture)),
                    new Text(entry.Compiler ?? string.Empty));
            }

            console.Write(table);
        }

        console.WriteLine($"{Count(report.Entries.Count)}, {Size(report.Bytes)} of {Size(report.MaxBytes)}, in {report.Folder}");
    }

    private static void Write(IAnsiConsole console, CacheClearReport report) =>
        console.WriteLine(report.Folder is null ? NoCache() : $"{Count(report.Removed)} removed ({Size(report.Bytes)}) from {report.Folder}");

    private static string Count(int codeObjects) => codeObjects == 1 ? "1 code object" : $"{codeObjects} code objects";

    /// <summary>Why there is no cache.</summary>
    public static string NoCache() => CodeCacheSettings.IsOff(Environment.GetEnvironmentVariable)
        ? $"The cache is turned off ({CodeCacheSettings.FolderVariable}=off)."
        : $"There is no cache, since this user has no home folder. {CodeCacheSettings.FolderVariable} sets one.";

    /// <summary>A size for people.</summary>
    public static string Size(long bytes) =>
        bytes < 1 << 20 ? string.Create(CultureInfo.InvariantCulture, $"{bytes / 1024.0:0.#} KiB") : string.Create(CultureInfo.InvariantCulture, $"{bytes / (1024.0 * 1024):0.#} MiB");
}
