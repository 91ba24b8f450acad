using System.Globalization;
using System.Text;

namespace QuickReduce.Emulation.Instructions;

/// <summary>Instructions as text, as LLVM's disassembler writes them.</summary>
internal static partial class Disassembly
{
    public static string Text(Instruction instruction)
    {
        var text = new StringBuilder(instruction.Operation.Mnemonic).Append(Suffix(instruction));
        var operands = Operands(instruction).ToList();
        if (operands.Count > 0)
        {
            text.Append(' ').AppendJoin(", ", operands);
        }

        foreach (var modifier in Modifiers(instruction))
        {
            text.Append(' ').Append(modifier);
        }

        return text.ToString();
    }

    private static string Suffix(Instruction instruction) => instruction.Form switch
    {
        VectorForm.Long => "_e64",
        VectorForm.SubDword => "_sdwa",
        VectorForm.DataParallel => "_dpp",
        VectorForm.Short when instruction.Operation.Mnemonic is not ("v_nop" or "v_readfirstlane_b32") => "_e32",
        _ => string.Empty,
    };

    private static IEnumerable<string> Operands(Instruction instruction) => instruction.Encoding switch
    {
        Encoding.SopP => ProgramOperands(instruction),
        Encoding.SopK => [Scalar(instruction.Destination, 1), Hexadecimal(instruction.Immediate & 0xffff)],
        Encoding.Smem when instruction.Operation.Destination != OperandType.None =>
            [Scalar(instruction.Destination, instruction.Operation.Destination.Words()), Scalar(instruction.Source0.Register, 2), Offset(instruction)],
        Encoding.Smem or Encoding.Mubuf => [],
        Encoding.Flat => GlobalOperands(instruction),
        Encoding.Ds => LdsOperands(instruction),
        _ => RegisterOperands(instruction),
    };

    private static IEnumerable<string> ProgramOperands(Instruction instruction) => instruction.Operation.Mnemonic switch
    {
        "s_endpgm" or "s_barrier" or "s_icache_inv" => [],
        "s_waitcnt" => [string.Join(' ', Waits(instruction.Immediate))],
        _ => [instruction.Immediate.ToString(CultureInfo.InvariantCulture)],
    };

    private static IEnumerable<string> Waits(int immediate)
    {
        const int AllVectors = 63, AllExports = 7, AllShort = 15;
        var (vectors, exports, shorts) = ((immediate & 15) | (immediate >> 10 & 0x30), immediate >> 4 & 7, immediate >> 8 & 15);
        var nothing = (vectors, exports, shorts) == (AllVectors, AllExports, AllShort);
        if (vectors != AllVectors || nothing)
        {
            yield return "vmcnt(" + vectors + ")";
        }

        if (exports != AllExports || nothing)
        {
            yield return "expcnt(" + exports + ")";
        }

        if (shorts != AllShort || nothing)
        {
            yield return "lgkmcnt(" + shorts + ")";
        }
    }

    private static IEnumerable<string> GlobalOperands(Instruction instruction)
    {
        var hasScalar = instruction.Source2.Kind == OperandKind.Scalar;
        var address = Vector('v', instruction.Source0.Register, hasScalar ? 1 : 2);
        var scalar = hasScalar ? Scalar(instruction.Source2.Register, 2) : "off";
        var (operation, file) = (instruction.Operation, instruction.IsAccumulator ? 'a' : 'v');
        if (operation.Source1 == OperandType.None)
        {
            return [Vector(file, instruction.Destination, operation.Destination.Words()), address, scalar];
        }

        var data = Vector(file, instruction.Source1.Register, operation.Source1.Words());
        return operation.Destination != OperandType.None && instruction.Scope0
            ? [Vector(file, instruction.Destination, operation.Destination.Words()), address, data, scalar]
            : [address, data, scalar];
    }

    private static IEnumerable<string> LdsOperands(Instruction instruction)
    {
        var operation = instruction.Operation;
        if (operation.Destination != OperandType.None)
        {
            yield return Vector('v', instruction.Destination, operation.Destination.Words());
        }

        yield return Vector('v', instruction.Source0.Register, 1);
        if (operation.Source1 != OperandType.None)
        {
            yield return Vector('v', instruction.Source1.Register, operation.Source1.Words());
        }

        if (operation.Source2 != OperandType.None)
        {
            yield return Vector('v', instruction.Source2.Register, operation.Source2.Words());
        }
    }

    private static IEnumerable<string> RegisterOperands(Instruction instruction)
    {
        var operation = instruction.Operation;
        var isScalar = instruction.Encoding is Encoding.Sop1 or Encoding.Sop2;
        if (operation.Destination != OperandType.None)
        {
            var words = operation.Destination.Words();
            yield return isScalar || operation.WritesScalar
                ? Scalar(instruction.Destination, words)
                : Vector(instruction.IsAccumulator ? 'a' : 'v', instruction.Destination, words);
        }

        if (operation.WritesMask)
        {
            yield return Scalar(instruction.MaskDestination, 2);
        }

        if (operation.Source0 != OperandType.None)
        {
            yield return Source(instruction.Source0, operation.Source0);
        }

        if (operation.Source1 != OperandType.None)
        {
            yield return Source(instruction.Source1, operation.Source1);
        }

        if (operation.Source2 != OperandType.None)
        {
            yield return Source(instruction.Source2, operation.Source2);
        }
    }

    private static string Source(in Operand operand, OperandType type)
    {
        var text = operand.Kind switch
        {
            OperandKind.Vector => Vector('v', operand.Register, type.Words()),
            OperandKind.Accumulator => Vector('a', operand.Register, type.Words()),
            OperandKind.Scalar => Scalar(operand.Register, type.Words()),
            OperandKind.Condition => operand.Register switch { 251 => "src_vccz", 252 => "src_execz", _ => "src_scc" },
            _ => Constant(operand),
        };
        text = operand.SignExtend ? "sext(" + text + ")" : text;
        text = operand.Absolute ? "|" + text + "|" : text;
        return operand.Negate && !type.ToString().StartsWith("Packed", StringComparison.Ordinal) ? "-" + text : text;
    }

    private static string Constant(in Operand operand)
    {
        if (operand.IsLiteral)
        {
            return Hexadecimal((int)operand.Value);
        }

        if (!operand.IsInlineFloat)
        {
            return ((int)operand.Value).ToString(CultureInfo.InvariantCulture);
        }

        return BitConverter.UInt32BitsToSingle(operand.Value) switch
        {
            0.15915494f => "0.15915494",
            var value => value.ToString("0.0", CultureInfo.InvariantCulture),
        };
    }

    private static string Offset(Instruction instruction) => instruction.Source1.Kind == OperandKind.None
        ? (instruction.Immediate < 0 ? "-" + Hexadecimal(-instruction.Immediate) : Hexadecimal(instruction.Immediate))
        : Scalar(instruction.Source1.Register, 1) + (instruction.HasImmediate ? " offset:" + Hexadecimal(instruction.Immediate) : string.Empty);

    private static string Vector(char file, int register, int words) =>
        words == 1 ? file + register.ToString(CultureInfo.InvariantCulture) : file + "[" + register + ":" + (register + words - 1) + "]";

    private static string Scalar(int register, int words)
    {
        var (name, half) = register switch
        {
            102 or 103 => ("flat_scratch", register - 102),
            104 or 105 => ("xnack_mask", register - 104),
            106 or 107 => ("vcc", register - 106),
            126 or 127 => ("exec", register - 126),
            _ => (string.Empty, 0),
        };
        if (name.Length > 0)
        {
            return words == 2 ? name : name + (half == 0 ? "_lo" : "_hi");
        }

        if (register == 124)
        {
            return "m0";
        }

        return register >= 108 ? Vector('t', register - 108, words).Replace("t", "ttmp", StringComparison.Ordinal) : Vector('s', register, words);
    }

    private static string Hexadecimal(int value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);
}
