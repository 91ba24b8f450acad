using System.Runtime.InteropServices;
using Microsoft.Build.Framework;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Build.Tests;

/// <summary>Real compilers make real code of one source for every target.</summary>
public sealed class RealCompilerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [RequiresProgramsFact("clang++-22", "ld.lld-22")]
    public void Clang_22_compiles_one_source_for_all_targets_in_a_real_build()
    {
        var consumer = new ConsumerProject(
            _folder,
            "app",
            properties: $"<QuickReduceOffloadArchs>gfx942 gfx950,sm_90;host</QuickReduceOffloadArchs><QuickReduceClang>{SystemPrograms.Get("clang++-22")}</QuickReduceClang><QuickReduceRequireNative>true</QuickReduceRequireNative>");
        consumer.WriteKernels(("Größe.scale", SampleKernels.Scale));
        DotnetResult result = consumer.Build();
        result.AssertSucceeded();
        Assert.Contains("(clang 22.", result.Output, StringComparison.Ordinal);
        Assert.Contains("0 Warning(s)", result.Output, StringComparison.Ordinal);
        string[] levels = [.. OffloadTargetList.DefaultHostLevels(RuntimeInformation.OSArchitecture)];
        Assert.Equal(
            [
                "gfx942/Größe.scale.hsaco", "gfx950/Größe.scale.hsaco",
                .. levels.SelectMany(level => new[] { $"host/{level}/Größe.scale.so", $"host/{level}/Größe.scale.so.sha256" }),
                "sm_90/Größe.scale.ptx",
            ],
            consumer.Placed);
        Assert.Contains(".target sm_90", File.ReadAllText(_folder[$"{consumer.OutputFolder}/quickreduce/sm_90/Größe.scale.ptx"]), StringComparison.Ordinal);
    }

    [RequiresProgramsFact("clang++-22", "ld.lld-22")]
    public unsafe void The_host_library_runs_and_rounds_every_operation()
    {
        if (RuntimeInformation.OSArchitecture != Architecture.X64 || !System.Runtime.Intrinsics.X86.Avx2.IsSupported)
        {
            return;
        }

        NativeBuild build = Build("host", SampleKernels.Scale);
        build.HostLevels = "x86-64-v3";
        AssertRuns(build);
        nint library = NativeLibrary.Load(_folder["obj/kernels/host/x86-64-v3/kernel.so"]);
        try
        {
            var scale = (delegate* unmanaged<Half*, float, void>)NativeLibrary.GetExport(library, "scale");
            Half* data = (Half*)NativeMemory.AlignedAlloc(16, 16);
            for (int i = 0; i < 8; i++)
            {
                data[i] = (Half)(0.1f * i);
            }

            scale(data, 0.3f);
            for (int i = 0; i < 8; i++)
            {
                Half product = (Half)((float)(Half)(0.1f * i) * (float)(Half)0.3f);
                Assert.Equal((Half)((float)product + 1), data[i]);
            }

            NativeMemory.AlignedFree(data);
        }
        finally
        {
            NativeLibrary.Free(library);
        }
    }

    [RequiresProgramsFact("clang++-22", "ld.lld-22")]
    public void The_same_source_gives_the_same_bytes_in_another_folder()
    {
        NativeBuild build = Build("gfx942;gfx90a;sm_90;host", SampleKernels.Scale);
        AssertRuns(build);
        using var elsewhere = new TemporaryFolder("elsewhere");
        var other = new NativeBuild(elsewhere) { OffloadArchs = build.OffloadArchs, Clang = build.Clang };
        other.SetSource("kernel", SampleKernels.Scale);
        AssertRuns(other);
        string[] outputs = [.. build.Kernels.Where(file => !file.EndsWith(UpToDateStamp.Extension, StringComparison.Ordinal))];
        Assert.NotEmpty(outputs);
        Assert.All(outputs, file => Assert.Equal(File.ReadAllBytes(_folder[$"obj/kernels/{file}"]), File.ReadAllBytes(elsewhere[$"obj/kernels/{file}"])));
    }

    [RequiresProgramsFact("clang++-22", "ld.lld-22")]
    public void An_ARM_library_is_cross_compiled()
    {
        NativeBuild build = Build("host", SampleKernels.Scale);
        build.HostLevels = "armv8.2-a+fp16";
        AssertRuns(build);
        Assert.Contains("host/armv8.2-a+fp16/kernel.so", build.Kernels);
    }

    [RequiresProgramsFact("clang++-22", "ld.lld-22")]
    public void Errors_and_warnings_are_at_the_line_of_the_template_where_the_text_names_it()
    {
        NativeBuild build = Build("gfx942;sm_90;host", "#line 40 \"templates/hip/codec.scriban\"\nvoid f() { int unused; }\nint g() { return missing; }\n");
        Assert.False(build.Run());
        BuildErrorEventArgs error = Assert.Single(build.Engine.Errors);
        Assert.Equal((DiagnosticIds.KernelDoesNotCompile, "templates/hip/codec.scriban", 41), (error.Code, error.File, error.LineNumber));
        Assert.Contains("undeclared identifier 'missing'", error.Message, StringComparison.Ordinal);
        BuildWarningEventArgs warning = Assert.Single(build.Engine.Warnings);
        Assert.Equal((40, true), (warning.LineNumber, warning.Message!.Contains("-Wunused-variable", StringComparison.Ordinal)));
    }

    [RequiresProgramsFact("hipcc")]
    public void Debians_hipcc_compiles_for_gfx90a_and_is_refused_for_what_it_can_not()
    {
        NativeBuild build = Build("gfx90a", SampleKernels.Scale);
        build.Clang = "";
        build.Hipcc = SystemPrograms.Get("hipcc");
        // What a script with its interpreter needs.
        foreach (string name in new[] { "PATH", "ROCM_PATH", "HIP_PATH" })
        {
            if (Environment.GetEnvironmentVariable(name) is { } value)
            {
                build.Environment[name] = value;
            }
        }

        AssertRuns(build);
        Assert.Contains("gfx90a/kernel.hsaco", build.Kernels);

        build.OffloadArchs = "gfx90a;gfx9999";
        Assert.True(build.Run());
        Assert.Contains("does not compile for gfx9999", Assert.Single(build.Engine.Warnings).Message, StringComparison.Ordinal);
    }

    private NativeBuild Build(string architectures, string source)
    {
        var build = new NativeBuild(_folder) { OffloadArchs = architectures };
        if (SystemPrograms.Find("clang++-22") is { } clang)
        {
            build.Clang = clang;
        }

        build.SetSource("kernel", source);
        return build;
    }

    private static void AssertRuns(NativeBuild build)
    {
        bool succeeded = build.Run();
        Assert.True(succeeded, string.Join("\n", build.Engine.Errors.Select(error => error.Message)));
        Assert.Empty(build.Engine.Warnings.Select(warning => warning.Message));
    }
}
