using QuickReduce.Integration.Kernels;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Integration.Tests;

/// <summary>
/// What the compilers made of the kernels; of those for AMD <c>QuickReduce.InstructionStreams.Tests</c> has more.
/// </summary>
public class CodeObjectTests
{
    private static readonly KernelSet[] Sets = [DefaultKernels.Kernels, SampleKernels.Kernels];

    // An old HIP toolchain (5.2, clang 15, no newer than gfx90a): proof that nothing but HIP is asked of one.
    [RequiresProgramsTheory("hipcc")]
    [InlineData("DefaultKernels.float16_fp")]
    [InlineData("DefaultKernels.float16_int4")]
    [InlineData("DefaultKernels.bfloat16_int8")]
    [InlineData("SampleKernels.float16_int4")]
    [InlineData("SampleKernels.bfloat16_int5_group128")]
    [InlineData("SampleKernels.float16_int6_block128")]
    [InlineData("SampleKernels.bfloat16_int7")]
    [InlineData("SampleKernels.float32_fp")]
    public void DistributionsHipccTakesTheText(string unit)
    {
        var folder = Directory.CreateTempSubdirectory("quickreduce-hipcc-").FullName;
        try
        {
            var (source, output) = (Path.Combine(folder, "unit.hip"), Path.Combine(folder, "unit.hsaco"));
            File.WriteAllText(source, NativeTools.Text(Sets.SelectMany(static set => set.Units).Single(u => u.Name.EndsWith("." + unit, StringComparison.Ordinal))));
            var (code, text) = NativeTools.Run("env", "HIP_PLATFORM=amd", "hipcc", "--genco", "--no-gpu-bundle-output",
                "--offload-arch=gfx90a", "-nogpulib", "-nogpuinc", "-O3", "-std=c++17", "-ffp-contract=off", "-o", output, "-x", "hip", source);
            Assert.True(code == 0, text);
            Assert.True(new FileInfo(output).Length > 0);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [RequiresProgramsFact("clang++-22")]
    public void TheTextHasNoWarnings()
    {
        foreach (var unit in SampleKernels.Kernels.Units)
        {
            var folder = Directory.CreateTempSubdirectory("quickreduce-warnings-").FullName;
            try
            {
                var source = Path.Combine(folder, "unit.hip");
                File.WriteAllText(source, NativeTools.Text(unit));
                foreach (var target in new string[][]
                {
                    ["-x", "hip", "--cuda-device-only", "--offload-arch=gfx942", "-nogpuinc", "-nogpulib"],
                    ["-x", "cuda", "--cuda-device-only", "--cuda-gpu-arch=sm_90", "--cuda-feature=+ptx80", "-nocudainc", "-nocudalib"],
                    ["-x", "c++", "-march=x86-64-v3"],
                })
                {
                    var (code, text) = NativeTools.Run("clang++-22", [.. target, "-std=c++17", "-ffp-contract=off", "-fsyntax-only", "-Wall", "-Wextra", "-Werror", source]);
                    Assert.True(code == 0, text);
                }
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    [RequiresProgramsFact("clang++-22")]
    public void PtxHasAnEntryForEveryKernelAndNoLocalMemory()
    {
        foreach (var unit in Sets.SelectMany(static set => set.Units))
        {
            var text = File.ReadAllText(NativeTools.CodeObject("sm_90", unit.Name, ".ptx"));
            Assert.All(VariantsOf(unit.Name), variant => Assert.Contains($".entry {variant.KernelName}(", text));
            Assert.DoesNotContain("__local_depot", text);
        }
    }

    [RequiresProgramsFact("clang++-22")]
    public void HostLibrariesNeedNoOtherLibrary()
    {
        foreach (var unit in Sets.Append(WideKernels.Kernels).SelectMany(static set => set.Units))
        {
            var (code, text) = NativeTools.Run("readelf", "-d", NativeTools.CodeObject("host/x86-64-v3", unit.Name, ".so"));
            Assert.True(code == 0, text);
            Assert.DoesNotContain("NEEDED", text);
        }
    }

    private static IEnumerable<KernelVariant> VariantsOf(string unit) =>
        from set in Sets
        where unit.StartsWith(set.Name + ".", StringComparison.Ordinal)
        from variant in set.Variants
        where unit == set.Name + "." + variant.UnitName
        select variant;
}
