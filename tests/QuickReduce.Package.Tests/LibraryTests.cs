using QuickReduce.Build.Tests;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Package.Tests;

/// <summary>Kernels of a library come with whatever runs it, once, however it is referenced.</summary>
[Collection(PackedFeedCollection.Name)]
public sealed class LibraryTests(PackedFeed feed)
{
    private static readonly string[] KernelsOfFirst =
    [
        "host/x86-64-v3/First.Sums.float16_fp.so", "host/x86-64-v3/First.Sums.float16_fp.so.sha256",
        "host/x86-64-v3/First.Sums.float16_int8.so", "host/x86-64-v3/First.Sums.float16_int8.so.sha256",
    ];

    private static readonly string[] KernelsOfBoth =
        [.. KernelsOfFirst, .. KernelsOfFirst.Select(static file => file.Replace("First", "Second", StringComparison.Ordinal))];

    private readonly TemporaryFolder _folder = feed.Folder;

    [RequiresProgramsFact("clang++-22", "ld.lld-22")]
    public void Two_referenced_projects_bring_their_kernels()
    {
        WriteLibrary("solution/first", "First");
        WriteLibrary("solution/second", "Second");
        WriteApplication(
            "solution/app", """<ProjectReference Include="../first/first.csproj" /><ProjectReference Include="../second/second.csproj" />""", "First.Sums", "Second.Sums");
        _folder.Write("solution/all.slnx", """<Solution><Project Path="app/app.csproj" /><Project Path="first/first.csproj" /><Project Path="second/second.csproj" /></Solution>""");

        feed.DotnetCleanly("build", "solution/all.slnx", "-m");
        Assert.Equal(KernelsOfBoth, _folder.Files("solution/app/bin/Debug/net10.0/quickreduce"));
        // The application has no kernels of its own and compiles none again.
        Assert.Empty(_folder.Files("solution/app/obj/Debug/net10.0/quickreduce/kernels"));
        AssertRuns("solution/app/bin/Debug/net10.0/app.dll", classes: 2);

        DotnetResult again = feed.DotnetCleanly("build", "solution/all.slnx", "-m");
        Assert.DoesNotContain("kernel file", again.Output, StringComparison.Ordinal);
    }

    [RequiresProgramsFact("clang++-22", "ld.lld-22")]
    public void A_referenced_package_brings_its_kernels()
    {
        WriteLibrary("packed/first", "First", "<PackageId>Sample.First</PackageId>");
        feed.DotnetCleanly("pack", "packed/first", "-o", feed.Feed);
        // One package in between, which knows nothing of kernels.
        _folder.Write("packed/between/between.csproj", Sources.Project("<PackageId>Sample.Between</PackageId>", """<PackageReference Include="Sample.First" Version="*-*" />"""));
        _folder.Write("packed/between/Nothing.cs", "namespace Between; public static class Nothing;");
        feed.DotnetCleanly("pack", "packed/between", "-o", feed.Feed);
        WriteApplication("packed/app", """<PackageReference Include="Sample.Between" Version="*-*" />""", "First.Sums");
        // What references an application, as its tests do, gets them through it as well: once.
        WriteApplication("packed/tests", """<ProjectReference Include="../app/app.csproj" />""", "First.Sums");

        feed.DotnetCleanly("publish", "packed/tests", "-c", "Debug", "-o", _folder["published/tests"]);
        Assert.Equal(KernelsOfFirst, _folder.Files("packed/app/bin/Debug/net10.0/quickreduce"));
        Assert.Equal(KernelsOfFirst, _folder.Files("published/tests/quickreduce"));
        AssertRuns("packed/app/bin/Debug/net10.0/app.dll", classes: 1);
        AssertRuns("published/tests/tests.dll", classes: 1);

        feed.DotnetCleanly("build", "packed/app", "--no-restore", "-p:QuickReduceSkipNative=true");
        Assert.Empty(_folder.Files("packed/app/bin/Debug/net10.0/quickreduce"));
    }

    private void WriteLibrary(string path, string @namespace, string properties = "")
    {
        _folder.Write($"{path}/{Path.GetFileName(path)}.csproj", Sources.Project("<QuickReduceOffloadArchs>host</QuickReduceOffloadArchs>" + properties, Sources.QuickReduceReference));
        _folder.Write($"{path}/Sums.cs", Sources.Kernels(@namespace, "Sums"));
    }

    private void WriteApplication(string path, string reference, params string[] kernelClasses)
    {
        _folder.Write($"{path}/{Path.GetFileName(path)}.csproj", Sources.Project("<OutputType>Exe</OutputType>", reference));
        _folder.Write($"{path}/Program.cs", Sources.Program(kernelClasses));
    }

    private void AssertRuns(string assembly, int classes)
    {
        DotnetResult result = feed.Dotnet(_folder[assembly], "Host");
        result.AssertSucceeded();
        Assert.Equal(Sources.ExpectedOutput("Host", classes), result.Output.ReplaceLineEndings("\n"));
    }
}
