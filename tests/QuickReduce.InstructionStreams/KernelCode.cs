using System.Globalization;
using System.Text.RegularExpressions;

namespace QuickReduce.InstructionStreams;

/// <summary>A kernel of a code object: its instructions, how control flows through them, and what its descriptor says.</summary>
public sealed partial class KernelCode
{
    private readonly IReadOnlyDictionary<string, long> _descriptor;
    private readonly Lazy<IReadOnlyList<(Instruction Instruction, RegisterValue Address)>> _accesses;

    private KernelCode(string name, IReadOnlyList<Instruction> instructions, IReadOnlyDictionary<string, long> descriptor)
    {
        Name = name;
        Instructions = instructions;
        _descriptor = descriptor;
        Flow = new ControlFlow(instructions);
        _accesses = new(() =>
        [
            .. from place in Flow.Follow(Registers.AtEntry, static (state, instruction) => state.After(instruction), Registers.Join)
               where place.Instruction.IsLoad || place.Instruction.IsStore
               select (place.Instruction, place.Before.AddressOf(place.Instruction)),
        ]);
    }

    /// <summary>Name of the kernel.</summary>
    public string Name { get; }

    /// <summary>The instructions in the order of their addresses.</summary>
    public IReadOnlyList<Instruction> Instructions { get; }

    /// <summary>Basic blocks, and what follows what.</summary>
    public ControlFlow Flow { get; }

    /// <summary>All loads and stores of vectors that are reached, with what is known of their addresses.</summary>
    public IReadOnlyList<(Instruction Instruction, RegisterValue Address)> Accesses => _accesses.Value;

    /// <summary>Vector registers of a lane, those for matrix instructions included.</summary>
    public int VectorRegisters => (int)Setting("next_free_vgpr");

    /// <summary>Scalar registers of a wave.</summary>
    public int ScalarRegisters => (int)Setting("next_free_sgpr");

    /// <summary>Waves that a SIMD has registers for, of the eight that it has room for.</summary>
    public int WavesPerSimd => Math.Min(8, 512 / Math.Max(8, (VectorRegisters + 7) / 8 * 8));

    /// <summary>A field of the kernel's descriptor, named as the assembler's directives do, without <c>.amdhsa_</c>.</summary>
    /// <exception cref="KeyNotFoundException">The descriptor has no such field.</exception>
    public long Setting(string name) => _descriptor[name];

    /// <summary>The loops over single elements at the edge of a message, or of buffers that are not aligned.</summary>
    public IEnumerable<Loop> EdgeLoops
    {
        get
        {
            var single = Accesses
                .Where(static access => (access.Address.Origin & (Origin.Input | Origin.Output | Origin.Announced)) != 0
                                        && access.Instruction is { IsStreaming: false, IsSystemScope: false, Bytes: <= 4 })
                .Select(static access => access.Instruction.Address)
                .ToHashSet();
            return Flow.Loops.Where(loop =>
                loop.Blocks.SelectMany(Flow.InstructionsOf) is var code && code.Any(i => single.Contains(i.Address)) && !code.Any(static i => i.IsBarrier));
        }
    }

    /// <summary>The same kernel with other instructions.</summary>
    public KernelCode With(IReadOnlyList<Instruction> instructions) => new(Name, instructions, _descriptor);

    /// <summary>The same kernel with another value in a field of its descriptor.</summary>
    public KernelCode With(string field, long value) => new(Name, Instructions, new Dictionary<string, long>(_descriptor) { [field] = value });

    /// <summary>Reads what <c>llvm-objdump -D --no-show-raw-insn -j .text -j .rodata</c> prints of a code object.</summary>
    /// <returns>The kernels in the order of their addresses.</returns>
    /// <exception cref="FormatException">The text is something else.</exception>
    public static IReadOnlyList<KernelCode> Parse(string disassembly)
    {
        var symbols = SymbolLine().Matches(disassembly)
            .ToDictionary(static match => match.Groups["name"].Value, static match => Instruction.ParseHex(match.Groups["address"].Value));
        var descriptors = Descriptor().Matches(disassembly)
            .ToDictionary(static match => match.Groups["name"].Value, static match => Fields(match.Groups["fields"].Value));
        var kernels = new List<KernelCode>();
        var sections = SymbolLine().Split(disassembly);
        for (var i = 1; i + 2 < sections.Length; i += 3)
        {
            var name = sections[i + 1];
            if (descriptors.TryGetValue(name, out var descriptor))
            {
                var instructions = sections[i + 2].Split('\n').Select(line => Instruction.Parse(line, symbols)).OfType<Instruction>().ToArray();
                kernels.Add(new KernelCode(name, instructions, descriptor));
            }
        }

        return kernels.Count > 0 && kernels.Count == descriptors.Count
            ? kernels
            : throw new FormatException($"{descriptors.Count} kernel descriptors and the code of {kernels.Count} kernels were found.");
    }

    private static Dictionary<string, long> Fields(string text) => Field().Matches(text).ToDictionary(
        static match => match.Groups[1].Value, static match => long.Parse(match.Groups[2].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"^(?<address>[0-9a-f]{16}) <(?<name>[^>]+)>:$", RegexOptions.Multiline)]
    private static partial Regex SymbolLine();

    [GeneratedRegex(@"^\.amdhsa_kernel (?<name>\S+)\n(?<fields>.*?)^\.end_amdhsa_kernel", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Descriptor();

    [GeneratedRegex(@"^\s*\.amdhsa_(\w+) (\d+)$", RegexOptions.Multiline)]
    private static partial Regex Field();
}
