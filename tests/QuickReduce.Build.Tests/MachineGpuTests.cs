using Microsoft.Build.Framework;

namespace QuickReduce.Build.Tests;

/// <summary><c>native</c> in the list of architectures, with programs that answer as ROCm's, LLVM's and NVIDIA's do.</summary>
public sealed class MachineGpuTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private readonly FakeCompiler _compiler;

    public MachineGpuTests() => _compiler = new FakeCompiler(_folder);

    public void Dispose() => _folder.Dispose();

    [UnixFact]
    public void GPUs_of_both_vendors_are_found_once_each()
    {
        Program("rocm_agent_enumerator", "printf 'gfx000\\ngfx942\\ngfx942\\n'");
        Program("nvidia-smi", "[ \"$1\" = --query-gpu=compute_cap ] && printf '9.0\\n9.0\\n'");
        Assert.Equal(["gfx942", "sm_90"], Resolve("native", out _));
        Assert.Equal(["gfx950", "gfx942", "sm_90", "x86-64-v3"], Resolve("gfx950;native;host;gfx942", out _));
    }

    [UnixFact]
    public void A_program_that_fails_is_followed_by_the_next()
    {
        Program("rocm_agent_enumerator", "echo 'Traceback (most recent call last):' >&2; echo gfx906; exit 1");
        Program("amdgpu-arch", "echo gfx90a:sramecc+:xnack-");
        Program("nvptx-arch", "echo 'Failed to initialize CUDA' >&2");
        Program("nvidia-smi", "echo 8.9");
        Assert.Equal(["gfx90a", "sm_89"], Resolve("native", out _));
    }

    [UnixFact]
    public void The_program_of_the_ROCm_installation_comes_first()
    {
        Program("rocm_agent_enumerator", "echo gfx906");
        _folder.WriteProgram("opt/rocm-7.0.0/bin/rocm_agent_enumerator", "echo gfx950");
        Assert.Equal(["gfx950"], Resolve("native", out _));
    }

    [UnixFact]
    public void Without_a_GPU_it_is_the_CPU_and_a_warning()
    {
        Program("rocm_agent_enumerator", "echo gfx000");
        Assert.Equal(["x86-64-v3"], Resolve("native", out BuildWarningEventArgs? warning));
        Assert.Equal(DiagnosticIds.NoGpu, warning!.Code);
        Assert.Contains("'host'", warning.Message, StringComparison.Ordinal);
        Assert.Contains("nvidia-smi", warning.Message, StringComparison.Ordinal);
    }

    [UnixFact]
    public void Programs_are_asked_once_until_something_is_installed()
    {
        Program("nvidia-smi", "echo x >> \"$(dirname \"$0\")/../asked\"; echo 9.0");
        Resolve("native", out _);
        long once = new FileInfo(_folder["asked"]).Length;
        Resolve("native", out _);
        Assert.Equal(once, new FileInfo(_folder["asked"]).Length);
        Program("rocm_agent_enumerator", "echo gfx942");
        Assert.Equal(["gfx942", "sm_90"], Resolve("native", out _));
    }

    private void Program(string name, string script) => _folder.WriteProgram("path/" + name, script);

    private string[] Resolve(string architectures, out BuildWarningEventArgs? warning)
    {
        var build = new NativeBuild(_folder)
        {
            OffloadArchs = architectures,
            HostLevels = "x86-64-v3",
            Clang = _compiler.Path,
            Environment = { ["PATH"] = _folder["path"] },
        };
        Assert.True(build.Resolve(out ITaskItem[] targets), string.Join("\n", build.Engine.Errors.Select(error => error.Message)));
        warning = build.Engine.Warnings.SingleOrDefault();
        return [.. targets.Select(target => target.ItemSpec)];
    }
}
