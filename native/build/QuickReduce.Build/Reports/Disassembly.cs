using System.Globalization;
using System.Text.RegularExpressions;

namespace QuickReduce.Build;

/// <summary>A line of a listing that is an instruction.</summary>
internal sealed record ListedInstruction(ulong Address, string Text);

/// <summary>What llvm-objdump writes about a code object, cut up by function.</summary>
internal sealed class Disassembly
{
    private static readonly Regex Label = new(@"^(?<address>[0-9a-f]+) <(?<name>[^>]+)>:$", RegexOptions.CultureInvariant);

    private readonly Dictionary<string, List<ListedInstruction>> _functions = new(StringComparer.Ordinal);

    public static Disassembly Parse(string listing)
    {
        var result = new Disassembly();
        List<ListedInstruction>? current = null;
        foreach (string line in listing.Split('\n'))
        {
            if (line.Length > 0 && line[0] is '\t' or ' ')
            {
                if (current is not null && Instruction(line) is { } instruction)
                {
                    current.Add(instruction);
                }
            }
            else if (Label.Match(line.TrimEnd('\r')) is { Success: true } label)
            {
                result._functions[label.Groups["name"].Value] = current = [];
            }
        }

        return result;
    }

    /// <summary>A function's instructions, without what only fills the space up to the next one; null if it is not there.</summary>
    public IReadOnlyList<ListedInstruction>? Function(ElfSymbol function) =>
        _functions.TryGetValue(function.Name, out List<ListedInstruction>? all)
            ? [.. all.TakeWhile(instruction => instruction.Address < function.Address + function.Size)]
            : null;

    /// <summary><c>v_mov_b32_e32 v31, 0   // 0000000023DC: 7E3E0280</c>.</summary>
    private static ListedInstruction? Instruction(string line)
    {
        int comment = line.LastIndexOf("//", StringComparison.Ordinal);
        if (comment < 0)
        {
            return null;
        }

        string address = line.Substring(comment + 2).TrimStart().Split(':')[0];
        return ulong.TryParse(address, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out ulong place)
            ? new ListedInstruction(place, line.Substring(0, comment).Trim())
            : null;
    }
}
