using QuickReduce.Build.Tests;

namespace QuickReduce.Package.Tests;

/// <summary>Where the package can't work it says so itself.</summary>
[Collection(PackedFeedCollection.Name)]
public sealed class RequirementTests(PackedFeed feed)
{
    private readonly TemporaryFolder _folder = feed.Folder;

    [Fact]
    public void An_older_framework_is_an_error()
    {
        Write("framework", "csproj", Sources.Project("", Sources.QuickReduceReference, "netstandard2.1"));
        AssertFails("framework", "error QR2010: QuickReduce needs net10.0 or later, and this project is built for netstandard2.1.");
    }

    [Fact]
    public void Another_language_is_an_error()
    {
        Write("language", "vbproj", Sources.Project("", Sources.QuickReduceReference));
        AssertFails("language", "error QR2011: QuickReduce generates kernels from C# and this project is VB.");
    }

    [Fact]
    public void An_older_compiler_is_an_error()
    {
        // Otherwise the SDK takes its own compiler all the same.
        const string TakeThePackage = "<RoslynCompilerType>Custom</RoslynCompilerType>";
        Write("compiler", "csproj", Sources.Project(TakeThePackage, Sources.QuickReduceReference + """<PackageReference Include="Microsoft.Net.Compilers.Toolset" Version="4.14.0" PrivateAssets="all" />"""));
        AssertFails("compiler", "error QR2009: QuickReduce needs the C# compiler of the .NET 10 SDK (5.0) or later, and this build uses 4.14.");
    }

    [Theory]
    [InlineData("analyzers/dotnet/cs/QuickReduce.Generators.dll")]
    [InlineData("tasks/netstandard2.0/QuickReduce.Build.dll")]
    public void A_damaged_package_cache_is_an_error(string file)
    {
        Write("damaged", "csproj", Sources.Project("", Sources.QuickReduceReference));
        feed.Dotnet("restore", "damaged").AssertSucceeded();
        string path = Path.Combine(Assert.Single(Directory.GetDirectories(Path.Combine(feed.Cache, "quickreduce"))), file);
        File.Move(path, path + ".away");
        try
        {
            AssertFails("damaged", $"error QR2008: The package QuickReduce is incomplete: '{Path.GetFullPath(path)}' is missing.");
        }
        finally
        {
            File.Move(path + ".away", path);
        }
    }

    private void Write(string name, string extension, string project)
    {
        _folder.Write($"{name}/{name}.{extension}", project);
        if (extension == "csproj")
        {
            _folder.Write($"{name}/Nothing.cs", "internal static class Nothing { }");
        }
    }

    private void AssertFails(string project, string message)
    {
        DotnetResult result = feed.Dotnet("build", project, "--nologo", "-tl:off", "-nodeReuse:false");
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(message, result.Output, StringComparison.Ordinal);
    }
}
