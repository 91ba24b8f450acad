namespace QuickReduce.Build.Tests;

/// <summary>Builds of several frameworks and projects at once share what they can.</summary>
public sealed class SeveralBuildsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeCompiler _compiler;

    public SeveralBuildsTests() => _compiler = new FakeCompiler(_folder);

    public void Dispose() => _folder.Dispose();

    private string Properties =>
        $"<QuickReduceOffloadArchs>gfx942;host</QuickReduceOffloadArchs><QuickReduceHostLevels>x86-64-v3</QuickReduceHostLevels><QuickReduceClang>{_compiler.Path}</QuickReduceClang>";

    [UnixFact]
    public void Kernels_are_compiled_once_for_all_target_frameworks_that_have_the_same()
    {
        var project = new ConsumerProject(
            _folder,
            "app",
            "Library",
            Properties + "<TargetFramework /><TargetFrameworks>net10.0;net10.0-windows</TargetFrameworks><EnableWindowsTargeting>true</EnableWindowsTargeting><DisableTransitiveFrameworkReferenceDownloads>true</DisableTransitiveFrameworkReferenceDownloads>");
        project.WriteKernels(("My.a", "// a"), ("My.b", "// b"));
        project.Build("-m:2").AssertSucceeded();
        Assert.Equal(4, _compiler.Compilations.Length);
        string[] expected = ["gfx942/My.a.hsaco", "gfx942/My.b.hsaco", "host/x86-64-v3/My.a.so", "host/x86-64-v3/My.a.so.sha256", "host/x86-64-v3/My.b.so", "host/x86-64-v3/My.b.so.sha256"];
        Assert.Equal(expected, project.PlacedFor("net10.0"));
        Assert.Equal(expected, project.PlacedFor("net10.0-windows"));

        _compiler.Forget();
        project.Build("--no-restore", "-m:2").AssertSucceeded();
        Assert.Empty(_compiler.Calls);

        // What differs is compiled for each.
        _folder.Write("app/Different.cs", """
            #if WINDOWS
            [assembly: QuickReduce.KernelSource("My.c", "// for Windows")]
            #else
            [assembly: QuickReduce.KernelSource("My.c", "// for all")]
            #endif
            """);
        project.WriteKernels(("My.a", "// a"));
        project.Build("--no-restore", "-m:2").AssertSucceeded();
        Assert.Equal(4, _compiler.Compilations.Length);
        Assert.All(_compiler.Compilations, call => Assert.Contains("My.c.hip", call, StringComparison.Ordinal));
        Assert.Contains("for Windows", File.ReadAllText(_folder["app/bin/Debug/net10.0-windows/quickreduce/gfx942/My.c.hsaco"]), StringComparison.Ordinal);
        Assert.Contains("for all", File.ReadAllText(_folder["app/bin/Debug/net10.0/quickreduce/gfx942/My.c.hsaco"]), StringComparison.Ordinal);

        project.Dotnet("clean", []).AssertSucceeded();
        Assert.Empty(project.PlacedFor("net10.0"));
        Assert.Empty(project.PlacedFor("net10.0-windows"));
        Assert.False(File.Exists(_folder["app/obj/quickreduce.lock"]));
    }

    [UnixFact]
    public void A_solution_built_in_parallel_compiles_the_kernels_of_a_shared_library_once()
    {
        var library = new ConsumerProject(_folder, "library", "Library", Properties);
        library.WriteKernels(("Library.one", "// one"));
        ConsumerProject[] applications = [.. Enumerable.Range(1, 3).Select(number =>
        {
            var application = new ConsumerProject(_folder, $"app{number}", "Exe", Properties, "<ProjectReference Include=\"../library/library.csproj\" />");
            application.WriteKernels(($"App{number}.own", "// own"));
            return application;
        })];
        string projects = string.Concat(applications.Append(library).Select(project => $"<Project Path=\"{Path.GetRelativePath(_folder.Path, project.ProjectFile)}\" />"));
        string solution = _folder.Write("all.slnx", $"<Solution>{projects}</Solution>");

        ConsumerProject.BuildSolution(solution, "-m:4").AssertSucceeded();
        Assert.Equal(2 * (1 + applications.Length), _compiler.Compilations.Length);
        for (int i = 0; i < applications.Length; i++)
        {
            Assert.Equal(
                [
                    $"gfx942/App{i + 1}.own.hsaco", "gfx942/Library.one.hsaco",
                    $"host/x86-64-v3/App{i + 1}.own.so", $"host/x86-64-v3/App{i + 1}.own.so.sha256",
                    "host/x86-64-v3/Library.one.so", "host/x86-64-v3/Library.one.so.sha256",
                ],
                applications[i].Placed);
        }
    }
}
