using System.Globalization;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Integration.Tests;

/// <summary>
/// The generated text itself under the compiler's sanitizers: its phases on exactly sized buffers, and the protocol with
/// every rank on a thread of its own, across the wrap-around of the epochs.
/// </summary>
public sealed class SanitizerTests : IDisposable
{
    private static readonly KernelSet[] Sets = [DefaultKernels.Kernels, SampleKernels.Kernels];

    private readonly string _folder = Directory.CreateTempSubdirectory("quickreduce-sanitizer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [RequiresProgramsTheory("clang++-22", "clang-22")]
    [InlineData("address,undefined", "two_shot_all_reduce_float16_int4_world8")]
    [InlineData("address,undefined", "two_shot_all_reduce_bfloat16_int6_world2")]
    [InlineData("address,undefined", "two_shot_all_reduce_bfloat16_int5_group128_world8")]
    [InlineData("address,undefined", "two_shot_all_reduce_float16_fp_world4")]
    [InlineData("address,undefined", "two_shot_all_reduce_float32_fp_world8")]
    [InlineData("address,undefined", "one_shot_all_reduce_float16_int8_world4_atoms8")]
    [InlineData("address,undefined", "one_shot_all_reduce_bfloat16_int3_group64_world5")]
    [InlineData("address,undefined", "one_shot_all_reduce_bfloat16_fp_block1024_world8")]
    [InlineData("address,undefined", "direct_all_reduce_float16_fp_world3_atoms4")]
    [InlineData("thread", "direct_all_reduce_float32_fp_world8")]
    [InlineData("thread", "two_shot_all_reduce_float16_int4_world4")]
    [InlineData("thread", "two_shot_all_reduce_bfloat16_int6_world2")]
    [InlineData("thread", "two_shot_all_reduce_float16_fp_world2")]
    [InlineData("thread", "one_shot_all_reduce_float16_int8_world4_atoms8")]
    [InlineData("thread", "one_shot_all_reduce_bfloat16_int3_group64_world5")]
    [InlineData("thread", "one_shot_all_reduce_float32_fp_world8")]
    public void NothingIsReported(string sanitizer, string kernelName)
    {
        var (text, variant) = Find(kernelName);
        var program = Build(sanitizer, variant, text);
        foreach (var mode in new[] { "phases", "ranks" })
        {
            var (code, output) = NativeTools.Run(program, mode);
            Assert.True(code == 0, output);
            Assert.Contains("ranks agree", output);
        }
    }

    [RequiresProgramsTheory("clang++-22", "clang-22")]
    [InlineData("two_shot_all_reduce_float16_int4_world2", "__atomic_store_n(flag, epoch, __ATOMIC_RELEASE)", "__atomic_store_n(flag, epoch, __ATOMIC_RELAXED)")]
    [InlineData(
        "one_shot_all_reduce_float16_int8_world4_atoms8",
        "__atomic_store_n(packet_in(row, lane + i, word), (u64)flag << 32 | words[word][i], __ATOMIC_RELAXED)",
        "*packet_in(row, lane + i, word) = (u64)flag << 32 | words[word][i]")]
    [InlineData("direct_all_reduce_float32_fp_world8", "__atomic_store_n(flag, epoch, __ATOMIC_RELEASE)", "__atomic_store_n(flag, epoch, __ATOMIC_RELAXED)")]
    public void AFlagThatPromisesNothingIsReported(string kernelName, string promise, string none)
    {
        var (text, variant) = Find(kernelName);
        var broken = text.Replace(promise, none, StringComparison.Ordinal);
        Assert.NotEqual(text, broken);
        var (code, output) = NativeTools.Run(Build("thread", variant, broken), "ranks");
        Assert.NotEqual(0, code);
        Assert.Contains("data race", output);
    }

    [RequiresProgramsFact("clang++-22", "clang-22")]
    public void PacketsLeftBehindByAWrapAroundAreReported()
    {
        var (text, variant) = Find("one_shot_all_reduce_float16_int8_world4_atoms8");
        var broken = text.Replace("epoch < LAST_EPOCH - 1 ? rows_within(elements) : ROWS_PER_TILE", "rows_within(elements)", StringComparison.Ordinal);
        Assert.NotEqual(text, broken);
        var (code, output) = NativeTools.Run(Build("address,undefined", variant, broken), "ranks");
        Assert.NotEqual(0, code);
        Assert.Contains("packets left behind", output);
    }

    private static (string Text, KernelVariant Variant) Find(string kernelName)
    {
        var (set, variant) = Sets.SelectMany(static set => set.Variants.Select(variant => (set, variant))).Single(found => found.variant.KernelName == kernelName);
        return (NativeTools.Text(set, variant), variant);
    }

    private string Build(string sanitizer, KernelVariant variant, string text)
    {
        var geometry = new KernelGeometry(variant);
        var unit = Path.Combine(_folder, "unit.hip");
        File.WriteAllText(unit, text);
        var program = Path.Combine(_folder, "protocol");
        Compile("clang++-22", "-x", "c++", "-std=c++17", "-ffp-contract=off", "-fexcess-precision=16", "-march=x86-64-v3",
            "-O1", "-g", $"-fsanitize={sanitizer}", "-fno-sanitize-recover=all", "-c", "-o", unit + ".o", unit);
        Compile("clang-22", "-O1", "-g", $"-fsanitize={sanitizer}", "-fno-sanitize-recover=all", "-c", "-Wall", "-Wextra", "-Werror",
            $"-DKERNEL={variant.KernelName}", $"-DPHASE1={variant.KernelName}_phase1", $"-DPHASE2={variant.KernelName}_phase2",
            variant.Algorithm switch
            {
                AllReduceAlgorithm.TwoShot => $"-DPHASE3={variant.KernelName}_phase3",
                AllReduceAlgorithm.OneShot => "-DONE_SHOT",
                _ => "-DDIRECT",
            },
            Macro("WORLD_SIZE", variant.WorldSize), Macro("WORKSPACE_BYTES", geometry.WorkspaceBytes(2)),
            Macro("EPOCH_OFFSET", KernelGeometry.EpochOffset), Macro("DATA_OFFSET", geometry.DataOffset), Macro("SLOT_BYTES", geometry.SlotBytes),
            Macro("ELEMENT_BYTES", geometry.Wire.BytesPerElement), Macro("ELEMENTS_PER_TILE", geometry.ElementsPerTile),
            "-o", program + ".o", Path.Combine(AppContext.BaseDirectory, "native", "protocol.c"));
        Compile("clang++-22", $"-fsanitize={sanitizer}", "-o", program, unit + ".o", program + ".o");
        return program;
    }

    private static string Macro(string name, long value) => string.Create(CultureInfo.InvariantCulture, $"-D{name}={value}");

    private static void Compile(string compiler, params string[] arguments)
    {
        var (code, output) = NativeTools.Run(compiler, arguments);
        Assert.True(code == 0, output);
    }
}
