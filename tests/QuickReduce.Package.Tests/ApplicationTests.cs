using System.Runtime.InteropServices;
using QuickReduce.Build.Tests;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Package.Tests;

/// <summary>A console application with a package reference, an annotated class and nothing else.</summary>
[Collection(PackedFeedCollection.Name)]
public sealed class ApplicationTests(PackedFeed feed)
{
    private readonly TemporaryFolder _folder = feed.Folder;

    [Fact]
    public void Builds_and_runs()
    {
        Write("plain", "<QuickReduceSkipNative>true</QuickReduceSkipNative>");
        feed.DotnetCleanly("build", "plain");
        Assert.Equal(Sources.ExpectedOutput("Managed"), Run(_folder["plain/bin/Debug/net10.0/plain"]));
    }

    [RequiresProgramsFact("clang++-22", "ld.lld-22")]
    public void Kernels_are_compiled_and_run_on_the_CPU()
    {
        Write("native", "<QuickReduceOffloadArchs>gfx942;host</QuickReduceOffloadArchs>");
        feed.DotnetCleanly("build", "native");
        Assert.Equal(
            ["gfx942/App.Sums.float16_fp.hsaco", "gfx942/App.Sums.float16_int8.hsaco"],
            _folder.Files("native/bin/Debug/net10.0/quickreduce").Where(static file => file.StartsWith("gfx", StringComparison.Ordinal)));
        Assert.Equal(Sources.ExpectedOutput("Host"), Run(_folder["native/bin/Debug/net10.0/native"], "Host"));
    }

    [Fact]
    public void Runs_trimmed()
    {
        Write("trimmed", "<QuickReduceSkipNative>true</QuickReduceSkipNative><PublishTrimmed>true</PublishTrimmed><TrimmerSingleWarn>false</TrimmerSingleWarn><InvariantGlobalization>true</InvariantGlobalization>");
        feed.DotnetCleanly("publish", "trimmed", "-r", RuntimeInformation.RuntimeIdentifier, "-o", _folder["published/trimmed"]);
        Assert.Equal(Sources.ExpectedOutput("Managed"), Run(_folder["published/trimmed/trimmed"]));
    }

    [RequiresProgramsFact("gcc")]
    public void Runs_compiled_ahead_of_time()
    {
        Write("ahead", "<QuickReduceSkipNative>true</QuickReduceSkipNative><PublishAot>true</PublishAot><TrimmerSingleWarn>false</TrimmerSingleWarn><InvariantGlobalization>true</InvariantGlobalization>");
        feed.DotnetCleanly("publish", "ahead", "-r", RuntimeInformation.RuntimeIdentifier, "-o", _folder["published/ahead"]);
        Assert.False(File.Exists(_folder["published/ahead/ahead.dll"]));
        Assert.Equal(Sources.ExpectedOutput("Managed"), Run(_folder["published/ahead/ahead"]));
    }

    private void Write(string name, string properties)
    {
        _folder.Write($"{name}/{name}.csproj", Sources.Project("<OutputType>Exe</OutputType>" + properties, Sources.QuickReduceReference));
        _folder.Write($"{name}/Sums.cs", Sources.Kernels("App", "Sums"));
        _folder.Write($"{name}/Program.cs", Sources.Program("App.Sums"));
    }

    private string Run(string program, params string[] arguments)
    {
        DotnetResult result = DotnetCommand.RunProgram(OperatingSystem.IsWindows() ? program + ".exe" : program, _folder.Path, arguments);
        result.AssertSucceeded();
        return result.Output.ReplaceLineEndings("\n");
    }
}
