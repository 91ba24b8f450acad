using System.Text.Json;
using QuickReduce.Build.Tests;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Package.Tests;

/// <summary>The tool, installed from its package.</summary>
[Collection(PackedFeedCollection.Name)]
public sealed class ToolTests : IDisposable
{
    private readonly PackedFeed _feed;
    private readonly string _tool;

    public ToolTests(PackedFeed feed)
    {
        _feed = feed;
        string folder = feed.Folder["tools"];
        _tool = Path.Combine(folder, OperatingSystem.IsWindows() ? "quickreduce.exe" : "quickreduce");
        if (!File.Exists(_tool))
        {
            feed.Dotnet("tool", "install", "QuickReduce.Tool", "--tool-path", folder, "--prerelease").AssertSucceeded();
        }
    }

    public void Dispose()
    {
        string emitted = _feed.Folder["emitted"];
        if (Directory.Exists(emitted))
        {
            Directory.Delete(emitted, recursive: true);
        }
    }

    [Fact]
    public void Doctor_finds_the_SDK_and_names_what_is_missing()
    {
        DotnetResult result = Run("doctor", "--archs", "host", "--json");
        JsonElement report = JsonDocument.Parse(result.Output).RootElement;
        Assert.Contains(report.GetProperty("sdks").EnumerateArray(), static version => version.GetString()!.StartsWith("10.", StringComparison.Ordinal));
        bool everything = report.GetProperty("compilers").EnumerateArray().All(static compiler => compiler.GetProperty("path").ValueKind == JsonValueKind.String);
        Assert.Equal(everything ? 0 : 1, result.ExitCode);
        Assert.Equal(everything ? 0 : 1, report.GetProperty("remedies").GetArrayLength());
    }

    [Fact]
    public void Doctor_says_how_to_get_a_compiler()
    {
        DotnetResult result = DotnetCommand.RunProgram(_tool, _feed.Folder.Path, ["doctor", "--archs", "sm_90"], ("PATH", _feed.Folder["nothing"]));
        Assert.Equal(1, result.ExitCode);
        Assert.Contains("No compiler for sm_90", result.Output, StringComparison.Ordinal);
        Assert.Contains("Remedy: apt-get install clang-22", result.Output, StringComparison.Ordinal);
        // No colours where nobody sees them.
        Assert.DoesNotContain('\u001b', result.Output);
    }

    [Fact]
    public void Doctor_says_what_GPUs_need()
    {
        JsonElement report = JsonDocument.Parse(Run("doctor", "--archs", "gfx942", "--json").Output).RootElement;
        Assert.Equal(2, report.GetProperty("deviceExplanation").GetArrayLength());
        Assert.Equal(["Hip", "Cuda"], report.GetProperty("drivers").EnumerateArray().Select(static driver => driver.GetProperty("kind").GetString()));
        Assert.True(report.GetProperty("hipRtc").GetProperty("path").ValueKind == JsonValueKind.String || report.GetProperty("hipRtc").GetProperty("missing").GetString()!.Contains("QUICKREDUCE_HIPRTC", StringComparison.Ordinal));
        Assert.EndsWith("quickreduce", report.GetProperty("cache").GetProperty("folder").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_cache_is_listed_and_cleared()
    {
        string folder = _feed.Folder["cache"];
        (string, string) variable = ("QUICKREDUCE_CACHE", folder);
        Assert.Equal(folder, Cache("path").Output.Trim());
        Assert.Contains("0 code objects", Cache("list").Output, StringComparison.Ordinal);
        _feed.Folder.Write("cache/0123.code", "damaged");
        JsonElement entry = Assert.Single(JsonDocument.Parse(Cache("list", "--json").Output).RootElement.GetProperty("entries").EnumerateArray());
        Assert.Equal(("0123.code", JsonValueKind.Null), (entry.GetProperty("file").GetString(), entry.GetProperty("unit").ValueKind));
        Assert.Contains("1 code object removed", Cache("clear").Output, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));

        variable = ("QUICKREDUCE_CACHE", "off");
        Assert.Equal(1, Cache("path").ExitCode);
        Assert.Equal(0, Cache("clear").ExitCode);
        variable = ("QUICKREDUCE_CACHE_MAX_MB", "much");
        DotnetResult result = Cache("list");
        Assert.Equal(2, result.ExitCode);
        Assert.Contains("1 to ", result.Output, StringComparison.Ordinal);

        DotnetResult Cache(params string[] arguments) => DotnetCommand.RunProgram(_tool, _feed.Folder.Path, ["cache", .. arguments], variable);
    }

    [Fact]
    public void List_reads_the_kernels_of_a_built_assembly()
    {
        _feed.Folder.Write("listed/listed.csproj", Sources.Project("<QuickReduceSkipNative>true</QuickReduceSkipNative>", Sources.QuickReduceReference));
        _feed.Folder.Write("listed/Sums.cs", Sources.Kernels("Listed", "Sums"));
        _feed.DotnetCleanly("build", "listed");
        string assembly = _feed.Folder["listed/bin/Debug/net10.0/listed.dll"];

        DotnetResult result = Run("list", assembly);
        result.AssertSucceeded();
        Assert.Contains("two_shot_all_reduce_float16_int8_world2", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', result.Output);

        result = Run("list", assembly, "--json");
        result.AssertSucceeded();
        JsonElement[] units = [.. JsonDocument.Parse(result.Output).RootElement.GetProperty("units").EnumerateArray()];
        Assert.Equal(["Listed.Sums.float16_fp", "Listed.Sums.float16_int8"], units.Select(static unit => unit.GetProperty("name").GetString()));
        Assert.All(units, static unit => Assert.Equal(16, unit.GetProperty("sourceId").GetString()!.Length));
        Assert.All(units, static unit => Assert.NotEmpty(unit.GetProperty("kernels").EnumerateArray()));
    }

    [Fact]
    public void List_tells_none_from_no_assembly()
    {
        Assert.Equal(1, Run("list", typeof(Assert).Assembly.Location).ExitCode);
        DotnetResult result = Run("list", _feed.Folder["nuget.config"]);
        Assert.Equal(3, result.ExitCode);
        Assert.Contains("not a .NET assembly", result.Output, StringComparison.Ordinal);
        Assert.Equal(3, Run("list", _feed.Folder["nowhere.dll"]).ExitCode);
    }

    [Fact]
    public void Emit_renders_what_the_generator_renders()
    {
        string output = _feed.Folder["emitted"];
        Run("emit", "--name", "My.Kernels", "--data-type", "float16", "--regime", "int4", "--world-size", "4", "--output", output).AssertSucceeded();
        string file = Assert.Single(Directory.GetFiles(output));
        Assert.Equal("My.Kernels.float16_int4.hip", Path.GetFileName(file));
        Assert.Contains("two_shot_all_reduce_float16_int4_world4", File.ReadAllText(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Bench_starts_a_process_for_each_rank_of_the_installed_tool()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        DotnetResult result = Run("bench", "--processes", "--device", "managed", "--world-size", "2", "--regime", "int4", "--size", "2K", "--seconds", "0.01", "--csv", "-");
        result.AssertSucceeded();
        Assert.EndsWith("true", result.Output.TrimEnd(), StringComparison.Ordinal);
    }

    [RequiresProgramsFact("clang++-22")]
    public void The_package_brings_compiled_kernels()
    {
        DotnetResult result = Run("bench", "--device", "host", "--world-size", "2", "--regime", "int4", "--size", "2K", "--seconds", "0.01", "--csv", "-");
        result.AssertSucceeded();
        Assert.EndsWith("true", result.Output.TrimEnd(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("emit", "--output", "emitted", "--regime", "int9")]
    [InlineData("emit", "--output", "emitted", "--name", "1st")]
    [InlineData("emit")]
    [InlineData("doctor", "--archs", "mi300x")]
    [InlineData("list")]
    [InlineData("cache")]
    [InlineData("cache", "burn")]
    [InlineData("emulate", "App.dll", "--seeds", "0")]
    [InlineData("frobnicate")]
    public void A_wrong_command_line_is_said_and_nothing_is_done(params string[] arguments)
    {
        DotnetResult result = Run(arguments);
        Assert.Equal(2, result.ExitCode);
        Assert.NotEmpty(result.Output);
        Assert.False(Directory.Exists(_feed.Folder["emitted"]));
    }

    [Theory]
    [InlineData("doctor")]
    [InlineData("list")]
    [InlineData("emit")]
    [InlineData("accuracy")]
    [InlineData("launch")]
    [InlineData("cache")]
    [InlineData("bench")]
    [InlineData("tune")]
    [InlineData("emulate")]
    public void Help_has_examples(string command)
    {
        DotnetResult result = Run(command, "--help");
        result.AssertSucceeded();
        Assert.Contains($"Examples:\n  quickreduce {command}", result.Output.ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    private DotnetResult Run(params string[] arguments) => DotnetCommand.RunProgram(_tool, _feed.Folder.Path, arguments);
}
