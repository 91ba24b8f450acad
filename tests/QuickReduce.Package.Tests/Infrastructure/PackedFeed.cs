using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using QuickReduce.Build.Tests;

namespace QuickReduce.Package.Tests;

/// <summary>
/// The packages of this repository, packed once for all tests, and a clean machine to use them on: a folder with a
/// package cache of its own and a nuget.config that takes our packages from nowhere else.
/// </summary>
public sealed partial class PackedFeed : IDisposable
{
    private static readonly string[] OwnPackages = ["QuickReduce", "QuickReduce.*", "Sample.*"];

    public PackedFeed()
    {
        Directory.CreateDirectory(Feed);
        Folder.Write("nuget.config", NuGetConfig());
        Pack(Path.Combine(RepositoryRoot, "src", "QuickReduce"), []);

        // Its kernels for the host only, which the repository's own build has made: for GPUs they take minutes.
        Pack(Path.Combine(RepositoryRoot, "src", "QuickReduce.Cli"), ["-p:QuickReduceOffloadArchs=host"]);
    }

    public static string RepositoryRoot { get; } =
        typeof(PackedFeed).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(static entry => entry.Key == "RepositoryRoot").Value!;

    public TemporaryFolder Folder { get; } = new();

    public string Feed => Folder["feed"];

    /// <summary>The package cache: NuGet unpacks into it what the tests restore.</summary>
    /// <remarks>Its path has no space: the linker step of .NET's own NativeAOT can't do with one in the cache's path.</remarks>
    public string Cache { get; } = Directory.CreateTempSubdirectory("quickreduce-packages-").FullName;

    /// <summary>The one file in the feed whose name fits.</summary>
    public string Package(string pattern) => Assert.Single(Directory.GetFiles(Feed, pattern));

    public void Dispose()
    {
        Folder.Dispose();
        Directory.Delete(Cache, recursive: true);
    }

    /// <summary>Runs <c>dotnet</c> on the clean machine.</summary>
    internal DotnetResult Dotnet(params string[] arguments) => DotnetCommand.Run(Folder.Path, arguments, Environment);

    /// <summary>Runs <c>dotnet</c> in a folder of the clean machine, and expects neither errors nor warnings.</summary>
    internal DotnetResult DotnetCleanly(params string[] arguments)
    {
        DotnetResult result = Dotnet([.. arguments, "--nologo", "-tl:off", "-nodeReuse:false"]);
        result.AssertSucceeded();
        Assert.DoesNotMatch(@"\bwarning [A-Z]+[0-9]+", result.Output);
        return result;
    }

    internal DotnetResult Pack(string project, string[] arguments, string? feed = null)
    {
        // In the cache of the machine: what is packed here is no user's project.
        DotnetResult result = DotnetCommand.Run(
            Path.GetFullPath(project), ["pack", "-c", "Release", "-o", feed ?? Feed, "--nologo", "-tl:off", "-nodeReuse:false", .. arguments]);
        result.AssertSucceeded();
        Assert.DoesNotMatch(@"\bwarning [A-Z]+[0-9]+", result.Output);
        return result;
    }

    private (string, string)[] Environment => [("NUGET_PACKAGES", Cache)];

    private string NuGetConfig()
    {
        static XElement Add(string key, string value) => new("add", new XAttribute("key", key), new XAttribute("value", value));
        static XElement Patterns(string source, IEnumerable<string> patterns) =>
            new("packageSource", new XAttribute("key", source), patterns.Select(static pattern => new XElement("package", new XAttribute("pattern", pattern))));

        // Under their own names, so that what the machine's configuration says of them (credentials) holds here too.
        (string Name, string Address)[] sources = ConfiguredSources();
        return new XElement(
            "configuration",
            new XElement("packageSources", new XElement("clear"), Add("packed", Feed), sources.Select(static source => Add(source.Name, source.Address))),
            new XElement(
                "packageSourceMapping",
                new XElement("clear"),
                Patterns("packed", OwnPackages),
                sources.Select(static source => Patterns(source.Name, ["*"])))).ToString();
    }

    /// <summary>The enabled sources of the machine's own configuration.</summary>
    private (string Name, string Address)[] ConfiguredSources()
    {
        DotnetResult list = DotnetCommand.Run(Folder.Path, ["nuget", "list", "source"]);
        list.AssertSucceeded();
        return [.. SourceEntry().Matches(list.Output).Select(static match => (match.Groups["name"].Value, match.Groups["address"].Value))];
    }

    [GeneratedRegex(@"^\s*[0-9]+\.\s+(?<name>.+?) \[Enabled\]\s*\n\s*(?<address>\S.*?)\s*$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex SourceEntry();
}

/// <summary>All tests share one feed and one cache, so they run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class PackedFeedCollection : ICollectionFixture<PackedFeed>
{
    public const string Name = "packed feed";
}
