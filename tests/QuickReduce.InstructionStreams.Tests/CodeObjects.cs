using System.Collections.Concurrent;
using System.Diagnostics;
using QuickReduce.Integration.Tests;

namespace QuickReduce.InstructionStreams.Tests;

/// <summary>The kernels that the build compiled for AMD GPUs, disassembled once.</summary>
internal static class CodeObjects
{
    private static readonly ConcurrentDictionary<(string Architecture, string Unit), Lazy<IReadOnlyDictionary<string, KernelCode>>> Known = new();

    /// <summary>The kernel sets of these tests.</summary>
    public static IReadOnlyList<KernelSet> Sets { get; } = [StreamKernels.Kernels, FormatKernels.Kernels, SampleKernels.Kernels];

    /// <summary>The architectures that the kernels are built for.</summary>
    public static IReadOnlyList<string> Architectures { get; } = ["gfx942", "gfx950"];

    /// <summary>Each unit for each architecture.</summary>
    public static TheoryData<string, string> Units
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var architecture in Architectures)
            {
                foreach (var unit in Sets.SelectMany(static set => set.Units))
                {
                    data.Add(architecture, unit.Name);
                }
            }

            return data;
        }
    }

    /// <summary>The variants of a unit with their code.</summary>
    public static IEnumerable<(KernelVariant Variant, KernelCode Code)> Kernels(string architecture, string unit)
    {
        var codes = Known.GetOrAdd((architecture, unit), static key => new(() =>
            KernelCode.Parse(Disassemble(Path.Combine(AppContext.BaseDirectory, "quickreduce", key.Architecture, key.Unit + ".hsaco")))
                .ToDictionary(static code => code.Name))).Value;
        var variants = (
            from set in Sets
            where unit.StartsWith(set.Name + ".", StringComparison.Ordinal)
            from variant in set.Variants
            where unit == set.Name + "." + variant.UnitName
            select variant).ToArray();
        Assert.Equal(variants.Select(static variant => variant.KernelName).Order(), codes.Keys.Order());
        return variants.Select(variant => (variant, codes[variant.KernelName]));
    }

    /// <summary>What the disassembler prints of a code object.</summary>
    public static string Disassemble(string path) => Run("llvm-objdump-22", "-D", "--no-show-raw-insn", "-j", ".text", "-j", ".rodata", path);

    /// <summary>How the ranks of a variant tell each other that data has arrived.</summary>
    public static Handshake HandshakeOf(KernelVariant variant) => variant.Algorithm switch
    {
        AllReduceAlgorithm.TwoShot => Handshake.Flags,
        AllReduceAlgorithm.OneShot => Handshake.Packets,
        _ => Handshake.Announcements,
    };

    /// <summary>Runs a program and gives what it prints.</summary>
    public static string Run(string program, params IEnumerable<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program}: {errors.Result}");
        return text;
    }
}
