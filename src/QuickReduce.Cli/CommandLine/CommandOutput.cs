using System.CommandLine;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;

namespace QuickReduce.Cli.CommandLine;

/// <summary>Where a command writes: for people, or for programs (<c>--json</c>).</summary>
internal static class CommandOutput
{
    /// <summary>Wide enough that paths are not broken where nobody reads a terminal.</summary>
    private const int WidthWithoutTerminal = 160;

    /// <summary>The option that every command has.</summary>
    public static Option<bool> CreateJsonOption() => new("--json") { Description = "Write JSON instead of text." };

    /// <summary>Standard output for people; without colours and control characters where it is no terminal.</summary>
    public static IAnsiConsole CreateConsole()
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings());
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = WidthWithoutTerminal;
        }

        return console;
    }

    /// <summary>Writes one JSON document to standard output.</summary>
    public static void WriteJson<T>(T value, JsonTypeInfo<T> type) => Console.Out.WriteLine(System.Text.Json.JsonSerializer.Serialize(value, type));

    /// <summary>Says on standard error why the command ends, and returns the exit code.</summary>
    public static int Fail(string message, int exitCode = ExitCode.FileAccess)
    {
        Note(message);
        return exitCode;
    }

    /// <summary>Says something on standard error.</summary>
    public static void Note(string message) => Console.Error.WriteLine("quickreduce: " + message);
}
