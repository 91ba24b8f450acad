using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace QuickReduce.Build;

/// <summary>Looks into a compiled file and reports on its kernels.</summary>
internal static class CodeReader
{
    public const string NoDisassembler = "instructions are not counted: no llvm-objdump beside the compiler";

    /// <summary>Nothing that is said of a kernel's block bounds the compiler.</summary>
    private const int UnboundedThreads = 1024;

    private const string BundleMagic = "__CLANG_OFFLOAD_BUNDLE__";
    private static readonly Regex LaunchBounds = new(@"launch_bounds(__)?\(\s*(?<threads>\d+)", RegexOptions.CultureInvariant);

    /// <summary>Reads a compiled file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="unit">Name of its unit.</param>
    /// <param name="target">What it was compiled for; null to find out. For host libraries the level.</param>
    /// <param name="source">Its source, which knows the block size where the file does not; null if it is not there.</param>
    /// <param name="disassembler">What lists the instructions; null if there is none.</param>
    /// <param name="cancellation">Stops the disassembler.</param>
    /// <exception cref="UnreadableCodeObjectException">The file is damaged or something else.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    public static CodeReport Read(
        string path, string unit, OffloadTarget? target, string? source, Disassembler? disassembler, CancellationToken cancellation)
    {
        byte[] file = File.ReadAllBytes(path);
        string sha256 = FileText.Sha256OfFile(path);
        if (!ElfFile.IsElf(file))
        {
            return PtxReport(file, unit, target, sha256);
        }

        var elf = new ElfFile(file);
        if (elf.Machine != ElfFile.MachineAmdGpu)
        {
            return HostReport(elf, file.Length, unit, target, sha256);
        }

        CodeObjectMetadata metadata = CodeObjectMetadata.Read(elf);
        var functions = elf.DynamicSymbols().Where(symbol => symbol.IsFunction).ToLookup(symbol => symbol.Name, StringComparer.Ordinal);
        Disassembly? listing = null;
        string? note = NoDisassembler;
        if (disassembler?.Run(path, cancellation, out note) is { } text)
        {
            listing = Disassembly.Parse(text);
        }

        string name = target?.Name ?? metadata.Target ?? "";
        int? bound = BlockSizeIn(source);
        return new CodeReport(
            unit,
            name,
            TargetKind.Amd,
            file.Length,
            sha256,
            note is null ? [] : [note],
            [.. metadata.Kernels.Select(kernel => Report(kernel, functions[kernel.Name].FirstOrDefault(), listing, RegisterFile.Of(name), bound))]);
    }

    private static KernelReport Report(KernelMetadata kernel, ElfSymbol? function, Disassembly? listing, RegisterFile? registers, int? bound)
    {
        int? threads = kernel.MaxThreadsPerBlock < UnboundedThreads ? kernel.MaxThreadsPerBlock : bound;
        IReadOnlyList<ListedInstruction>? instructions = function is null ? null : listing?.Function(function);
        return new KernelReport(
            kernel.Name,
            (long?)function?.Size,
            threads,
            kernel.VectorRegisters,
            kernel.AccumulatorRegisters,
            kernel.ScalarRegisters,
            kernel.VectorSpills,
            kernel.ScalarSpills,
            kernel.ScratchBytes,
            kernel.LdsBytes,
            registers?.OccupancyOf(kernel, threads),
            instructions is null ? null : Count(instructions));
    }

    private static InstructionCounts Count(IReadOnlyList<ListedInstruction> instructions)
    {
        var counts = new InstructionCounts();
        foreach (ListedInstruction instruction in instructions)
        {
            counts.Add(AmdInstructions.Parse(instruction.Text));
        }

        return counts;
    }

    private static CodeReport PtxReport(byte[] file, string unit, OffloadTarget? target, string sha256)
    {
        if (file.Length >= BundleMagic.Length && Encoding.ASCII.GetString(file, 0, BundleMagic.Length) == BundleMagic)
        {
            throw new UnreadableCodeObjectException(
                "is a bundle of several architectures; take one out with clang-offload-bundler --unbundle, or compile with --no-gpu-bundle-output");
        }

        string text = file.Contains((byte)0) ? "" : Encoding.ASCII.GetString(file);
        if (!text.Contains(".version ") || Regex.Match(text, @"^\s*\.target\s+(?<name>\w+)", RegexOptions.Multiline) is not { Success: true } named)
        {
            throw new UnreadableCodeObjectException("is neither a code object of an AMD GPU, nor PTX, nor a shared library");
        }

        return new CodeReport(
            unit,
            target?.Name ?? named.Groups["name"].Value,
            TargetKind.Nvidia,
            file.Length,
            sha256,
            ["instructions are those of PTX; registers and occupancy are decided by the driver, which translates PTX for the GPU"],
            [.. PtxListing.Kernels(text).Select(kernel => new KernelReport(
                kernel.Name, null, kernel.ThreadsPerBlock, null, null, null, null, null, kernel.LocalBytes, kernel.SharedBytes, null, kernel.Instructions))]);
    }

    private static CodeReport HostReport(ElfFile elf, long bytes, string unit, OffloadTarget? target, string sha256) => new(
        unit,
        target?.Name ?? (elf.Machine == ElfFile.MachineX64 ? "x86-64" : elf.Machine == ElfFile.MachineArm64 ? "aarch64" : $"ELF machine {elf.Machine}"),
        TargetKind.Host,
        bytes,
        sha256,
        ["of a library for the CPU only sizes are reported"],
        [.. elf.DynamicSymbols()
            .Where(symbol => symbol.IsFunction && symbol.IsDefined)
            .OrderBy(symbol => symbol.Address)
            .Select(symbol => new KernelReport(symbol.Name, (long)symbol.Size, null, null, null, null, null, null, null, null, null, null))]);

    /// <summary>The block size that all kernels of a source are bounded by; null if it says none, or several.</summary>
    private static int? BlockSizeIn(string? source)
    {
        string[] sizes = source is null ? [] : [.. LaunchBounds.Matches(source).Cast<Match>().Select(match => match.Groups["threads"].Value).Distinct()];
        return sizes.Length == 1 && int.TryParse(sizes[0], NumberStyles.None, CultureInfo.InvariantCulture, out int threads) ? threads : null;
    }
}
