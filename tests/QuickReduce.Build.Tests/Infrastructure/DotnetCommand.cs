using System.Diagnostics;

namespace QuickReduce.Build.Tests;

/// <summary>The end of a command and all it said.</summary>
internal sealed record DotnetResult(int ExitCode, string Output)
{
    public void AssertSucceeded() => Assert.True(ExitCode == 0, Output);
}

/// <summary>Runs <c>dotnet</c>, or another program, as a user would from a shell.</summary>
internal static class DotnetCommand
{
    public static DotnetResult Run(string folder, IEnumerable<string> arguments, params (string Name, string Value)[] environment) =>
        RunProgram(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? Environment.ProcessPath!, folder, arguments, environment);

    public static DotnetResult RunProgram(
        string program, string folder, IEnumerable<string> arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        // What the build of the tests themselves has set would lead the inner build to its files.
        foreach (string name in start.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return new DotnetResult(process.ExitCode, output + errors.Result);
    }
}
