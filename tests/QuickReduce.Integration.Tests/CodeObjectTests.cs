using System.Text.RegularExpressions;
using QuickReduce.Integration.Kernels;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Integration.Tests;

/// <summary>
/// What the compilers made of the kernels. None of the AMD code objects has run on a card here: what can be known from
/// their instructions is checked instead.
/// </summary>
public partial class CodeObjectTests
{
    private const int MostRegisters = 128; // what blocks of 1024 have room for
    private const int MostRegistersOfDefaultKernels = 72; // seven waves per SIMD

    private static readonly KernelSet[] Sets = [DefaultKernels.Kernels, SampleKernels.Kernels];

    public static TheoryData<string, string> AmdObjects
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var architecture in new[] { "gfx942", "gfx950" })
            {
                foreach (var unit in Sets.SelectMany(static set => set.Units))
                {
                    data.Add(architecture, unit.Name);
                }
            }

            return data;
        }
    }

    [RequiresProgramsTheory("clang++-22", "llvm-objdump-22", "llvm-readelf-22")]
    [MemberData(nameof(AmdObjects))]
    public void AmdKernelsWaitBeforeTheFlagAndSpillNothing(string architecture, string unit)
    {
        var path = NativeTools.CodeObject(architecture, unit, ".hsaco");
        var kernels = Disassemble(path);
        var variants = VariantsOf(unit).ToArray();
        Assert.Equal(variants.Select(static variant => variant.KernelName).Order(), kernels.Keys.Order());
        foreach (var variant in variants)
        {
            var instructions = kernels[variant.KernelName];
            Assert.DoesNotContain(instructions, static i => i.StartsWith("scratch_", StringComparison.Ordinal) || i.StartsWith("flat_", StringComparison.Ordinal) || i.StartsWith("ds_", StringComparison.Ordinal));

            // Every wave waits for its own stores before it arrives at a barrier.
            var barriers = Where(instructions, static i => i == "s_barrier");
            Assert.All(barriers, i => Assert.Contains("vmcnt(0)", instructions.Take(i).Last(IsWaitOrMemoryAccess)));
            if (variant.Algorithm != AllReduceAlgorithm.OneShot)
            {
                // One flag for each phase that ends with one, and one for both where tiles are in a pipeline: the write-back of the caches is waited for before the flag is
                // stored. The compiler leaves the wait out unless it is told (LLVM issue 178316).
                var writeBacks = Where(instructions, static i => i.StartsWith("buffer_wbl2", StringComparison.Ordinal));
                Assert.All(writeBacks, i => Assert.Contains("vmcnt(0)", instructions.Skip(i + 1).First(IsWaitOrMemoryAccess)));
                var expected = variant.Algorithm == AllReduceAlgorithm.Direct ? (1, 1) : new KernelGeometry(variant).IsPipelined ? (1, 2) : (2, 4);
                Assert.Equal(expected, (writeBacks.Length, barriers.Length));
            }
            else
            {
                // Packets go past the caches, whole, and so nothing is written back or invalidated.
                var packets = instructions.Where(static i => i.EndsWith(" sc0 sc1", StringComparison.Ordinal)).ToArray();
                Assert.Contains(packets, static i => i.StartsWith("global_store_dwordx2", StringComparison.Ordinal));
                Assert.Contains(packets, static i => i.StartsWith("global_load_dwordx2", StringComparison.Ordinal));
                Assert.All(packets, static i => Assert.Matches("^global_(load|store)_dwordx2 ", i));
                Assert.DoesNotContain(instructions, static i => i.StartsWith("buffer_", StringComparison.Ordinal));
                Assert.Single(barriers);
            }
        }

        var (_, notes) = NativeTools.Run("llvm-readelf-22", "--notes", path);
        Assert.Contains("amdgcn-amd-amdhsa--" + architecture, notes);
        Assert.Equal(variants.Length, VectorRegisters().Count(notes));
        var most = unit.StartsWith(DefaultKernels.Kernels.Name, StringComparison.Ordinal) ? MostRegistersOfDefaultKernels : MostRegisters;
        Assert.All(VectorRegisters().Matches(notes), match => Assert.InRange(int.Parse(match.Groups[1].Value), 1, most));
        Assert.All(PrivateBytes().Matches(notes), static match => Assert.Equal("0", match.Groups[1].Value));
    }

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

    /// <summary>The instructions of every kernel in a code object.</summary>
    private static Dictionary<string, string[]> Disassemble(string path)
    {
        var (code, text) = NativeTools.Run("llvm-objdump-22", "-d", "--no-show-raw-insn", path);
        Assert.True(code == 0, text);
        var parts = KernelStart().Split(text); // what comes before the first, then names and bodies in turn
        return Enumerable.Range(0, parts.Length / 2).ToDictionary(
            i => parts[2 * i + 1],
            i => Instruction().Matches(parts[2 * i + 2]).Select(static match => match.Groups[1].Value).ToArray());
    }

    private static int[] Where(string[] instructions, Func<string, bool> condition) =>
        [.. Enumerable.Range(0, instructions.Length).Where(i => condition(instructions[i]))];

    private static bool IsWaitOrMemoryAccess(string instruction) =>
        instruction.StartsWith("s_waitcnt", StringComparison.Ordinal)
        || instruction.StartsWith("global_", StringComparison.Ordinal)
        || instruction.StartsWith("flat_", StringComparison.Ordinal);

    [GeneratedRegex(@"^[0-9a-f]+ <(.+)>:$", RegexOptions.Multiline)]
    private static partial Regex KernelStart();

    [GeneratedRegex(@"^\t(\S.*?)\s*(?://.*)?$", RegexOptions.Multiline)]
    private static partial Regex Instruction();

    [GeneratedRegex(@"\.vgpr_count:\s*(\d+)")]
    private static partial Regex VectorRegisters();

    [GeneratedRegex(@"\.private_segment_fixed_size:\s*(\d+)")]
    private static partial Regex PrivateBytes();
}
