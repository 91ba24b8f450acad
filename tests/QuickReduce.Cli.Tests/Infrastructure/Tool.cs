using System.Reflection;

// The tool writes to the process's standard streams: one command at a time.
[assembly: CollectionBehavior(DisableTestParallelization = true)]

namespace QuickReduce.Cli.Tests;

/// <summary>The tool, run in this process, as its entry point runs it.</summary>
internal static class Tool
{
    /// <summary>Runs a command line to its end.</summary>
    public static ToolResult Run(params string[] arguments)
    {
        var (output, error) = (Console.Out, Console.Error);
        using var writtenOutput = new StringWriter();
        using var writtenError = new StringWriter();
        Console.SetOut(writtenOutput);
        Console.SetError(writtenError);
        try
        {
            var exitCode = (int)Assembly.Load("QuickReduce.Cli").EntryPoint!.Invoke(null, [arguments])!;
            return new ToolResult(exitCode, writtenOutput.ToString(), writtenError.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }
}

/// <summary>How a command ended, and what it wrote.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Error)
{
    public ToolResult Expect(int exitCode)
    {
        Assert.True(ExitCode == exitCode, $"exit code {ExitCode}, expected {exitCode}\n{Output}\n{Error}");
        return this;
    }
}
