using System.Text.Json;
using QuickReduce.Accuracy.Tests.Support;

namespace QuickReduce.Accuracy.Tests;

/// <summary><c>quickreduce accuracy</c> as a user runs it.</summary>
public sealed class AccuracyCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("quickreduce-accuracy-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task FiguresAreThoseOfTheStudyAndOfTheSample()
    {
        var (json, chart, sampleJson) = (In("a.json"), In("a.png"), In("sample.json"));
        var run = await RunAsync([.. Sample, "--windows", "1", "--world-size", "2", "--regime", "fp,int4", "--dtype", "fp16", "--json", json, "--chart", chart]);
        var sample = await ProgramRun.RunAsync(
            "TensorParallelInference.dll", "score", "--windows", "1", "--world-size", "2", "--regime", "fp", "int4", "--dtype", "float16", "--json", sampleJson);

        Assert.Equal((0, 0), (run.ExitCode, sample.ExitCode));
        Assert.Contains("float16  int4", run.Output, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllText(sampleJson), File.ReadAllText(json));
        Assert.Equal(new byte[] { 0x89, 0x50, 0x4E, 0x47 }, File.ReadAllBytes(chart)[..4]); // as every PNG begins
        var figures = JsonDocument.Parse(File.ReadAllBytes(json)).RootElement.EnumerateArray().Select(static figure => (
            figure.GetProperty("dtype").GetString(), figure.GetProperty("regime").GetString(), figure.GetProperty("worldSize").GetInt32()));
        Assert.Equal([("float32", "fp", 1), ("float16", "fp", 2), ("float16", "int4", 2)], figures);
    }

    [Fact]
    public async Task WhatIsNotAskedForIsWhatTheModelAllows()
    {
        using var checkpoint = new TinyCheckpoint().Save(); // two key and value heads: neither four ranks nor eight
        File.WriteAllText(In("text"), new string('x', 40));
        var run = await RunAsync("--model", checkpoint.Directory, "--text", In("text"), "--regime", "int8", "--group-size", "16,32", "--json", In("a.json"));

        Assert.Equal(0, run.ExitCode);
        var figures = JsonDocument.Parse(File.ReadAllBytes(In("a.json"))).RootElement.EnumerateArray().Skip(1)
            .Select(static figure => figure.GetProperty("dtype").GetString() + " " + figure.GetProperty("regime").GetString() + " " + figure.GetProperty("worldSize").GetInt32());
        Assert.Equal(["float16 int8_group16 2", "float16 int8 2", "bfloat16 int8_group16 2", "bfloat16 int8 2"], figures);
    }

    [Theory]
    [InlineData(2, "The nearest is int4.", "--regime", "int44")]
    [InlineData(2, "The nearest is float16.", "--dtype", "fp16,float61")]
    [InlineData(2, "8 attention heads cannot be split over 3 ranks", "--world-size", "3")]
    [InlineData(2, "no kernel for any of these", "--dtype", "fp32", "--regime", "int4")]
    [InlineData(2, "--windows is 1 or more", "--windows", "0")]
    [InlineData(2, "There is no folder to write", "--json", "no-such-folder/a.json")]
    [InlineData(2, ".svg and .png", "--chart", "a.pdf")]
    [InlineData(3, "no-such-file", "--text", "no-such-file")]
    [InlineData(3, "config.json", "--model", "no-such-folder")]
    public async Task MistakesAreSaidWithAnExitCode(int exitCode, string complaint, params string[] arguments)
    {
        string[] rest = [.. Sample.Chunk(2).Where(pair => !arguments.Contains(pair[0])).SelectMany(static pair => pair)];
        var run = await RunAsync([.. rest, .. arguments]);
        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains(complaint, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", run.Error, StringComparison.Ordinal); // no stack trace
        Assert.DoesNotContain("(Parameter", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task TextThatIsNoneAndModelsThatAreBrokenAreSaid()
    {
        File.WriteAllBytes(In("text"), [0x61, 0xFF]);
        var run = await RunAsync("--model", SampleModel.Directory, "--text", In("text"), "--json", In("a.json"));
        Assert.Equal((3, true), (run.ExitCode, run.Error.Contains("not UTF-8 text: at byte 1", StringComparison.Ordinal)));

        using var checkpoint = new TinyCheckpoint().Save();
        File.WriteAllBytes(checkpoint.TensorFile, File.ReadAllBytes(checkpoint.TensorFile)[..^5]);
        run = await RunAsync("--model", checkpoint.Directory, "--text", In("text"));
        Assert.Equal((3, true), (run.ExitCode, run.Error.Contains("is not a safetensors file", StringComparison.Ordinal)));
        Assert.Equal([In("text")], Directory.GetFiles(_folder));
    }

    [Fact]
    public async Task AnInterruptLeavesNothingBehind()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // a console's Ctrl-C cannot be sent to one program there
        }

        var run = await ProgramRun.InterruptAsync("QuickReduce.Cli.dll", ["accuracy", .. Sample, "--json", In("a.json"), "--chart", In("a.svg")]);
        Assert.Equal(130, run.ExitCode);
        Assert.Contains("windows, about", run.Error, StringComparison.Ordinal); // progress, with the time left
        Assert.Contains("cancelled; no file was written", run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(_folder));
    }

    private static string[] Sample => ["--model", SampleModel.Directory, "--text", SampleModel.TextFile];

    private string In(string file) => Path.Combine(_folder, file);

    private static Task<ProgramRun> RunAsync(params string[] arguments) => ProgramRun.RunAsync("QuickReduce.Cli.dll", ["accuracy", .. arguments]);
}
