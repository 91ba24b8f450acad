namespace QuickReduce.Build.Tests;

/// <summary>The targets in real builds, with a compiler that is a script. One project for all tests, so that it is restored once.</summary>
public sealed class ConsumerFixture : IDisposable
{
    public ConsumerFixture()
    {
        Compiler = new FakeCompiler(Folder);
        Consumer = new ConsumerProject(
            Folder,
            "app",
            properties: $"""
                <TreatWarningsAsErrors>true</TreatWarningsAsErrors>
                <QuickReduceOffloadArchs Condition="'$(Archs)' == ''">gfx942, sm_90;host</QuickReduceOffloadArchs>
                <QuickReduceOffloadArchs Condition="'$(Archs)' != ''">$(Archs)</QuickReduceOffloadArchs>
                <QuickReduceHostLevels>x86-64-v3</QuickReduceHostLevels>
                <QuickReduceClang Condition="'$(NoClang)' != 'true'">{Compiler.Path}</QuickReduceClang>
                """);
        Consumer.WriteKernels(("My.a", "// a"), ("My.b", "// b"));
        if (!OperatingSystem.IsWindows())
        {
            Consumer.Build().AssertSucceeded();
        }
    }

    internal TemporaryFolder Folder { get; } = new();

    internal FakeCompiler Compiler { get; }

    internal ConsumerProject Consumer { get; }

    public void Dispose() => Folder.Dispose();
}

public sealed class ConsumerBuildTests(ConsumerFixture fixture) : IClassFixture<ConsumerFixture>
{
    private static readonly string[] KernelsOfA =
        ["gfx942/My.a.hsaco", "host/x86-64-v3/My.a.so", "host/x86-64-v3/My.a.so.sha256", "sm_90/My.a.ptx"];

    private readonly ConsumerProject _consumer = fixture.Consumer;
    private readonly FakeCompiler _compiler = fixture.Compiler;

    [UnixFact]
    public void Only_changed_kernels_are_compiled_and_removed_ones_disappear()
    {
        Rebuild(("My.a", "// a"), ("My.b", "// b"));
        Assert.Equal(KernelsOfA.Concat(KernelsOfA.Select(file => file.Replace("My.a", "My.b", StringComparison.Ordinal))).Order(StringComparer.Ordinal), _consumer.Placed);

        _compiler.Forget();
        Build();
        _consumer.WriteProgram("System.Console.WriteLine(\"an unrelated edit\");");
        _consumer.TouchKernels();
        Build();
        Assert.Empty(_compiler.Calls);

        Rebuild(("My.a", "// changed"), ("My.b", "// b"));
        Assert.Equal(3, _compiler.Compilations.Length);
        Assert.Contains("changed", File.ReadAllText(fixture.Folder[$"{_consumer.OutputFolder}/quickreduce/sm_90/My.a.ptx"]), StringComparison.Ordinal);

        Rebuild(("My.a", "// changed"));
        Assert.Empty(_compiler.Calls);
        Assert.Equal(KernelsOfA, _consumer.Placed);
        Assert.DoesNotContain(_consumer.Intermediate, file => file.Contains("My.b", StringComparison.Ordinal));

        Build("-p:Archs=gfx950");
        Assert.Equal(["gfx950/My.a.hsaco"], _consumer.Placed);
        Assert.False(Directory.Exists(fixture.Folder[$"{_consumer.OutputFolder}/quickreduce/host"]));
    }

    [UnixFact]
    public void Changed_flags_compiler_or_architectures_compile_what_they_concern()
    {
        Rebuild(("My.a", "// flags"));
        _compiler.Forget();
        Build("-p:QuickReduceCompilerFlags=-DTILE=64");
        Assert.Equal(3, _compiler.Compilations.Length);
        Assert.All(_compiler.Compilations, call => Assert.Contains("-DTILE=64", call, StringComparison.Ordinal));

        _compiler.Forget();
        Build("-p:QuickReduceCompilerFlags=-DTILE=64", "-p:QuickReduceAmdCompilerFlags=-DWAVES=2");
        Assert.Contains("-DTILE=64 -DWAVES=2", Assert.Single(_compiler.Compilations), StringComparison.Ordinal);

        Build();
        _compiler.Forget();
        Build("-p:Archs=gfx942%2Cgfx950:sramecc+ sm_90%3Bhost");
        Assert.Contains("--offload-arch=gfx950:sramecc+", Assert.Single(_compiler.Compilations), StringComparison.Ordinal);
        Assert.Contains("gfx950_sramecc+/My.a.hsaco", _consumer.Placed);

        _compiler.SetVersion("clang version 22.1.9");
        _compiler.Forget();
        Build();
        Assert.Equal(3, _compiler.Compilations.Length);
    }

    [UnixFact]
    public void Clean_leaves_nothing()
    {
        Rebuild(("My.a", "// a"));
        // A build with nothing to do must not forget what an earlier one made.
        Build();
        _consumer.Dotnet("clean", []).AssertSucceeded();
        Assert.Empty(_consumer.Intermediate);
        Assert.False(Directory.Exists(fixture.Folder["app/obj/Debug/net10.0/quickreduce"]));
        Assert.False(Directory.Exists(fixture.Folder[$"{_consumer.OutputFolder}/quickreduce"]));
    }

    [UnixFact]
    public void A_design_time_build_starts_no_compiler()
    {
        Rebuild(("My.a", "// before"));
        _compiler.Forget();
        _consumer.WriteKernels(("My.a", "// after"));
        Build("-t:Compile", "-p:DesignTimeBuild=true", "-p:SkipCompilerExecution=true", "-p:ProvideCommandLineArgs=true");
        Assert.Empty(_compiler.Calls);
        Assert.Equal(KernelsOfA, _consumer.Placed);
    }

    [UnixFact]
    public void Skipping_native_places_nothing_and_switching_back_compiles_nothing()
    {
        Rebuild(("My.a", "// a"));
        _compiler.Forget();
        Build("-p:QuickReduceSkipNative=true");
        Assert.Empty(_consumer.Placed);
        Build();
        Assert.Equal(KernelsOfA, _consumer.Placed);
        Assert.Empty(_compiler.Calls);
    }

    [UnixFact]
    public void Without_a_compiler_the_build_succeeds_with_a_warning_even_where_warnings_are_errors()
    {
        _consumer.WriteKernels(("My.a", "// a"));
        string emptyPath = fixture.Folder["fake/nothing"];
        DotnetResult result = _consumer.Dotnet("build", ["--no-restore", "-p:NoClang=true", "-p:Archs=sm_90"], emptyPath);
        result.AssertSucceeded();
        Assert.Contains("warning QR2001: No compiler for sm_90", result.Output, StringComparison.Ordinal);
        Assert.Empty(_consumer.Placed);

        result = _consumer.Dotnet("build", ["--no-restore", "-p:NoClang=true", "-p:Archs=sm_90", "-p:QuickReduceRequireNative=true"], emptyPath);
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains("error QR2001: No compiler for sm_90", result.Output, StringComparison.Ordinal);
    }

    [UnixFact]
    public void A_project_without_kernels_needs_no_compiler()
    {
        _consumer.WriteKernels();
        DotnetResult result = _consumer.Dotnet("build", ["--no-restore", "-p:NoClang=true"], fixture.Folder["fake/nothing"]);
        result.AssertSucceeded();
        Assert.Contains("0 Warning(s)", result.Output, StringComparison.Ordinal);
    }

    private void Rebuild(params (string UnitName, string Text)[] units)
    {
        _compiler.Forget();
        _consumer.WriteKernels(units);
        Build();
    }

    private void Build(params string[] arguments) => _consumer.Build(["--no-restore", .. arguments]).AssertSucceeded();
}
