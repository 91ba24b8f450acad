using System.Globalization;
using System.Text.RegularExpressions;

namespace QuickReduce.InstructionStreams;

/// <summary>One instruction of a gfx9 kernel, as <c>llvm-objdump</c> prints it.</summary>
/// <param name="Address">Byte address in the code object.</param>
/// <param name="Mnemonic">Name, with its encoding's suffix.</param>
/// <param name="Operands">Operands in order; the destination first where there is one.</param>
/// <param name="Modifiers">What follows the last operand: <c>nt</c>, <c>offset:64</c>, <c>op_sel:[1,0,0]</c> …</param>
/// <param name="Target">Address that a branch jumps to.</param>
public sealed partial record Instruction(
    long Address, string Mnemonic, IReadOnlyList<string> Operands, IReadOnlyList<string> Modifiers, long? Target)
{
    /// <summary>Whether it computes in vector registers.</summary>
    public bool IsVectorAlu => Mnemonic.StartsWith("v_", StringComparison.Ordinal);

    /// <summary>Whether it is of an encoding of integer codes: the reciprocal of a scale.</summary>
    public bool IsReciprocal => Mnemonic.StartsWith("v_rcp_f32", StringComparison.Ordinal);

    /// <summary>Whether it reads memory through the vector caches.</summary>
    public bool IsLoad => Mnemonic.StartsWith("global_load_", StringComparison.Ordinal);

    /// <summary>Whether it writes memory.</summary>
    public bool IsStore => Mnemonic.StartsWith("global_store_", StringComparison.Ordinal);

    /// <summary>Bytes that each lane loads or stores; 0 for other instructions.</summary>
    public int Bytes => !IsLoad && !IsStore && !IsScalarLoad ? 0 : Mnemonic switch
    {
        _ when DwordCount().Match(Mnemonic) is { Success: true } match =>
            4 * (match.Groups[1].Length > 0 ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : 1),
        _ when Mnemonic.Contains("short", StringComparison.Ordinal) => 2,
        _ => 1,
    };

    /// <summary>Whether it loads through the scalar cache.</summary>
    public bool IsScalarLoad => Mnemonic.StartsWith("s_load_", StringComparison.Ordinal);

    /// <summary>Whether the access passes all caches that another GPU does not see.</summary>
    public bool IsSystemScope => Has("sc0") && Has("sc1");

    /// <summary>Whether the access is marked as not to be used again.</summary>
    public bool IsStreaming => Has("nt");

    /// <summary>Whether it waits until all of the wave's loads and stores have been performed.</summary>
    public bool WaitsForMemory => Mnemonic == "s_waitcnt" && Has("vmcnt(0)");

    /// <summary>Whether all waves of the block meet here.</summary>
    public bool IsBarrier => Mnemonic == "s_barrier";

    /// <summary>Whether it makes what was written before visible to all, as far as caches hold it back.</summary>
    public bool IsSystemWriteBack => Mnemonic == "buffer_wbl2" && IsSystemScope;

    /// <summary>Whether it makes loads after it see what others have written.</summary>
    public bool IsSystemInvalidate => Mnemonic == "buffer_inv" && IsSystemScope;

    /// <summary>Whether the wave ends here.</summary>
    public bool IsEnd => Mnemonic == "s_endpgm";

    /// <summary>Whether it is a jump, always or sometimes.</summary>
    public bool IsBranch => Mnemonic is "s_branch" || Mnemonic.StartsWith("s_cbranch_", StringComparison.Ordinal);

    /// <summary>Whether what follows is also reached by going on.</summary>
    public bool FallsThrough => !IsEnd && Mnemonic != "s_branch";

    /// <summary>Whether it has a modifier, or an operand of that text.</summary>
    public bool Has(string word) => Modifiers.Contains(word) || Operands.Contains(word);

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Address:x}: {Mnemonic} {string.Join(", ", Operands)}{string.Concat(Modifiers.Select(static m => " " + m))}".TrimEnd();

    /// <summary>Reads a line of a disassembly; <see langword="null"/> where it is none of an instruction.</summary>
    /// <exception cref="FormatException">The line begins like an instruction and goes on otherwise.</exception>
    internal static Instruction? Parse(string line, IReadOnlyDictionary<string, long> symbols)
    {
        if (!line.StartsWith('\t') || line.StartsWith("\t.", StringComparison.Ordinal))
        {
            return null;
        }

        var comment = line.IndexOf("//", StringComparison.Ordinal);
        var match = Comment().Match(comment < 0 ? string.Empty : line[comment..]);
        if (!match.Success)
        {
            throw new FormatException($"'{line}' has no address: it is not what llvm-objdump -d prints.");
        }

        long? target = match.Groups["symbol"].Success
            ? symbols[match.Groups["symbol"].Value] + (match.Groups["offset"].Success ? ParseHex(match.Groups["offset"].Value) : 0)
            : null;
        var text = line[..comment].Trim();
        var blank = text.IndexOf(' ', StringComparison.Ordinal);
        var operands = new List<string>();
        var modifiers = new List<string>();
        foreach (var part in blank < 0 ? [] : Commas().Split(text[blank..]))
        {
            var words = part.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            operands.Add(words[0]);
            modifiers.AddRange(words.Skip(1));
        }

        return new Instruction(ParseHex(match.Groups["address"].Value), blank < 0 ? text : text[..blank], operands, modifiers, target);
    }

    /// <summary>Reads a hexadecimal number.</summary>
    internal static long ParseHex(string text) => long.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"_dword(?:x(\d+))?\b")]
    private static partial Regex DwordCount();

    [GeneratedRegex(@"^// (?<address>[0-9A-F]+):[0-9A-F ]*(?:<(?<symbol>[^+>]+)(?:\+0x(?<offset>[0-9a-f]+))?>)?")]
    private static partial Regex Comment();

    [GeneratedRegex(@",(?![^\[]*\])")]
    private static partial Regex Commas();
}
