using System.Numerics;
using QuickReduce.Emulation.Execution;
using static QuickReduce.Emulation.Execution.ScalarForms;
using static QuickReduce.Emulation.Instructions.OperandType;

namespace QuickReduce.Emulation.Instructions;

/// <summary>Scalar arithmetic (SOP1, SOP2, SOPC, SOPK).</summary>
internal static unsafe class ScalarOperations
{
    public static void AddTo(OperationTable table)
    {
        AddTwoSources(table);
        AddOneSource(table);
        AddComparisons(table);
        AddConstants(table);
        ProgramOperations.AddTo(table);
    }

    private static void AddTwoSources(OperationTable table)
    {
        Two(0x00, "s_add_u32", static (a, b, _) => ((uint)(a + b), a + b > uint.MaxValue));
        Two(0x01, "s_sub_u32", static (a, b, _) => ((uint)(a - b), b > a));
        Two(0x02, "s_add_i32", static (a, b, _) => ((uint)(a + b), (long)(int)a + (int)b != (int)(a + b)));
        Two(0x03, "s_sub_i32", static (a, b, _) => ((uint)(a - b), (long)(int)a - (int)b != (int)(a - b)));
        Two(0x04, "s_addc_u32", static (a, b, scc) => ((uint)(a + b + (scc ? 1u : 0)), a + b + (scc ? 1u : 0) > uint.MaxValue));
        Two(0x05, "s_subb_u32", static (a, b, scc) => ((uint)(a - b - (scc ? 1u : 0)), b + (scc ? 1u : 0) > a));
        Two(0x06, "s_min_i32", static (a, b, _) => ((int)a < (int)b ? a : b, (int)a < (int)b));
        Two(0x07, "s_min_u32", static (a, b, _) => (ulong.Min(a, b), a < b));
        Two(0x08, "s_max_i32", static (a, b, _) => ((int)a > (int)b ? a : b, (int)a > (int)b));
        Two(0x09, "s_max_u32", static (a, b, _) => (ulong.Max(a, b), a > b));
        table.Add(Encoding.Sop2, 0x0a, new Operation("s_cselect_b32", Bits32, Bits32, Bits32, None, Select));
        table.Add(Encoding.Sop2, 0x0b, new Operation("s_cselect_b64", Bits64, Bits64, Bits64, None, Select));
        Bits(0x0c, "s_and", static (a, b) => a & b);
        Bits(0x0e, "s_or", static (a, b) => a | b);
        Bits(0x10, "s_xor", static (a, b) => a ^ b);
        Bits(0x12, "s_andn2", static (a, b) => a & ~b);
        Bits(0x14, "s_orn2", static (a, b) => a | ~b);
        Bits(0x16, "s_nand", static (a, b) => ~(a & b));
        Bits(0x18, "s_nor", static (a, b) => ~(a | b));
        Bits(0x1a, "s_xnor", static (a, b) => ~(a ^ b));
        Two(0x1c, "s_lshl_b32", static (a, b, _) => NotZero((uint)a << (int)(b & 31)));
        Shift64(0x1d, "s_lshl_b64", static (a, b, _) => NotZero(a << (int)(b & 63)));
        Two(0x1e, "s_lshr_b32", static (a, b, _) => NotZero((uint)a >> (int)(b & 31)));
        Shift64(0x1f, "s_lshr_b64", static (a, b, _) => NotZero(a >> (int)(b & 63)));
        Two(0x20, "s_ashr_i32", static (a, b, _) => NotZero((uint)((int)a >> (int)(b & 31))));
        Shift64(0x21, "s_ashr_i64", static (a, b, _) => NotZero((ulong)((long)a >> (int)(b & 63))));
        Two(0x22, "s_bfm_b32", static (a, b, scc) => ((uint)(((1u << (int)(a & 31)) - 1) << (int)(b & 31)), scc), setsScc: false);
        Two(0x24, "s_mul_i32", static (a, b, scc) => ((uint)(a * b), scc), setsScc: false);
        Two(0x25, "s_bfe_u32", static (a, b, _) => NotZero((uint)Extract((uint)a, b, 32)));
        Two(0x26, "s_bfe_i32", static (a, b, _) => NotZero((uint)ExtractSigned((uint)a, b, 32)));
        Shift64(0x27, "s_bfe_u64", static (a, b, _) => NotZero(Extract(a, b, 64)));
        Shift64(0x28, "s_bfe_i64", static (a, b, _) => NotZero(ExtractSigned(a, b, 64)));
        Two(0x2a, "s_absdiff_i32", static (a, b, _) => NotZero((uint)long.Abs((long)(int)a - (int)b)));
        Two(0x2c, "s_mul_hi_u32", static (a, b, scc) => (a * b >> 32, scc), setsScc: false);
        Two(0x2d, "s_mul_hi_i32", static (a, b, scc) => ((uint)((long)(int)a * (int)b >> 32), scc), setsScc: false);
        for (var shift = 1; shift <= 4; shift++)
        {
            var by = shift;
            Two(0x2d + shift, "s_lshl" + shift + "_add_u32", (a, b, _) => ((uint)((a << by) + b), (a << by) + b > uint.MaxValue));
        }

        Two(0x32, "s_pack_ll_b32_b16", static (a, b, scc) => ((uint)(a & 0xffff | b << 16), scc), setsScc: false);
        Two(0x33, "s_pack_lh_b32_b16", static (a, b, scc) => ((uint)(a & 0xffff | b & 0xffff0000), scc), setsScc: false);
        Two(0x34, "s_pack_hh_b32_b16", static (a, b, scc) => ((uint)(a >> 16 & 0xffff | b & 0xffff0000), scc), setsScc: false);

        void Two(int number, string name, ScalarFunction operation, bool setsScc = true) =>
            table.Add(Encoding.Sop2, number, new Operation(name, Bits32, Bits32, Bits32, None, Of(setsScc, operation)));

        void Shift64(int number, string name, ScalarFunction operation) =>
            table.Add(Encoding.Sop2, number, new Operation(name, Bits64, Bits64, Bits32, None, Of(setsScc: true, operation)));

        void Bits(int number, string name, Func<ulong, ulong, ulong> operation)
        {
            table.Add(Encoding.Sop2, number, new Operation(name + "_b32", Bits32, Bits32, Bits32, None, Bitwise(operation)));
            table.Add(Encoding.Sop2, number + 1, new Operation(name + "_b64", Bits64, Bits64, Bits64, None, Bitwise(operation)));
        }
    }

    private static void AddOneSource(OperationTable table)
    {
        Both(0x00, "s_mov", setsScc: false, static (a, _, scc) => (a, scc));
        Both(0x04, "s_not", setsScc: true, static (a, _, _) => (~a, true));
        One(0x08, "s_brev_b32", Bits32, Bits32, setsScc: false, static (a, _, scc) => (Reverse(a) >> 32, scc));
        One(0x09, "s_brev_b64", Bits64, Bits64, setsScc: false, static (a, _, scc) => (Reverse(a), scc));
        One(0x0a, "s_bcnt0_i32_b32", Bits32, Bits32, setsScc: true, static (a, _, _) => NotZero((uint)BitOperations.PopCount(~(uint)a)));
        One(0x0b, "s_bcnt0_i32_b64", Bits32, Bits64, setsScc: true, static (a, _, _) => NotZero((uint)BitOperations.PopCount(~a)));
        One(0x0c, "s_bcnt1_i32_b32", Bits32, Bits32, setsScc: true, static (a, _, _) => NotZero((uint)BitOperations.PopCount((uint)a)));
        One(0x0d, "s_bcnt1_i32_b64", Bits32, Bits64, setsScc: true, static (a, _, _) => NotZero((uint)BitOperations.PopCount(a)));
        One(0x10, "s_ff1_i32_b32", Bits32, Bits32, setsScc: false, static (a, _, scc) => ((uint)a == 0 ? uint.MaxValue : (uint)BitOperations.TrailingZeroCount((uint)a), scc));
        One(0x11, "s_ff1_i32_b64", Bits32, Bits64, setsScc: false, static (a, _, scc) => (a == 0 ? uint.MaxValue : (uint)BitOperations.TrailingZeroCount(a), scc));
        One(0x12, "s_flbit_i32_b32", Bits32, Bits32, setsScc: false, static (a, _, scc) => ((uint)a == 0 ? uint.MaxValue : (uint)BitOperations.LeadingZeroCount((uint)a), scc));
        One(0x13, "s_flbit_i32_b64", Bits32, Bits64, setsScc: false, static (a, _, scc) => (a == 0 ? uint.MaxValue : (uint)BitOperations.LeadingZeroCount(a), scc));
        One(0x16, "s_sext_i32_i8", Bits32, Bits32, setsScc: false, static (a, _, scc) => ((uint)(sbyte)a, scc));
        One(0x17, "s_sext_i32_i16", Bits32, Bits32, setsScc: false, static (a, _, scc) => ((uint)(short)a, scc));
        One(0x30, "s_abs_i32", Bits32, Bits32, setsScc: true, static (a, _, _) => NotZero((uint)long.Abs((int)a)));
        Conditional(0x02, "s_cmov_b32", Bits32);
        Conditional(0x03, "s_cmov_b64", Bits64);
        table.Add(Encoding.Sop1, 0x18, new Operation("s_bitset0_b32", Bits32, Bits32, None, None, (wave, instruction) => SetBit(wave, instruction, isSet: false)));
        table.Add(Encoding.Sop1, 0x1a, new Operation("s_bitset1_b32", Bits32, Bits32, None, None, (wave, instruction) => SetBit(wave, instruction, isSet: true)));
        Save(0x20, "s_and_saveexec_b64", static (a, exec) => a & exec);
        Save(0x21, "s_or_saveexec_b64", static (a, exec) => a | exec);
        Save(0x22, "s_xor_saveexec_b64", static (a, exec) => a ^ exec);
        Save(0x23, "s_andn2_saveexec_b64", static (a, exec) => a & ~exec);
        Save(0x24, "s_orn2_saveexec_b64", static (a, exec) => a | ~exec);
        Save(0x25, "s_nand_saveexec_b64", static (a, exec) => ~(a & exec));
        Save(0x26, "s_nor_saveexec_b64", static (a, exec) => ~(a | exec));
        Save(0x27, "s_xnor_saveexec_b64", static (a, exec) => ~(a ^ exec));
        Save(0x33, "s_andn1_saveexec_b64", static (a, exec) => ~a & exec);
        Save(0x34, "s_orn1_saveexec_b64", static (a, exec) => ~a | exec);
        table.Add(Encoding.Sop1, 0x35, new Operation("s_andn1_wrexec_b64", Bits64, Bits64, None, None, WriteExec(static (a, exec) => ~a & exec)));
        table.Add(Encoding.Sop1, 0x36, new Operation("s_andn2_wrexec_b64", Bits64, Bits64, None, None, WriteExec(static (a, exec) => a & ~exec)));

        void One(int number, string name, OperandType to, OperandType from, bool setsScc, ScalarFunction operation) =>
            table.Add(Encoding.Sop1, number, new Operation(name, to, from, None, None, Of(setsScc, operation)));

        void Both(int number, string name, bool setsScc, ScalarFunction operation)
        {
            table.Add(Encoding.Sop1, number, new Operation(name + "_b32", Bits32, Bits32, None, None, setsScc ? Bitwise((a, b) => operation(a, b, false).Result) : Move));
            table.Add(Encoding.Sop1, number + 1, new Operation(name + "_b64", Bits64, Bits64, None, None, setsScc ? Bitwise((a, b) => operation(a, b, false).Result) : Move));
        }

        void Conditional(int number, string name, OperandType type) =>
            table.Add(Encoding.Sop1, number, new Operation(name, type, type, None, None, static (wave, instruction) =>
            {
                if (wave.Scc)
                {
                    Move(wave, instruction);
                }
            }));

        void Save(int number, string name, Func<ulong, ulong, ulong> operation) =>
            table.Add(Encoding.Sop1, number, new Operation(name, Bits64, Bits64, None, None, SaveExec(operation)));
    }

    private static void AddComparisons(OperationTable table)
    {
        var names = new[] { "eq", "lg", "gt", "ge", "lt", "le" };
        for (var i = 0; i < names.Length; i++)
        {
            var condition = names[i];
            Add(i, "s_cmp_" + condition + "_i32", Bits32, (a, b) => Holds(condition, ((int)a).CompareTo((int)b)));
            Add(i + 6, "s_cmp_" + condition + "_u32", Bits32, (a, b) => Holds(condition, ((uint)a).CompareTo((uint)b)));
            Constant(i + 2, "s_cmpk_" + condition + "_i32", (a, constant) => Holds(condition, ((int)a).CompareTo(constant)));
            Constant(i + 8, "s_cmpk_" + condition + "_u32", (a, constant) => Holds(condition, a.CompareTo((uint)(ushort)constant)));
        }

        Add(0x0c, "s_bitcmp0_b32", Bits32, static (a, b) => (a >> (int)(b & 31) & 1) == 0);
        Add(0x0d, "s_bitcmp1_b32", Bits32, static (a, b) => (a >> (int)(b & 31) & 1) != 0);
        Add(0x12, "s_cmp_eq_u64", Bits64, static (a, b) => a == b);
        Add(0x13, "s_cmp_lg_u64", Bits64, static (a, b) => a != b);

        void Add(int number, string name, OperandType type, Func<ulong, ulong, bool> comparison) =>
            table.Add(Encoding.SopC, number, new Operation(name, None, type, type, None, Compare(comparison)));

        void Constant(int number, string name, Func<uint, int, bool> comparison) =>
            table.Add(Encoding.SopK, number, new Operation(name, Bits32, None, None, None, (wave, instruction) =>
            {
                wave.RequireScalarArrived(instruction.Destination);
                RequireDefined(wave.ScalarDefined[instruction.Destination] | 0xffffffff00000000, "what " + instruction.Operation.Mnemonic + " compares");
                wave.Scc = comparison(wave.Scalar[instruction.Destination], instruction.Immediate);
            }));
    }

    private static void AddConstants(OperationTable table)
    {
        table.Add(Encoding.SopK, 0x00, new Operation("s_movk_i32", Bits32, None, None, None, static (wave, instruction) => wave.SetScalar(instruction.Destination, (uint)instruction.Immediate, uint.MaxValue)));
        table.Add(Encoding.SopK, 0x01, new Operation("s_cmovk_i32", Bits32, None, None, None, static (wave, instruction) =>
        {
            if (wave.Scc)
            {
                wave.SetScalar(instruction.Destination, (uint)instruction.Immediate, uint.MaxValue);
            }
        }));
        table.Add(Encoding.SopK, 0x0e, new Operation("s_addk_i32", Bits32, None, None, None, static (wave, instruction) =>
        {
            var sum = (long)(int)wave.Scalar[instruction.Destination] + instruction.Immediate;
            wave.SetScalar(instruction.Destination, (uint)sum, wave.ScalarDefined[instruction.Destination]);
            wave.Scc = sum != (int)sum;
        }));
        table.Add(Encoding.SopK, 0x0f, new Operation("s_mulk_i32", Bits32, None, None, None, static (wave, instruction) =>
            wave.SetScalar(instruction.Destination, wave.Scalar[instruction.Destination] * (uint)instruction.Immediate, wave.ScalarDefined[instruction.Destination])));
    }

    private static void Move(Wave wave, Instruction instruction)
    {
        var value = Read(wave, in instruction.Source0, instruction.Operation.Source0, out var defined);
        Write(wave, instruction, value, defined);
    }

    private static void Select(Wave wave, Instruction instruction)
    {
        var value = wave.Scc
            ? Read(wave, in instruction.Source0, instruction.Operation.Source0, out var defined)
            : Read(wave, in instruction.Source1, instruction.Operation.Source1, out defined);
        Write(wave, instruction, value, defined);
    }

    private static void SetBit(Wave wave, Instruction instruction, bool isSet)
    {
        var bit = 1u << (int)(wave.Scalar32(in instruction.Source0, out _) & 31);
        var old = wave.Scalar[instruction.Destination];
        wave.SetScalar(instruction.Destination, isSet ? old | bit : old & ~bit, wave.ScalarDefined[instruction.Destination] | bit);
    }

    private static bool Holds(string condition, int order) => condition switch
    {
        "eq" => order == 0,
        "lg" => order != 0,
        "gt" => order > 0,
        "ge" => order >= 0,
        "lt" => order < 0,
        _ => order <= 0,
    };

    private static (ulong Result, bool Scc) NotZero(ulong value) => (value, value != 0);

    private static ulong Extract(ulong value, ulong field, int size)
    {
        var (offset, width) = ((int)field & (size - 1), (int)(field >> 16) & 0x7f);
        return width == 0 ? 0 : value >> offset & (width >= 64 ? ulong.MaxValue : (1ul << width) - 1);
    }

    private static ulong ExtractSigned(ulong value, ulong field, int size)
    {
        var width = int.Min((int)(field >> 16) & 0x7f, size - ((int)field & (size - 1)));
        return width == 0 ? 0 : (ulong)((long)(Extract(value, field, size) << (64 - width)) >> (64 - width));
    }

    private static ulong Reverse(ulong value)
    {
        var result = 0ul;
        for (var bit = 0; bit < 64; bit++)
        {
            result = result << 1 | (value >> bit & 1);
        }

        return result;
    }
}
