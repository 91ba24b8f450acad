using System.Globalization;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Integration.Tests;

/// <summary>
/// The generated text itself under the compiler's sanitizers: its phases on exactly sized buffers, and the flag
/// protocol with every rank on a thread of its own, across the wrap-around of the epochs.
/// </summary>
public sealed class SanitizerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("quickreduce-sanitizer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [RequiresProgramsTheory("clang++-22", "clang-22")]
    [InlineData("address,undefined", DataType.Float16, QuantRegime.Int4, 8)]
    [InlineData("address,undefined", DataType.BFloat16, QuantRegime.Int6, 2)]
    [InlineData("address,undefined", DataType.BFloat16, QuantRegime.Int8, 4)]
    [InlineData("address,undefined", DataType.Float16, QuantRegime.FP, 4)]
    [InlineData("thread", DataType.Float16, QuantRegime.Int4, 4)]
    [InlineData("thread", DataType.BFloat16, QuantRegime.Int6, 2)]
    [InlineData("thread", DataType.Float16, QuantRegime.FP, 2)]
    public void NothingIsReported(string sanitizer, DataType type, QuantRegime regime, int worldSize)
    {
        var variant = new KernelVariant(type, regime, worldSize);
        var program = Build(sanitizer, variant, NativeTools.Units[variant.UnitName]);
        foreach (var mode in new[] { "phases", "ranks" })
        {
            var (code, output) = NativeTools.Run(program, mode);
            Assert.True(code == 0, output);
            Assert.Contains("ranks agree", output);
        }
    }

    [RequiresProgramsFact("clang++-22", "clang-22")]
    public void AFlagWithoutReleaseIsReported()
    {
        var variant = new KernelVariant(DataType.Float16, QuantRegime.Int4, 2);
        var text = NativeTools.Units[variant.UnitName];
        var broken = text.Replace("__atomic_store_n(flag, epoch, __ATOMIC_RELEASE)", "__atomic_store_n(flag, epoch, __ATOMIC_RELAXED)", StringComparison.Ordinal);
        Assert.NotEqual(text, broken);
        var (code, output) = NativeTools.Run(Build("thread", variant, broken), "ranks");
        Assert.NotEqual(0, code);
        Assert.Contains("data race", output);
    }

    private string Build(string sanitizer, KernelVariant variant, string text)
    {
        var geometry = new KernelGeometry(variant);
        var unit = Path.Combine(_folder, "unit.hip");
        File.WriteAllText(unit, text);
        var program = Path.Combine(_folder, "protocol");
        Compile("clang++-22", "-x", "c++", "-std=c++17", "-ffp-contract=off", "-fexcess-precision=16", "-march=x86-64-v3",
            "-O1", "-g", $"-fsanitize={sanitizer}", "-fno-sanitize-recover=all", "-c", "-o", unit + ".o", unit);
        Compile("clang-22", "-O1", "-g", $"-fsanitize={sanitizer}", "-fno-sanitize-recover=all", "-c",
            $"-DKERNEL={variant.KernelName}", $"-DPHASE1={variant.KernelName}_phase1", $"-DPHASE2={variant.KernelName}_phase2",
            $"-DPHASE3={variant.KernelName}_phase3", Macro("WORLD_SIZE", variant.WorldSize), Macro("WORKSPACE_BYTES", geometry.WorkspaceBytes(2)),
            Macro("EPOCH_OFFSET", KernelGeometry.EpochOffset), Macro("DATA_OFFSET", geometry.DataOffset),
            Macro("ELEMENTS_PER_TILE", geometry.ElementsPerTile),
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
