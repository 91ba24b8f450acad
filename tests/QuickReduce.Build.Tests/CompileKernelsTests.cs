using Microsoft.Build.Framework;

namespace QuickReduce.Build.Tests;

public sealed class CompileKernelsTests : IDisposable
{
    private const string AllTargets = "gfx942;gfx950;sm_90;host";
    private const int FilesPerUnit = 5;

    private readonly TemporaryFolder _folder = new();
    private readonly FakeCompiler _compiler;
    private readonly NativeBuild _build;

    public CompileKernelsTests()
    {
        _compiler = new FakeCompiler(_folder);
        _build = new NativeBuild(_folder) { OffloadArchs = AllTargets, HostLevels = "x86-64-v3;x86-64-v4", Clang = _compiler.Path };
        _build.SetSource("My.Kernels.a", "// a\n");
        _build.SetSource("My.Kernels.b", "// b\n");
    }

    public void Dispose() => _folder.Dispose();

    [UnixFact]
    public void Every_unit_is_compiled_for_every_target()
    {
        RunSuccessfully();
        Assert.Equal(2 * FilesPerUnit, _compiler.Compilations.Length);
        Assert.Equal(
            [
                .. new[] { "gfx942/My.Kernels.a.hsaco", "gfx950/My.Kernels.a.hsaco", "host/x86-64-v3/My.Kernels.a.so", "host/x86-64-v4/My.Kernels.a.so", "sm_90/My.Kernels.a.ptx" }
                    .SelectMany(output => new[] { "", ".report.json", ".report.json.stamp", ".sha256", ".stamp" }
                        .Where(ending => ending != ".sha256" || output.EndsWith(".so", StringComparison.Ordinal))
                        .Select(ending => output + ending)),
            ],
            _build.Kernels.Where(file => file.Contains("Kernels.a", StringComparison.Ordinal)));
        Assert.Matches(
            @"^QuickReduce: 10 kernel files for gfx942, gfx950, sm_90, host in \d+\.\d s \(clang 22\.1\.8\)$",
            Assert.Single(_build.Engine.Messages, message => message.Importance == MessageImportance.High).Message);
    }

    [UnixFact]
    public void The_hash_file_is_what_sha256sum_checks()
    {
        RunSuccessfully();
        string library = _folder["obj/kernels/host/x86-64-v3/My.Kernels.a.so"];
        string hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(library)));
        Assert.Equal($"{hash}  My.Kernels.a.so\n", File.ReadAllText(library + ".sha256"));
    }

    [UnixFact]
    public void Nothing_is_compiled_when_nothing_or_only_times_changed()
    {
        RunSuccessfully();
        _compiler.Forget();
        RunSuccessfully();
        foreach (string file in Directory.GetFiles(_folder["obj"], "*", SearchOption.AllDirectories))
        {
            File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddHours(1));
        }

        RunSuccessfully();
        Assert.Empty(_compiler.Calls);
    }

    [UnixFact]
    public void A_changed_source_compiles_that_source_only()
    {
        RunSuccessfully();
        _compiler.Forget();
        _build.SetSource("My.Kernels.a", "// changed\n");
        RunSuccessfully();
        Assert.Equal(FilesPerUnit, _compiler.Compilations.Length);
        Assert.All(_compiler.Compilations, call => Assert.Contains("My.Kernels.a.hip", call, StringComparison.Ordinal));
    }

    [UnixFact]
    public void Changed_flags_or_compiler_compile_everything()
    {
        RunSuccessfully();
        _compiler.Forget();
        _build.CompilerFlags = "-DTILE=64 '-DNAME=a b'";
        RunSuccessfully();
        Assert.Equal(2 * FilesPerUnit, _compiler.Compilations.Length);
        Assert.All(_compiler.Compilations, call => Assert.Contains("-DTILE=64 -DNAME=a b", call, StringComparison.Ordinal));
        _compiler.Forget();
        _compiler.SetVersion("clang version 22.1.9");
        RunSuccessfully();
        Assert.Equal(2 * FilesPerUnit, _compiler.Compilations.Length);
    }

    [UnixFact]
    public void An_architecture_more_compiles_for_it_and_one_less_is_pruned()
    {
        _build.OffloadArchs = "gfx942";
        RunSuccessfully();
        _compiler.Forget();
        _build.OffloadArchs = "gfx942,gfx950";
        RunSuccessfully();
        Assert.All(_compiler.Compilations, call => Assert.Contains("gfx950", call, StringComparison.Ordinal));
        Assert.Equal(2, _compiler.Compilations.Length);
        _build.OffloadArchs = "gfx950";
        RunSuccessfully();
        Assert.All(_build.Kernels, file => Assert.StartsWith("gfx950/", file, StringComparison.Ordinal));
        Assert.False(Directory.Exists(_folder["obj/kernels/gfx942"]));
    }

    [UnixFact]
    public void A_removed_unit_is_pruned()
    {
        RunSuccessfully();
        _build.RemoveSource("My.Kernels.b");
        RunSuccessfully();
        Assert.DoesNotContain(_build.Kernels, file => file.Contains("Kernels.b", StringComparison.Ordinal));
        Assert.Contains(_build.Kernels, file => file.Contains("Kernels.a", StringComparison.Ordinal));
    }

    [UnixFact]
    public async Task Two_builds_of_a_project_at_once_compile_once()
    {
        // Slow enough that the second comes while the first is at work.
        _compiler.Behave("sleep 0.1");
        var other = new NativeBuild(_folder) { OffloadArchs = AllTargets, HostLevels = _build.HostLevels, Clang = _compiler.Path };
        other.SetSource("My.Kernels.a", "// a\n");
        other.SetSource("My.Kernels.b", "// b\n");
        Assert.All(await Task.WhenAll(Task.Run(_build.Run), Task.Run(other.Run)), Assert.True);
        Assert.Equal(2 * FilesPerUnit, _compiler.Compilations.Length);
    }

    [UnixFact]
    public void A_damaged_or_missing_file_is_made_again()
    {
        RunSuccessfully();
        _compiler.Forget();
        File.WriteAllText(_folder["obj/kernels/sm_90/My.Kernels.a.ptx"], "");
        File.Delete(_folder["obj/kernels/gfx942/My.Kernels.a.hsaco"]);
        File.Delete(_folder["obj/kernels/host/x86-64-v3/My.Kernels.a.so.sha256"]);
        File.WriteAllText(_folder["obj/kernels/gfx950/My.Kernels.a.hsaco.stamp"], "nonsense");
        RunSuccessfully();
        Assert.Equal(4, _compiler.Compilations.Length);
    }

    [UnixFact]
    public void Errors_and_warnings_appear_once_at_their_place()
    {
        _compiler.Behave(
            """
            case "$src" in
              *Kernels.a.hip) echo "$src(3,7): error: use of undeclared identifier 'q'" >&2; exit 1;;
              *) echo "templates/hip/codec.scriban(12,1): warning: unused variable 'x' [-Wunused-variable]" >&2;;
            esac
            """);
        Assert.False(_build.Run());
        BuildErrorEventArgs error = Assert.Single(_build.Engine.Errors);
        Assert.Equal((DiagnosticIds.KernelDoesNotCompile, _folder["obj/source/My.Kernels.a.hip"], 3, 7), (error.Code, error.File, error.LineNumber, error.ColumnNumber));
        Assert.StartsWith("use of undeclared identifier 'q' [", error.Message, StringComparison.Ordinal);
        BuildWarningEventArgs warning = Assert.Single(_build.Engine.Warnings);
        Assert.Equal((DiagnosticIds.KernelDoesNotCompile, "templates/hip/codec.scriban", 12, 1), (warning.Code, warning.File, warning.LineNumber, warning.ColumnNumber));
        // What compiles is kept; what does not is tried again.
        _compiler.Behave("");
        _compiler.Forget();
        RunSuccessfully();
        Assert.Equal(FilesPerUnit, _compiler.Compilations.Length);
    }

    [UnixFact]
    public void A_compiler_that_hangs_is_stopped_with_all_its_children()
    {
        _compiler.Behave("sleep 600 & echo $! > \"$here/child\"; wait");
        _build.OffloadArchs = "gfx942";
        _build.RemoveSource("My.Kernels.b");
        _build.TimeoutSeconds = 1;
        Assert.False(_build.Run());
        BuildErrorEventArgs error = Assert.Single(_build.Engine.Errors);
        Assert.Equal(DiagnosticIds.CompilerMisbehaved, error.Code);
        Assert.Contains("did not finish gfx942 My.Kernels.a within 1 s", error.Message, StringComparison.Ordinal);
        AssertChildIsGone();
        Assert.Empty(_build.Kernels);
    }

    [UnixFact]
    public async Task Cancelling_stops_the_compilers()
    {
        _compiler.Behave("sleep 600 & echo $! > \"$here/child\"; wait");
        _build.OffloadArchs = "gfx942";
        _build.RemoveSource("My.Kernels.b");
        Task<bool> run = Task.Run(_build.Run);
        string child = Path.Combine(_compiler.Folder, "child");
        while (!File.Exists(child) || new FileInfo(child).Length == 0)
        {
            Assert.False(run.IsCompleted);
            await Task.Delay(20);
        }

        _build.Compile!.Cancel();
        Assert.False(await run.WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Empty(_build.Engine.Errors);
        AssertChildIsGone();
    }

    [UnixFact]
    public void A_compiler_that_crashes_is_reported_and_not_started_for_every_file()
    {
        _compiler.Behave("echo 'Stack dump:' >&2; kill -SEGV $$");
        Assert.False(_build.Run());
        Assert.All(_build.Engine.Errors, error => Assert.Equal(DiagnosticIds.CompilerMisbehaved, error.Code));
        Assert.Contains("crashed (exit code 139)", _build.Engine.Errors[0].Message, StringComparison.Ordinal);
        Assert.True(_compiler.Compilations.Length < 2 * FilesPerUnit);
    }

    [UnixFact]
    public void Output_that_is_no_text_is_reported_and_not_shown()
    {
        _compiler.Behave("head -c 3000 /dev/urandom >&2; exit 1");
        Assert.False(_build.Run());
        string message = _build.Engine.Errors[0].Message!;
        Assert.Contains("What it wrote is not text.", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\uFFFD', message);
    }

    [UnixFact]
    public void A_failure_without_an_error_shows_the_last_lines()
    {
        _compiler.Behave("echo 'licence expired' >&2; exit 3");
        Assert.False(_build.Run());
        Assert.Contains("exit code 3", _build.Engine.Errors[0].Message, StringComparison.Ordinal);
        Assert.Contains("licence expired", _build.Engine.Errors[0].Message, StringComparison.Ordinal);
    }

    [UnixFact]
    public void Success_without_code_is_an_error()
    {
        foreach ((string behaviour, string expected) in new[]
        {
            ("exit 0", "wrote no output"),
            (": > \"$out\"; exit 0", "wrote an empty file"),
            ("head -c 3000 /dev/urandom > \"$out\"; exit 0", "wrote something that is not"),
        })
        {
            _compiler.Behave(behaviour);
            Assert.False(_build.Run());
            Assert.Contains(expected, _build.Engine.Errors[0].Message, StringComparison.Ordinal);
            Assert.Empty(_build.Kernels);
        }
    }

    [UnixFact]
    public void A_folder_that_can_not_be_written_is_an_error()
    {
        // To the superuser no folder is read-only; a file in the folder's place has the same effect on everybody.
        _folder.Write("obj/kernels", "");
        Assert.False(_build.Run());
        Assert.All(_build.Engine.Errors, error => Assert.Equal(DiagnosticIds.FileAccess, error.Code));
        Assert.NotEmpty(_build.Engine.Errors);
    }

    private void RunSuccessfully()
    {
        bool succeeded = _build.Run();
        Assert.True(succeeded, string.Join("\n", _build.Engine.Errors.Select(error => error.Message)));
        Assert.Empty(_build.Engine.Warnings.Select(warning => warning.Message));
    }

    private void AssertChildIsGone()
    {
        string process = File.ReadAllText(Path.Combine(_compiler.Folder, "child")).Trim();
        string status = $"/proc/{process}/status";
        // A zombie that its new parent has not collected yet is gone as well.
        bool alive = File.Exists(status) && !File.ReadAllText(status).Contains("State:\tZ", StringComparison.Ordinal);
        Assert.False(alive, $"process {process} still runs");
    }
}
