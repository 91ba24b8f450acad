using QuickReduce.Emulation.Instructions;

namespace QuickReduce.Emulation.Tests;

/// <summary>An instruction for every operation, as text for LLVM's assembler.</summary>
internal static class PlainOperands
{
    /// <summary>The text; null for the few operations whose operands are of their own kind.</summary>
    public static string? Text(Encoding encoding, Operation operation)
    {
        var name = operation.Mnemonic;
        string[] sources = [.. new[] { operation.Source0, operation.Source1, operation.Source2 }.Where(static type => type != OperandType.None).Select((type, i) => Vector(i, type))];
        return encoding switch
        {
            Encoding.SopP => name is "s_endpgm" or "s_barrier" or "s_icache_inv" ? name : name + " 0",
            Encoding.SopK => name + " s0, 0x10",
            Encoding.Sop1 => name + " " + Join(Scalar(0, operation.Destination), Scalar(8, operation.Source0)),
            Encoding.Sop2 => name + " " + Join(Scalar(0, operation.Destination), Scalar(8, operation.Source0), Scalar(12, operation.Source1)),
            Encoding.SopC => name + " " + Join(Scalar(8, operation.Source0), Scalar(12, operation.Source1)),
            Encoding.Smem => operation.Destination == OperandType.None ? name : name + " " + Scalar(16, operation.Destination) + ", s[2:3], 0x10",
            Encoding.Vop3P => name.StartsWith("v_accvgpr", StringComparison.Ordinal) ? null : name + " " + Join([Vector(4, operation.Destination), .. sources]),
            Encoding.Ds => name.Contains("2_", StringComparison.Ordinal) ? null : name + " " + Join([Vector(4, operation.Destination), .. sources]),
            Encoding.Flat => Global(operation),
            Encoding.Mubuf => name,
            _ => name is "v_bitop3_b32" or "v_accvgpr_mov_b32" ? null
                : name + " " + Join([operation.WritesScalar ? "s0" : Vector(4, operation.Destination), operation.WritesMask ? "vcc" : string.Empty, .. Sources(operation)]),
        };
    }

    private static string Global(Operation operation)
    {
        var data = operation.Source1 != OperandType.None ? Vector(1, operation.Source1) : string.Empty;
        var isAtomic = operation.Mnemonic.Contains("atomic", StringComparison.Ordinal);
        return operation.Mnemonic + " " + Join(isAtomic ? string.Empty : Vector(4, operation.Destination), "v[2:3]", data, "off");
    }

    private static IEnumerable<string> Sources(Operation operation)
    {
        for (var i = 0; i < 3; i++)
        {
            var type = operation.Source(i);
            yield return type switch
            {
                OperandType.None => string.Empty,
                OperandType.LaneMask => "vcc",
                _ when operation.Mnemonic is "v_readlane_b32" or "v_writelane_b32" && i == 1 => "3",
                _ when operation.Mnemonic is "v_writelane_b32" => "s2",
                _ => Vector(i, type),
            };
        }
    }

    private static string Join(params IEnumerable<string> operands) => string.Join(", ", operands.Where(static operand => operand.Length > 0));

    private static string Vector(int index, OperandType type) => Register('v', 8 * index, type.Words());

    private static string Scalar(int first, OperandType type) => Register('s', first, type.Words());

    private static string Register(char file, int first, int words) => words switch
    {
        0 => string.Empty,
        1 => file + first.ToString(System.Globalization.CultureInfo.InvariantCulture),
        _ => file + "[" + first + ":" + (first + words - 1) + "]",
    };
}
