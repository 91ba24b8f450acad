using Microsoft.Build.Framework;

namespace QuickReduce.Build.Tests;

public sealed class ToolchainTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [UnixFact]
    public void Clang_22_comes_before_newer_ones_and_those_before_older_ones()
    {
        _ = Installed("clang++-25", "clang version 25.1.0");
        FakeCompiler preferred = Installed("clang++-22", "clang version 22.1.8");
        _ = Installed("clang++-15", "clang version 15.0.6");
        Assert.Equal(preferred.Path, CompilerFor("sm_90"));
        File.Delete(preferred.Path);
        Assert.EndsWith("clang++-25", CompilerFor("sm_90"), StringComparison.Ordinal);
    }

    [UnixFact]
    public void An_unversioned_clang_has_to_be_new_enough()
    {
        FakeCompiler clang = Installed("clang++", "Apple clang version 16.0.0");
        NativeBuild build = Build("sm_90");
        Assert.True(build.Resolve(out ITaskItem[] targets));
        Assert.Empty(targets);
        Assert.Contains("older than 19", Assert.Single(build.Engine.Warnings).Message, StringComparison.Ordinal);
        clang.SetVersion("clang version 21.0.0 (https://github.com/llvm/llvm-project 0123)");
        Assert.Equal(clang.Path, CompilerFor("sm_90"));
    }

    [UnixFact]
    public void A_ROCm_installation_comes_before_clang_for_AMD_only()
    {
        FakeCompiler clang = Installed("clang++-22", "clang version 22.1.8");
        FakeCompiler hipcc = Rocm("opt/rocm-6.9.1");
        FakeCompiler newer = Rocm("opt/rocm-6.10.0");
        Assert.Equal(newer.Path, CompilerFor("gfx942"));
        Assert.Equal(clang.Path, CompilerFor("sm_90"));
        Assert.Equal(clang.Path, CompilerFor("host"));
        Assert.Equal(hipcc.Path, CompilerFor("gfx942", build => build.Environment["ROCM_PATH"] = _folder["opt/rocm-6.9.1"]));
        Assert.Equal(newer.Path, CompilerFor("gfx942", build => build.Environment["ROCM_PATH"] = _folder["nowhere"]));
        Assert.Equal(hipcc.Path, CompilerFor("gfx942", build => build.RocmPath = _folder["opt/rocm-6.9.1"]));
    }

    [UnixFact]
    public void A_hipcc_around_an_old_clang_is_the_last_choice()
    {
        FakeCompiler hipcc = Installed("hipcc", "HIP version: 5.2.21153-0\nDebian clang version 15.0.6");
        Assert.Equal(hipcc.Path, CompilerFor("gfx90a"));
        FakeCompiler clang = Installed("clang++-22", "clang version 22.1.8");
        Assert.Equal(clang.Path, CompilerFor("gfx90a"));
    }

    [UnixFact]
    public void A_compiler_that_refuses_a_target_is_passed_over()
    {
        FakeCompiler newest = Installed("clang++-22", "clang version 22.1.8", "one");
        FakeCompiler older = Installed("clang++-19", "clang version 19.1.7", "two");
        newest.Refuse("gfx950");
        Assert.Equal(older.Path, CompilerFor("gfx950"));
        Assert.Equal(newest.Path, CompilerFor("gfx942"));
    }

    [UnixFact]
    public void What_the_user_points_at_is_taken_and_nothing_else()
    {
        _ = Installed("clang++-22", "clang version 22.1.8");
        var mine = new FakeCompiler(_folder, "my-clang++", "clang version 18.0.0", "mine");
        Assert.Equal(mine.Path, CompilerFor("gfx942", build => build.Clang = mine.Path));
        Assert.EndsWith("clang++-22", CompilerFor("gfx942", build => build.Clang = "clang++-22"), StringComparison.Ordinal);

        mine.Refuse("gfx950");
        NativeBuild build = Build("gfx950");
        build.Clang = mine.Path;
        Assert.True(build.Resolve(out ITaskItem[] targets));
        Assert.Empty(targets);
        BuildWarningEventArgs warning = Assert.Single(build.Engine.Warnings);
        Assert.Contains("my-clang++ (clang 18.0.0) does not compile for gfx950: clang: invalid target ID", warning.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Clang")]
    [InlineData("Hipcc")]
    [InlineData("RocmPath")]
    public void A_path_that_is_not_there_is_an_error(string property)
    {
        foreach (string value in new[] { _folder["nowhere/program"], "no-such-program" })
        {
            NativeBuild build = Build("gfx942");
            typeof(NativeBuild).GetProperty(property)!.SetValue(build, value);
            Assert.False(build.Resolve(out _));
            BuildErrorEventArgs error = Assert.Single(build.Engine.Errors);
            Assert.Equal(DiagnosticIds.ExplicitPathMissing, error.Code);
            Assert.Contains(value, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void No_compiler_is_one_warning_with_the_remedy()
    {
        NativeBuild build = Build("gfx942;gfx950;sm_90;host");
        Assert.True(build.Run());
        BuildWarningEventArgs warning = Assert.Single(build.Engine.Warnings);
        Assert.Equal(DiagnosticIds.NoCompiler, warning.Code);
        Assert.Contains("No compiler for gfx942, gfx950, sm_90, host", warning.Message, StringComparison.Ordinal);
        Assert.Contains("apt-get install clang-22 lld-22", warning.Message, StringComparison.Ordinal);
        Assert.Contains("ROCM_PATH", warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void No_compiler_is_an_error_where_native_is_required()
    {
        NativeBuild build = Build("sm_90");
        build.RequireNative = true;
        Assert.False(build.Run());
        Assert.Equal(DiagnosticIds.NoCompiler, Assert.Single(build.Engine.Errors).Code);
        Assert.Empty(build.Engine.Warnings);
    }

    [Fact]
    public void An_unknown_architecture_is_an_error_that_lists_the_forms()
    {
        NativeBuild build = Build("gfx942;mi300x");
        Assert.False(build.Resolve(out _));
        BuildErrorEventArgs error = Assert.Single(build.Engine.Errors);
        Assert.Equal(DiagnosticIds.UnknownArchitecture, error.Code);
        Assert.Contains("'mi300x'", error.Message, StringComparison.Ordinal);
        Assert.Contains("sm_90", error.Message, StringComparison.Ordinal);
    }

    [UnixFact]
    public void Answers_are_remembered_until_the_compiler_changes()
    {
        FakeCompiler clang = Installed("clang++-22", "clang version 22.1.8");
        CompilerFor("gfx942;sm_90;host");
        Assert.NotEmpty(clang.Calls);
        clang.Forget();
        CompilerFor("gfx942;sm_90;host");
        Assert.Empty(clang.Calls);
        clang.SetVersion("clang version 22.1.9");
        CompilerFor("gfx942;sm_90;host");
        Assert.NotEmpty(clang.Calls);
    }

    [UnixFact]
    public void A_refusal_is_forgotten_when_something_is_installed()
    {
        FakeCompiler clang = Installed("clang++-22", "clang version 22.1.8");
        clang.Refuse("gfx942");
        Assert.True(Build("gfx942").Resolve(out ITaskItem[] targets));
        Assert.Empty(targets);
        File.Delete(Path.Combine(clang.Folder, "refusal.sh"));
        Assert.Equal(clang.Path, CompilerFor("gfx942"));
    }

    private NativeBuild Build(string architectures) => new(_folder)
    {
        OffloadArchs = architectures,
        HostLevels = "x86-64-v3",
        Environment = { ["PATH"] = string.Join(Path.PathSeparator, _folder["path/one"], _folder["path/two"], _folder["path/none"]) },
    };

    private string CompilerFor(string architectures, Action<NativeBuild>? change = null)
    {
        NativeBuild build = Build(architectures);
        change?.Invoke(build);
        Assert.True(build.Resolve(out ITaskItem[] targets), string.Join("\n", build.Engine.Errors.Select(error => error.Message)));
        Assert.Empty(build.Engine.Warnings.Select(warning => warning.Message));
        return targets[0].GetMetadata(ItemMetadata.CompilerPath);
    }

    private FakeCompiler Installed(string name, string version, string folder = "one") => new(_folder, name, version, Path.Combine("path", folder));

    private FakeCompiler Rocm(string root) => new(_folder, "hipcc", "HIP version: 6.9 clang version 19.0.0", Path.Combine(root, "bin"));
}
