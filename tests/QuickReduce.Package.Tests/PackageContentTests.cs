using System.Buffers.Binary;
using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Security.Cryptography;
using System.Xml.Linq;
using QuickReduce.Build.Tests;

namespace QuickReduce.Package.Tests;

[Collection(PackedFeedCollection.Name)]
public sealed class PackageContentTests(PackedFeed feed)
{
    private static readonly string[] CopiedToPack =
        ["src", "native", "templates", "docs", "Directory.Build.props", "Directory.Build.targets", "Directory.Packages.props", "global.json", ".editorconfig", "LICENSE", "CHANGELOG.md"];

    [Fact]
    public void Everything_that_a_user_needs_is_in_one_package()
    {
        using ZipArchive package = ZipFile.OpenRead(feed.Package("QuickReduce.?.*.nupkg"));
        HashSet<string> files = [.. package.Entries.Select(static entry => entry.FullName)];
        Assert.Superset(
            new HashSet<string>
            {
                "README.md", "LICENSE", "icon.png",
                "lib/net10.0/QuickReduce.dll", "lib/net10.0/QuickReduce.xml", "runtimes/linux-x64/lib/net10.0/QuickReduce.dll",
                "analyzers/dotnet/cs/QuickReduce.Generators.dll", "analyzers/dotnet/cs/QuickReduce.Codegen.dll", "analyzers/dotnet/cs/Scriban.Signed.dll",
                "tasks/netstandard2.0/QuickReduce.Build.dll",
                "build/QuickReduce.props", "build/QuickReduce.targets", "build/QuickReduce.Requirements.targets",
                "buildTransitive/QuickReduce.props", "buildTransitive/QuickReduce.targets", "buildTransitive/QuickReduce.Requirements.targets",
                "docs/package.md", "docs/diagnostics/QR2008.md",
            },
            files);
        Assert.Superset(FilesBelow("templates").ToHashSet(), files);
        Assert.Contains("analyzers/dotnet/cs/QuickReduce.CodeFixes.dll", files);
        Assert.DoesNotContain(files, static file => file.EndsWith(".pdb", StringComparison.Ordinal) || file.Contains("Repository", StringComparison.Ordinal));
        // Nothing else is offered to the project or loaded into the compiler and MSBuild.
        Assert.Single(files, static file => file.StartsWith("lib/", StringComparison.Ordinal) && file.EndsWith(".dll", StringComparison.Ordinal));
        Assert.Single(files, static file => file.StartsWith("runtimes/", StringComparison.Ordinal));
        Assert.Single(files, static file => file.StartsWith("tasks/", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_compiled_ahead_is_the_same_assembly_and_the_IL_is_for_every_platform()
    {
        using ZipArchive package = ZipFile.OpenRead(feed.Package("QuickReduce.?.*.nupkg"));
        using var portable = new PEReader(new MemoryStream(Read(package.GetEntry("lib/net10.0/QuickReduce.dll")!)));
        using var compiled = new PEReader(new MemoryStream(Read(package.GetEntry("runtimes/linux-x64/lib/net10.0/QuickReduce.dll")!)));
        Assert.Equal(ModuleVersion(portable), ModuleVersion(compiled));
        Assert.True(portable.PEHeaders.CorHeader!.Flags.HasFlag(CorFlags.ILOnly));
        Assert.Equal(0, portable.PEHeaders.CorHeader.ManagedNativeHeaderDirectory.Size);
        Assert.NotEqual(0, compiled.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size);
    }

    [Theory]
    [InlineData("QuickReduce.?.*.nupkg", "Microsoft.Extensions.Logging.Abstractions")]
    [InlineData("QuickReduce.Tool.?.*.nupkg")]
    public void Metadata_is_complete_and_dependencies_are_few(string name, params string[] dependencies)
    {
        using ZipArchive package = ZipFile.OpenRead(feed.Package(name));
        XElement metadata = Nuspec(package);
        Assert.Equal(dependencies, metadata.Descendants().Where(static element => element.Name.LocalName == "dependency").Select(static element => element.Attribute("id")!.Value));
        foreach (string field in new[] { "id", "version", "authors", "license", "icon", "readme", "description", "tags" })
        {
            Assert.False(string.IsNullOrWhiteSpace(Value(metadata, field)), field);
        }

        Assert.Equal("MIT", Value(metadata, "license"));
        byte[] icon = Read(package.GetEntry(Value(metadata, "icon")!)!);
        Assert.Equal("\x89PNG", System.Text.Encoding.Latin1.GetString(icon, 0, 4));
        Assert.Equal((128, 128), (BinaryPrimitives.ReadInt32BigEndian(icon.AsSpan(16)), BinaryPrimitives.ReadInt32BigEndian(icon.AsSpan(20))));
        Assert.NotEmpty(Read(package.GetEntry(Value(metadata, "readme")!)!));
    }

    [Fact]
    public void Symbols_hold_the_sources()
    {
        using ZipArchive symbols = ZipFile.OpenRead(feed.Package("QuickReduce.?.*.snupkg"));
        using var pdb = new MemoryStream(Read(symbols.GetEntry("lib/net10.0/QuickReduce.pdb")!));
        using var provider = System.Reflection.Metadata.MetadataReaderProvider.FromPortablePdbStream(pdb);
        var reader = provider.GetMetadataReader();
        var embeddedSource = new Guid("0E8A571B-6926-466E-B4AD-8AB04611F5FE");
        var withSource = reader.CustomDebugInformation
            .Select(reader.GetCustomDebugInformation)
            .Where(information => reader.GetGuid(information.Kind) == embeddedSource)
            .Select(static information => information.Parent)
            .ToHashSet();
        Assert.NotEmpty(reader.Documents);
        Assert.All(reader.Documents, document =>
        {
            Assert.StartsWith("/_/", reader.GetString(reader.GetDocument(document).Name), StringComparison.Ordinal);
            Assert.Contains(document, withSource);
        });
    }

    [Fact]
    public void A_clean_copy_in_another_folder_packs_the_same_assemblies()
    {
        // A tree without git does not know its commit, which is in the assemblies' informational version.
        string package = feed.Package("QuickReduce.?.*.nupkg");
        string commit = Commit(package);
        string copy = feed.Folder["copy"];
        foreach (string name in CopiedToPack)
        {
            Copy(Path.Combine(PackedFeed.RepositoryRoot, name), Path.Combine(copy, name));
        }

        feed.Pack(Path.Combine(copy, "src", "QuickReduce"), [$"-p:SourceRevisionId={commit}"], feed.Folder["copied feed"]);
        Assert.Equal(Assemblies(package), Assemblies(Path.Combine(feed.Folder["copied feed"], Path.GetFileName(package))));
    }

    private static Guid ModuleVersion(PEReader assembly)
    {
        var metadata = assembly.GetMetadataReader();
        return metadata.GetGuid(metadata.GetModuleDefinition().Mvid);
    }

    private static SortedDictionary<string, string> Assemblies(string path)
    {
        using ZipArchive package = ZipFile.OpenRead(path);
        SortedDictionary<string, string> assemblies = new(
            package.Entries
                .Where(static entry => entry.FullName.EndsWith(".dll", StringComparison.Ordinal))
                .ToDictionary(static entry => entry.FullName, static entry => Convert.ToHexString(SHA256.HashData(Read(entry)))),
            StringComparer.Ordinal);
        Assert.NotEmpty(assemblies);
        return assemblies;
    }

    private static string Commit(string path)
    {
        using ZipArchive package = ZipFile.OpenRead(path);
        return Nuspec(package).Descendants().FirstOrDefault(static element => element.Name.LocalName == "repository")?.Attribute("commit")?.Value ?? "";
    }

    private static XElement Nuspec(ZipArchive package)
    {
        using Stream stream = Assert.Single(package.Entries, static entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).Open();
        return XDocument.Load(stream).Root!.Elements().Single();
    }

    private static string? Value(XElement metadata, string name) => metadata.Elements().FirstOrDefault(element => element.Name.LocalName == name)?.Value;

    private static byte[] Read(ZipArchiveEntry entry)
    {
        using Stream stream = entry.Open();
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        return memory.ToArray();
    }

    private static IEnumerable<string> FilesBelow(string folder) =>
        Directory.GetFiles(Path.Combine(PackedFeed.RepositoryRoot, folder), "*", SearchOption.AllDirectories)
            .Select(static file => Path.GetRelativePath(PackedFeed.RepositoryRoot, file).Replace('\\', '/'));

    private static void Copy(string from, string to)
    {
        if (File.Exists(from))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            File.Copy(from, to);
            return;
        }

        foreach (string entry in Directory.GetFileSystemEntries(from).Where(static entry => Path.GetFileName(entry) is not ("bin" or "obj")))
        {
            Copy(entry, Path.Combine(to, Path.GetFileName(entry)));
        }
    }
}
