using System.Text.RegularExpressions;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Integration.Tests;

/// <summary>
/// What the compilers made of the kernels. None of the AMD code objects has run on a card here: what can be known from
/// their instructions is checked instead.
/// </summary>
public partial class CodeObjectTests
{
    public static TheoryData<string, string> AmdObjects
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var architecture in new[] { "gfx942", "gfx950" })
            {
                foreach (var unit in NativeTools.Units.Keys.Order())
                {
                    data.Add(architecture, unit);
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
        var (code, text) = NativeTools.Run("llvm-objdump-22", "-d", "--no-show-raw-insn", path);
        Assert.True(code == 0, text);
        var instructions = Instruction().Matches(text).Select(static match => match.Groups[1].Value).ToArray();

        // Three kernels, two flags each: the write-back of the caches is waited for before the flag is stored. The
        // compiler leaves the wait out unless it is told (LLVM issue 178316).
        var writeBacks = Enumerable.Range(0, instructions.Length).Where(i => instructions[i].StartsWith("buffer_wbl2", StringComparison.Ordinal)).ToArray();
        Assert.Equal(6, writeBacks.Length);
        Assert.All(writeBacks, i => Assert.Contains("vmcnt(0)", instructions.Skip(i + 1).First(IsWaitOrMemoryAccess)));

        // Every wave waits for its own stores before it arrives at a barrier.
        var barriers = Enumerable.Range(0, instructions.Length).Where(i => instructions[i] == "s_barrier").ToArray();
        Assert.Equal(12, barriers.Length);
        Assert.All(barriers, i => Assert.Contains("vmcnt(0)", instructions.Take(i).Last(IsWaitOrMemoryAccess)));

        Assert.DoesNotContain(instructions, static i => i.StartsWith("scratch_", StringComparison.Ordinal) || i.StartsWith("flat_", StringComparison.Ordinal) || i.StartsWith("ds_", StringComparison.Ordinal));
        var (_, notes) = NativeTools.Run("llvm-readelf-22", "--notes", path);
        Assert.Contains("amdgcn-amd-amdhsa--" + architecture, notes);
        Assert.Equal(3, VectorRegisters().Count(notes));
        Assert.All(VectorRegisters().Matches(notes), static match => Assert.InRange(int.Parse(match.Groups[1].Value), 1, 72)); // seven waves per SIMD
    }

    [RequiresProgramsFact("clang++-22")]
    public void PtxHasAnEntryForEveryKernel() =>
        Assert.All(AllKernels.Kernels.Variants, static variant => Assert.Contains(
            $".entry {variant.KernelName}(", File.ReadAllText(NativeTools.CodeObject("sm_90", variant.UnitName, ".ptx"))));

    [RequiresProgramsFact("clang++-22")]
    public void HostLibrariesNeedNoOtherLibrary()
    {
        foreach (var unit in NativeTools.Units.Keys)
        {
            var (code, text) = NativeTools.Run("readelf", "-d", NativeTools.CodeObject("host/x86-64-v3", unit, ".so"));
            Assert.True(code == 0, text);
            Assert.DoesNotContain("NEEDED", text);
        }
    }

    private static bool IsWaitOrMemoryAccess(string instruction) =>
        instruction.StartsWith("s_waitcnt", StringComparison.Ordinal)
        || instruction.StartsWith("global_", StringComparison.Ordinal)
        || instruction.StartsWith("flat_", StringComparison.Ordinal);

    [GeneratedRegex(@"^\t(\S.*?)\s*(?://.*)?$", RegexOptions.Multiline)]
    private static partial Regex Instruction();

    [GeneratedRegex(@"\.vgpr_count:\s*(\d+)")]
    private static partial Regex VectorRegisters();
}
