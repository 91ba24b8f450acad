namespace QuickReduce.Build.Tests;

/// <summary>What goes wrong in a user's build is an error of its own, in MSBuild's format, and never a hang.</summary>
public sealed class BuildErrorTests(ConsumerFixture fixture) : IClassFixture<ConsumerFixture>, IDisposable
{
    private readonly ConsumerProject _consumer = fixture.Consumer;
    private readonly FakeCompiler _compiler = fixture.Compiler;
    private string _text = "// unlike any before";

    public void Dispose() => _compiler.Behave("");

    [UnixFact]
    public void An_error_in_a_kernel_has_its_place()
    {
        _compiler.Behave("echo \"$src(2,5): error: unknown type name 'flout'\" >&2; exit 1");
        _text = "// line 1\nflout x;";
        AssertFails(@"obj/Debug/net10\.0/quickreduce/source/My\.a\.hip\(2,5\): error QR2002: unknown type name 'flout' \[\w+");
    }

    [UnixFact]
    public void A_compiler_that_crashes()
    {
        _compiler.Behave("echo 'Stack dump:' >&2; kill -SEGV $$");
        AssertFails(@"My\.a\.hip : error QR2005: .*clang\+\+-22 crashed \(exit code 139\) while compiling gfx942 My\.a");
    }

    [UnixFact]
    public void A_compiler_that_hangs()
    {
        _compiler.Behave("sleep 600");
        AssertFails(@"My\.a\.hip : error QR2005: .*clang\+\+-22 did not finish gfx942 My\.a within 1 s", "-p:QuickReduceCompileTimeout=1");
    }

    [UnixFact]
    public void A_compiler_that_writes_no_text()
    {
        _compiler.Behave("head -c 3000 /dev/urandom >&2; exit 1");
        AssertFails(@"My\.a\.hip : error QR2005: .*What it wrote is not text\.");
    }

    [UnixFact]
    public void A_compiler_that_can_not_be_started()
    {
        string program = fixture.Folder.Write("fake/no-program", "no program");
        AssertFails("error QR2001: .*no-program does not answer to --version", $"-p:QuickReduceClang={program}", "-p:QuickReduceRequireNative=true");
    }

    [UnixFact]
    public void An_obj_folder_that_can_not_be_written()
    {
        // To the superuser no folder is read-only; a file in the folder's place has the same effect on everybody.
        string folder = fixture.Folder["app/obj/Debug/net10.0/quickreduce"];
        Directory.Delete(folder, recursive: true);
        File.WriteAllText(folder, "");
        try
        {
            AssertFails("error QR2007: The kernel sources can't be written to '.*quickreduce/source'");
        }
        finally
        {
            File.Delete(folder);
        }
    }

    [UnixFact]
    public void Tasks_that_are_missing_from_the_package()
    {
        string nowhere = fixture.Folder["nowhere/QuickReduce.Build.dll"];
        AssertFails("error QR2008: The package QuickReduce is incomplete: '.*nowhere/QuickReduce.Build.dll' is missing", $"-p:QuickReduceBuildTasksAssembly={nowhere}");
    }

    [UnixFact]
    public void Tasks_that_are_damaged()
    {
        string damaged = fixture.Folder.Write("damaged/QuickReduce.Build.dll", "not an assembly");
        AssertFails("error MSB4062: .*damaged/QuickReduce.Build.dll", $"-p:QuickReduceBuildTasksAssembly={damaged}");
    }

    [UnixTheory]
    [InlineData("QR2009", "this is 9.0.302", "-p:NETCoreSdkVersion=9.0.302")]
    [InlineData("QR2009", "this build uses 4.14", "-p:CompilerApiVersion=roslyn4.14")]
    public void Tools_that_are_too_old(string id, string message, string property) => AssertFails($"error {id}: .*{message}", property);

    private void AssertFails(string pattern, params string[] arguments)
    {
        _consumer.WriteKernels(("My.a", _text));
        DotnetResult result = _consumer.Build(["--no-restore", "-p:Archs=gfx942", .. arguments]);
        Assert.True(result.ExitCode != 0, result.Output);
        Assert.Matches(pattern, result.Output);
        // Not one of our own exceptions, which would be a fault of the tasks.
        Assert.DoesNotContain("MSB4018", result.Output, StringComparison.Ordinal);
    }
}
