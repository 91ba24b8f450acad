using System.Diagnostics;
using System.Reflection;
using System.Reflection.Emit;
using System.Text.Json;

namespace QuickReduce.Cli.Tests;

/// <summary><c>inspect</c> over real code objects, and over what are none.</summary>
public sealed class InspectCommandTests : IDisposable
{
    private const string Unit = "K.float16_int4";
    private const string Kernel = "two_shot_all_reduce_float16_int4_world8";

    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [RequiresProgramsFact("clang++-22", "llvm-objdump-22")]
    public void An_assembly_shows_all_kernels_beside_it_or_one_of_them()
    {
        var assembly = Build();
        var table = Tool.Run("inspect", assembly).Expect(0).Output;
        Assert.Contains("two_shot_all_reduce_float16_int4_world2", table, StringComparison.Ordinal);
        Assert.Contains("gfx942", table, StringComparison.Ordinal);
        Assert.Contains("sm_90", table, StringComparison.Ordinal);

        var one = Tool.Run("inspect", assembly, "--kernel", "world8", "--arch", "gfx942").Expect(0).Output;
        Assert.Contains(Kernel, one, StringComparison.Ordinal);
        Assert.Matches(@"threads per block\s+256", one);
        Assert.Matches(@"occupancy\s+[5-8] waves per SIMD", one);
        Assert.Matches(@"vector ALU\s+[0-9,]{3,}", one);

        Assert.Equal(File.ReadAllText(_folder["src/" + Unit + ".hip"]), Tool.Run("inspect", assembly, "--kernel", "world8", "--hip").Expect(0).Output);
        Assert.EndsWith("s_endpgm\n", Tool.Run("inspect", assembly, "--kernel", Kernel, "--arch", "gfx942", "--disassembly").Expect(0).Output, StringComparison.Ordinal);
        Assert.StartsWith(".visible .entry " + Kernel, Tool.Run("inspect", assembly, "--kernel", Kernel, "--arch", "sm_90", "--disassembly").Expect(0).Output, StringComparison.Ordinal);
    }

    [RequiresProgramsFact("clang++-22", "llvm-objdump-22")]
    public void Json_is_the_report_of_each_file()
    {
        var result = Tool.Run("inspect", Build(), "--kernel", Kernel, "--json", "--hip", "--disassembly").Expect(0);
        var files = JsonDocument.Parse(result.Output).RootElement;
        Assert.Equal(["gfx942", "sm_90"], files.EnumerateArray().Select(file => file.GetProperty("report").GetProperty("target").GetString()));
        var amd = files[0];
        var kernel = Assert.Single(amd.GetProperty("report").GetProperty("kernels").EnumerateArray());
        Assert.True(kernel.GetProperty("vectorRegisters").GetInt32() > 0);
        var listed = amd.GetProperty("disassembly").GetProperty(Kernel).GetString()!.Split('\n').Length;
        Assert.Equal(kernel.GetProperty("instructions").GetProperty("total").GetInt32(), listed);
        Assert.Contains("all-reduce of float16 elements", amd.GetProperty("hip").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Null, files[1].GetProperty("report").GetProperty("kernels")[0].GetProperty("vectorRegisters").ValueKind);
    }

    [RequiresProgramsFact("clang++-22", "llvm-objdump-22")]
    public void What_is_not_there_is_said_with_what_is()
    {
        var assembly = Build();
        Assert.Contains("There is no kernel 'int5'. There are: two_shot", Tool.Run("inspect", assembly, "--kernel", "int5").Expect(1).Error, StringComparison.Ordinal);
        Assert.Contains("is part of 2 names", Tool.Run("inspect", assembly, "--kernel", "float16").Expect(1).Error, StringComparison.Ordinal);
        Assert.Contains("Nothing is compiled for 'gfx950'. There is: gfx942, sm_90", Tool.Run("inspect", assembly, "--arch", "gfx950").Expect(1).Error, StringComparison.Ordinal);
        Assert.Contains("Name one with --kernel", Tool.Run("inspect", assembly, "--disassembly").Expect(1).Error, StringComparison.Ordinal);
        Assert.Contains("Name the assembly", Tool.Run("inspect", _folder[$"quickreduce/gfx942/{Unit}.hsaco"], "--hip").Expect(1).Error, StringComparison.Ordinal);
        Tool.Run("inspect", assembly, "--hip", "--disassembly").Expect(2);

        Directory.Delete(_folder["quickreduce"], recursive: true);
        Assert.Contains("quickreduce doctor", Tool.Run("inspect", assembly).Expect(1).Error, StringComparison.Ordinal);
    }

    [RequiresProgramsFact("clang++-22")]
    public void A_file_that_is_cut_short_is_refused_and_without_a_disassembler_the_rest_is_shown()
    {
        Build();
        var whole = _folder[$"quickreduce/gfx942/{Unit}.hsaco"];
        var cut = _folder["cut.hsaco"];
        File.WriteAllBytes(cut, File.ReadAllBytes(whole)[..5000]);
        Assert.Contains("is cut short", Tool.Run("inspect", cut).Expect(3).Error, StringComparison.Ordinal);

        var path = Environment.GetEnvironmentVariable("PATH");
        try
        {
            Environment.SetEnvironmentVariable("PATH", "");
            var shown = Tool.Run("inspect", whole, "--kernel", Kernel).Expect(0).Output;
            Assert.Matches(@"vector registers\s+\d+", shown);
            Assert.Contains("apt-get install llvm-22", shown.ReplaceLineEndings(" "), StringComparison.Ordinal);
            Assert.Contains("apt-get install llvm-22", Tool.Run("inspect", whole, "--kernel", Kernel, "--disassembly").Expect(1).Error, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("PATH", path);
        }
    }

    [Theory]
    [InlineData("not a code object", "is neither a code object of an AMD GPU, nor PTX, nor a shared library")]
    [InlineData("MZ", "is damaged or not a .NET assembly")]
    [InlineData("__CLANG_OFFLOAD_BUNDLE__", "clang-offload-bundler --unbundle")]
    public void A_foreign_file_is_refused_with_words(string content, string expected)
    {
        File.WriteAllText(_folder["foreign"], content);
        Assert.Contains(expected, Tool.Run("inspect", _folder["foreign"]).Expect(3).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_not_there_is_an_error_of_its_own() => Tool.Run("inspect", _folder["missing.dll"]).Expect(3);

    /// <summary>An assembly that carries a unit, with what clang makes of the unit beside it.</summary>
    private string Build()
    {
        Tool.Run("emit", "--name", "K", "--data-type", "float16", "--regime", "int4", "--world-size", "2", "8", "--output", _folder["src"]).Expect(0);
        var source = _folder[$"src/{Unit}.hip"];
        Compile("gfx942", ".hsaco", ["-x", "hip", "--offload-arch=gfx942", "--no-gpu-bundle-output", "-nogpuinc", "-nogpulib", "-fuse-cuid=none"]);
        Compile("sm_90", ".ptx", ["-x", "cuda", "--cuda-gpu-arch=sm_90", "--cuda-feature=+ptx80", "-nocudainc", "-nocudalib", "-S"]);

        var assembly = new PersistedAssemblyBuilder(new AssemblyName("App"), typeof(object).Assembly);
        assembly.DefineDynamicModule("App");
        assembly.SetCustomAttribute(new CustomAttributeBuilder(typeof(KernelSourceAttribute).GetConstructors()[0], [Unit, File.ReadAllText(source)]));
        assembly.Save(_folder["App.dll"]);
        return _folder["App.dll"];

        void Compile(string folder, string extension, string[] flags)
        {
            Directory.CreateDirectory(_folder["quickreduce/" + folder]);
            using var clang = Process.Start("clang++-22", ["--cuda-device-only", "-O3", "-std=c++17", "-ffp-contract=off", .. flags, "-o", _folder[$"quickreduce/{folder}/{Unit}{extension}"], source]);
            clang.WaitForExit();
            Assert.Equal(0, clang.ExitCode);
        }
    }
}
