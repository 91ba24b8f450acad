using System.Globalization;

namespace QuickReduce.Emulation.Instructions;

/// <content>What stands behind the operands.</content>
internal static partial class Disassembly
{
    private static readonly string[] Selections = ["BYTE_0", "BYTE_1", "BYTE_2", "BYTE_3", "WORD_0", "WORD_1", "DWORD"];

    private static IEnumerable<string> Modifiers(Instruction instruction)
    {
        if (instruction.Encoding == Encoding.Vop3P)
        {
            return PackedModifiers(instruction);
        }

        if (instruction.Form == VectorForm.SubDword)
        {
            return SubDwordModifiers(instruction);
        }

        if (instruction.Form == VectorForm.DataParallel)
        {
            return DataParallelModifiers(instruction);
        }

        if (instruction.Operation.Mnemonic == "v_bitop3_b32")
        {
            return ["bitop3:" + Hexadecimal(instruction.Extra)];
        }

        return instruction.Encoding switch
        {
            Encoding.Flat => [.. Offsets(instruction), .. Scopes(instruction)],
            Encoding.Mubuf => Scopes(instruction),
            Encoding.Ds => LdsOffsets(instruction),
            _ => [],
        };
    }

    private static IEnumerable<string> Offsets(Instruction instruction) =>
        instruction.Immediate != 0 ? ["offset:" + instruction.Immediate.ToString(CultureInfo.InvariantCulture)] : [];

    private static IEnumerable<string> Scopes(Instruction instruction)
    {
        if (instruction.Scope0)
        {
            yield return "sc0";
        }

        if (instruction.NonTemporal)
        {
            yield return "nt";
        }

        if (instruction.Scope1)
        {
            yield return "sc1";
        }
    }

    private static IEnumerable<string> LdsOffsets(Instruction instruction)
    {
        if (instruction.Operation.Mnemonic.Contains("2_", StringComparison.Ordinal))
        {
            return (string[])[
                .. instruction.Immediate != 0 ? (string[])["offset0:" + instruction.Immediate] : [],
                .. instruction.SecondImmediate != 0 ? (string[])["offset1:" + instruction.SecondImmediate] : []];
        }

        var offset = instruction.Immediate | instruction.SecondImmediate << 8;
        return offset != 0 ? ["offset:" + offset] : [];
    }

    private static IEnumerable<string> PackedModifiers(Instruction instruction)
    {
        var sources = instruction.Operation.Source2 != OperandType.None ? 3 : instruction.Operation.Source1 != OperandType.None ? 2 : 1;
        if (sources == 1)
        {
            yield break;
        }

        var all = (1 << sources) - 1;
        if ((instruction.OperandSelect & all) != 0)
        {
            yield return "op_sel:" + List(instruction.OperandSelect);
        }

        var usual = instruction.Operation.IsMixed ? 0 : all;
        if ((instruction.OperandSelectHigh & all) != usual)
        {
            yield return "op_sel_hi:" + List(instruction.OperandSelectHigh);
        }

        if (instruction.Operation.IsMixed)
        {
            yield break;
        }

        var negate = (instruction.Source0.Negate ? 1 : 0) | (instruction.Source1.Negate ? 2 : 0) | (instruction.Source2.Negate ? 4 : 0);
        if (negate != 0)
        {
            yield return "neg_lo:" + List(negate);
        }

        if (instruction.NegateHigh != 0)
        {
            yield return "neg_hi:" + List(instruction.NegateHigh);
        }

        string List(int bits) => "[" + string.Join(',', Enumerable.Range(0, sources).Select(source => bits >> source & 1)) + "]";
    }

    private static IEnumerable<string> SubDwordModifiers(Instruction instruction)
    {
        if (instruction.Operation.Destination != OperandType.None)
        {
            yield return "dst_sel:" + Selections[(int)instruction.DestinationSelect];
            yield return "dst_unused:" + instruction.DestinationUnused switch { 0 => "UNUSED_PAD", 1 => "UNUSED_SEXT", _ => "UNUSED_PRESERVE" };
        }

        yield return "src0_sel:" + Selections[(int)instruction.Source0.Select];
        if (instruction.Operation.Source1 != OperandType.None)
        {
            yield return "src1_sel:" + Selections[(int)instruction.Source1.Select];
        }
    }

    private static IEnumerable<string> DataParallelModifiers(Instruction instruction)
    {
        var control = instruction.DataParallelControl;
        yield return control switch
        {
            < 0x100 => "quad_perm:[" + string.Join(',', Enumerable.Range(0, 4).Select(lane => control >> (2 * lane) & 3)) + "]",
            < 0x110 => "row_shl:" + (control & 15),
            < 0x120 => "row_shr:" + (control & 15),
            < 0x130 => "row_ror:" + (control & 15),
            0x130 => "wave_shl:1",
            0x134 => "wave_rol:1",
            0x138 => "wave_shr:1",
            0x13c => "wave_ror:1",
            0x140 => "row_mirror",
            0x141 => "row_half_mirror",
            0x142 => "row_bcast:15",
            0x143 => "row_bcast:31",
            _ => "row_newbcast:" + (control & 15),
        };
        yield return "row_mask:" + Hexadecimal(instruction.RowMask);
        yield return "bank_mask:" + Hexadecimal(instruction.BankMask);
        if (instruction.ZeroesInvalidLanes)
        {
            yield return "bound_ctrl:1";
        }
    }
}
