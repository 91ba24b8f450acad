using QuickReduce.Accuracy.Tests.Support;

namespace QuickReduce.Accuracy.Tests;

/// <summary>The sample as a user runs it.</summary>
public class SampleProgramTests
{
    private const string Program = "TensorParallelInference.dll";

    [Fact]
    public async Task GenerationIsTheSameEveryTimeAndFlowsPastTheContext()
    {
        using var checkpoint = new TinyCheckpoint().Save();
        string[] arguments = ["generate", "--model", checkpoint.Directory, "--prompt", "ab", "--bytes", "90", "--world-size", "2", "--regime", "int8"];
        var first = await RunAsync(arguments);
        var second = await RunAsync(arguments);

        Assert.Equal(0, first.ExitCode);
        Assert.StartsWith("ab", first.Output, StringComparison.Ordinal);
        Assert.Equal(first.Output, second.Output);
        Assert.Contains("90 bytes from 2 ranks", first.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ScoringWritesTableFileAndChart()
    {
        var directory = Directory.CreateTempSubdirectory("quickreduce-accuracy-").FullName;
        var (json, chart) = (Path.Combine(directory, "a.json"), Path.Combine(directory, "a.svg"));
        var run = await RunAsync("score", "--windows", "1", "--world-size", "2", "--regime", "fp", "int4", "--dtype", "float16", "--json", json, "--chart", chart);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains("float16 int4, 2 ranks: 1.1", run.Error, StringComparison.Ordinal);
        Assert.Contains("float16  int4", run.Output, StringComparison.Ordinal);
        Assert.Contains("\"regime\": \"int4\"", File.ReadAllText(json), StringComparison.Ordinal);
        Assert.Contains("<svg", File.ReadAllText(chart), StringComparison.Ordinal);
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task ProcessesGiveTheBitsOfThreads()
    {
        var directory = Directory.CreateTempSubdirectory("quickreduce-accuracy-").FullName;
        var (threads, processes) = (Path.Combine(directory, "threads.json"), Path.Combine(directory, "processes.json"));
        string[] score = ["score", "--windows", "1", "--regime", "int4", "int8", "--dtype", "bfloat16", "--json"];
        Assert.Equal(0, (await RunAsync([.. score, threads, "--world-size", "2"])).ExitCode);
        Assert.Equal(0, (await LaunchAsync(2, [.. score, processes])).ExitCode);
        Assert.Equal(File.ReadAllText(threads), File.ReadAllText(processes));

        string[] generate = ["generate", "--bytes", "20", "--seed", "3"];
        var launched = await LaunchAsync(4, generate);
        Assert.Equal((await RunAsync([.. generate, "--world-size", "4"])).Output, launched.Output); // said once, by rank 0
        Assert.Contains("20 bytes from 4 ranks", launched.Error, StringComparison.Ordinal);
        Directory.Delete(directory, recursive: true);
    }

    [Fact]
    public async Task AnotherNumberOfRanksThanProcessesIsSaid()
    {
        var run = await LaunchAsync(2, "generate", "--world-size", "4");
        Assert.Equal(1, run.ExitCode);
        Assert.Contains("--world-size is 4, and the launcher has started 2 processes", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("config.json", "score", "--model", "no-such-folder")]
    [InlineData("config.json", "generate", "--model", "no-such-folder")]
    [InlineData("--prompt is empty", "generate", "--prompt", "")]
    [InlineData("There are no kernels for 3 ranks, but for 2, 4, 8", "score", "--world-size", "3")]
    [InlineData("There is no folder", "score", "--json", "no-such-folder/a.json")]
    [InlineData(".svg and .png", "score", "--chart", "a.pdf")]
    [InlineData("--windows is 1 or more", "score", "--windows", "0")]
    [InlineData("Int3x", "score", "--regime", "Int3x")]
    public async Task MistakesAreSaidAndFail(string complaint, params string[] arguments)
    {
        var run = await RunAsync(arguments);
        Assert.Equal(1, run.ExitCode);
        Assert.Contains(complaint, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal); // no stack trace
    }

    [Fact]
    public async Task AnInterruptLeavesNothingBehind()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // a console's Ctrl-C cannot be sent to one program there
        }

        var directory = Directory.CreateTempSubdirectory("quickreduce-accuracy-").FullName;
        var run = await ProgramRun.InterruptAsync(Program, "score", "--json", Path.Combine(directory, "a.json"), "--chart", Path.Combine(directory, "a.png"));

        Assert.Equal(130, run.ExitCode);
        Assert.Contains("windows", run.Error, StringComparison.Ordinal);
        Assert.Contains("Cancelled. No file was written.", run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(directory));
        Directory.Delete(directory);
    }

    private static Task<ProgramRun> LaunchAsync(int processes, params string[] arguments) => ProgramRun.RunAsync(
        "QuickReduce.Cli.dll",
        ["launch", "-n", processes.ToString(null as IFormatProvider), "--no-prefix", "--", "dotnet", Path.Combine(AppContext.BaseDirectory, Program), .. arguments]);

    private static Task<ProgramRun> RunAsync(params string[] arguments) => ProgramRun.RunAsync(Program, arguments);
}
