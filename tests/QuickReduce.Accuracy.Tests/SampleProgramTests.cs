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

    private static Task<ProgramRun> RunAsync(params string[] arguments) => ProgramRun.RunAsync(Program, arguments);
}
