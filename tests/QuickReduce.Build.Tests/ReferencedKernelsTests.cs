namespace QuickReduce.Build.Tests;

public sealed class ReferencedKernelsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [UnixFact]
    public void Kernels_of_a_library_come_with_the_application_and_leave_with_the_library()
    {
        var compiler = new FakeCompiler(_folder);
        string properties =
            $"<QuickReduceOffloadArchs>gfx942:sramecc+:xnack-;host</QuickReduceOffloadArchs><QuickReduceHostLevels>x86-64-v3</QuickReduceHostLevels><QuickReduceClang>{compiler.Path}</QuickReduceClang>";
        var library = new ConsumerProject(_folder, "library", "Library", properties);
        library.WriteKernels(("Library.one", "// one"), ("Library.two", "// two"));
        // Not the library itself is referenced but something in between, as in most solutions.
        _ = new ConsumerProject(_folder, "between", "Library", properties, "<ProjectReference Include=\"../library/library.csproj\" />");
        var application = new ConsumerProject(_folder, "app", "Exe", properties, "<ProjectReference Include=\"../between/between.csproj\" />");
        application.WriteKernels(("App.own", "// own"));
        string[] expected =
        [
            "gfx942_sramecc+_xnack-/App.own.hsaco", "gfx942_sramecc+_xnack-/Library.one.hsaco", "gfx942_sramecc+_xnack-/Library.two.hsaco",
            "host/x86-64-v3/App.own.so", "host/x86-64-v3/App.own.so.sha256",
            "host/x86-64-v3/Library.one.so", "host/x86-64-v3/Library.one.so.sha256",
            "host/x86-64-v3/Library.two.so", "host/x86-64-v3/Library.two.so.sha256",
        ];

        application.Build().AssertSucceeded();
        Assert.Equal(expected, application.Placed);
        Assert.Equal(6, compiler.Compilations.Length);

        compiler.Forget();
        application.Dotnet("publish", ["--no-build", "-c", "Debug", "-o", _folder["published"]]).AssertSucceeded();
        Assert.Equal(expected, _folder.Files("published/quickreduce"));
        Assert.Empty(compiler.Calls);

        library.WriteKernels(("Library.one", "// one"));
        application.Build("--no-restore").AssertSucceeded();
        Assert.Equal(expected.Where(file => !file.Contains("Library.two", StringComparison.Ordinal)), application.Placed);
        Assert.Empty(compiler.Calls);
    }
}
