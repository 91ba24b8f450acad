using System.Numerics;
using System.Runtime.Intrinsics;
using QuickReduce.Emulation.Execution;
using static QuickReduce.Emulation.Execution.VectorForms;
using static QuickReduce.Emulation.Instructions.OperandType;

namespace QuickReduce.Emulation.Instructions;

/// <summary>Integer and bit operations on a 32-bit value per lane.</summary>
internal static class VectorOperations
{
    public static void AddTo(OperationTable table)
    {
        One(0x01, "v_mov_b32", Unary<Move>());
        One(0x2b, "v_not_b32", Unary<Not>());
        One(0x2c, "v_bfrev_b32", Lanes1(Reverse));
        One(0x2d, "v_ffbh_u32", Lanes1(static a => a == 0 ? uint.MaxValue : (uint)BitOperations.LeadingZeroCount(a)));
        One(0x2e, "v_ffbl_b32", Lanes1(static a => a == 0 ? uint.MaxValue : (uint)BitOperations.TrailingZeroCount(a)));
        One(0x2f, "v_ffbh_i32", Lanes1(static a => a is 0 or uint.MaxValue ? uint.MaxValue : (uint)BitOperations.LeadingZeroCount(a ^ (uint)((int)a >> 31))));
        One(0x52, "v_accvgpr_mov_b32", Unary<Move>());

        Two(0x06, "v_mul_i32_i24", Lanes2(static (a, b) => (uint)(Signed24(a) * Signed24(b))));
        Two(0x08, "v_mul_u32_u24", Lanes2(static (a, b) => (a & 0xffffff) * (b & 0xffffff)));
        Two(0x09, "v_mul_hi_u32_u24", Lanes2(static (a, b) => (uint)((ulong)(a & 0xffffff) * (b & 0xffffff) >> 32)));
        Two(0x0c, "v_min_i32", Binary<MinimumSigned>());
        Two(0x0d, "v_max_i32", Binary<MaximumSigned>());
        Two(0x0e, "v_min_u32", Binary<MinimumUnsigned>());
        Two(0x0f, "v_max_u32", Binary<MaximumUnsigned>());
        Two(0x10, "v_lshrrev_b32", Binary<ShiftRight>());
        Two(0x11, "v_ashrrev_i32", Lanes2(static (a, b) => (uint)((int)b >> (int)(a & 31))));
        Two(0x12, "v_lshlrev_b32", Binary<ShiftLeft>());
        Two(0x13, "v_and_b32", Binary<And>());
        Two(0x14, "v_or_b32", Binary<Or>());
        Two(0x15, "v_xor_b32", Binary<Xor>());
        Two(0x34, "v_add_u32", Binary<Add>());
        Two(0x35, "v_sub_u32", Binary<Subtract>());
        Two(0x36, "v_subrev_u32", Binary<SubtractReversed>());
        Two(0x3d, "v_xnor_b32", Lanes2(static (a, b) => ~(a ^ b)));

        Three(0x1c2, "v_mad_i32_i24", Lanes3(static (a, b, c) => (uint)(Signed24(a) * Signed24(b)) + c));
        Three(0x1c3, "v_mad_u32_u24", Lanes3(static (a, b, c) => (a & 0xffffff) * (b & 0xffffff) + c));
        Three(0x1c8, "v_bfe_u32", Lanes3(static (a, b, c) => (c & 31) == 0 ? 0 : a >> (int)(b & 31) & ((1u << (int)(c & 31)) - 1)));
        Three(0x1c9, "v_bfe_i32", Lanes3(ExtractSigned));
        Three(0x1ca, "v_bfi_b32", Ternary<Insert>());
        Three(0x1ce, "v_alignbit_b32", Lanes3(static (a, b, c) => (uint)(((ulong)a << 32 | b) >> (int)(c & 31))));
        Three(0x1cf, "v_alignbyte_b32", Lanes3(static (a, b, c) => (uint)(((ulong)a << 32 | b) >> (int)(8 * (c & 3)))));
        Three(0x1d1, "v_min3_i32", Lanes3(static (a, b, c) => (uint)int.Min(int.Min((int)a, (int)b), (int)c)));
        Three(0x1d2, "v_min3_u32", Lanes3(static (a, b, c) => uint.Min(uint.Min(a, b), c)));
        Three(0x1d4, "v_max3_i32", Lanes3(static (a, b, c) => (uint)int.Max(int.Max((int)a, (int)b), (int)c)));
        Three(0x1d5, "v_max3_u32", Ternary<Maximum3>());
        Three(0x1d7, "v_med3_i32", Lanes3(static (a, b, c) => (uint)int.Max(int.Min((int)a, (int)b), int.Min(int.Max((int)a, (int)b), (int)c))));
        Three(0x1d8, "v_med3_u32", Lanes3(static (a, b, c) => uint.Max(uint.Min(a, b), uint.Min(uint.Max(a, b), c))));
        Three(0x1dc, "v_sad_u32", Lanes3(static (a, b, c) => (a > b ? a - b : b - a) + c));
        Three(0x1ed, "v_perm_b32", Lanes3(Permute));
        Three(0x1f3, "v_xad_u32", Lanes3(static (a, b, c) => (a ^ b) + c));
        Three(0x1fd, "v_lshl_add_u32", Ternary<ShiftLeftAdd>());
        Three(0x1fe, "v_add_lshl_u32", Ternary<AddShiftLeft>());
        Three(0x1ff, "v_add3_u32", Ternary<Add3>());
        Three(0x200, "v_lshl_or_b32", Ternary<ShiftLeftOr>());
        Three(0x201, "v_and_or_b32", Ternary<AndOr>());
        Three(0x202, "v_or3_b32", Ternary<Or3>());
        table.Add(Encoding.Vop3, 0x234, new Operation("v_bitop3_b32", Bits32, Bits32, Bits32, Bits32, TruthTable) { Since = Processor.Gfx950 });
        LongTwo(0x285, "v_mul_lo_u32", Binary<Multiply>());
        LongTwo(0x286, "v_mul_hi_u32", Lanes2(static (a, b) => (uint)((ulong)a * b >> 32)));
        LongTwo(0x287, "v_mul_hi_i32", Lanes2(static (a, b) => (uint)((long)(int)a * (int)b >> 32)));
        LongTwo(0x28b, "v_bcnt_u32_b32", Lanes2(static (a, b) => (uint)BitOperations.PopCount(a) + b));
        LongTwo(0x293, "v_bfm_b32", Lanes2(static (a, b) => ((1u << (int)(a & 31)) - 1) << (int)(b & 31)));

        void One(int number, string name, Action<Wave, Instruction> execute) =>
            table.Add(Encoding.Vop1, number, new Operation(name, Bits32, Bits32, None, None, execute));

        void Two(int number, string name, Action<Wave, Instruction> execute) =>
            table.Add(Encoding.Vop2, number, new Operation(name, Bits32, Bits32, Bits32, None, execute));

        void LongTwo(int number, string name, Action<Wave, Instruction> execute) =>
            table.Add(Encoding.Vop3, number, new Operation(name, Bits32, Bits32, Bits32, None, execute));

        void Three(int number, string name, Action<Wave, Instruction> execute) =>
            table.Add(Encoding.Vop3, number, new Operation(name, Bits32, Bits32, Bits32, Bits32, execute));
    }

    private static int Signed24(uint value) => (int)(value << 8) >> 8;

    private static uint Reverse(uint value)
    {
        var result = 0u;
        for (var bit = 0; bit < 32; bit++)
        {
            result = result << 1 | (value >> bit & 1);
        }

        return result;
    }

    private static uint ExtractSigned(uint a, uint b, uint c)
    {
        var (offset, width) = ((int)(b & 31), (int)(c & 31));
        return width == 0 ? 0 : (uint)((int)(a >> offset << (32 - width)) >> (32 - width));
    }

    /// <summary>Bytes of <c>b</c> (0 to 3) and <c>a</c> (4 to 7), signs of theirs, zeros and ones.</summary>
    private static uint Permute(uint a, uint b, uint selectors)
    {
        var bytes = (ulong)a << 32 | b;
        var result = 0u;
        for (var i = 0; i < 4; i++)
        {
            var selector = (int)(selectors >> (8 * i) & 0xff);
            var value = selector switch
            {
                < 8 => (uint)(bytes >> (8 * selector)) & 0xff,
                < 12 => (bytes >> (16 * (selector - 8) + 15) & 1) != 0 ? 0xffu : 0,
                12 => 0u,
                _ => 0xffu,
            };
            result |= value << (8 * i);
        }

        return result;
    }

    private static unsafe void TruthTable(Wave wave, Instruction instruction)
    {
        var a = wave.Read(instruction, in instruction.Source0, Bits32);
        var b = wave.Read(instruction, in instruction.Source1, Bits32);
        var c = wave.Read(instruction, in instruction.Source2, Bits32);
        var result = wave.Scratch();
        for (var lane = 0; lane < Wave.Lanes; lane++)
        {
            var value = 0u;
            for (var entry = 0; entry < 8; entry++)
            {
                if ((instruction.Extra >> entry & 1) != 0)
                {
                    value |= ((entry & 4) != 0 ? a[lane] : ~a[lane]) & ((entry & 2) != 0 ? b[lane] : ~b[lane]) & ((entry & 1) != 0 ? c[lane] : ~c[lane]);
                }
            }

            result[lane] = value;
        }

        wave.Write(instruction, result);
    }

    private struct Move : IUnary { public static Vector512<uint> Of(Vector512<uint> a) => a; }

    private struct Not : IUnary { public static Vector512<uint> Of(Vector512<uint> a) => ~a; }

    private struct And : IBinary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b) => a & b; }

    private struct Or : IBinary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b) => a | b; }

    private struct Xor : IBinary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b) => a ^ b; }

    private struct Add : IBinary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b) => a + b; }

    private struct Subtract : IBinary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b) => a - b; }

    private struct SubtractReversed : IBinary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b) => b - a; }

    private struct Multiply : IBinary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b) => a * b; }

    private struct MinimumUnsigned : IBinary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b) => Vector512.Min(a, b); }

    private struct MaximumUnsigned : IBinary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b) => Vector512.Max(a, b); }

    private struct MinimumSigned : IBinary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b) => Vector512.Min(a.AsInt32(), b.AsInt32()).AsUInt32(); }

    private struct MaximumSigned : IBinary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b) => Vector512.Max(a.AsInt32(), b.AsInt32()).AsUInt32(); }

    private struct ShiftLeft : IBinary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b) => Shifts.Left(b, a); }

    private struct ShiftRight : IBinary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b) => Shifts.Right(b, a); }

    private struct Insert : ITernary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c) => (a & b) | (~a & c); }

    private struct Maximum3 : ITernary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c) => Vector512.Max(Vector512.Max(a, b), c); }

    private struct ShiftLeftAdd : ITernary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c) => Shifts.Left(a, b) + c; }

    private struct AddShiftLeft : ITernary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c) => Shifts.Left(a + b, c); }

    private struct Add3 : ITernary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c) => a + b + c; }

    private struct ShiftLeftOr : ITernary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c) => Shifts.Left(a, b) | c; }

    private struct AndOr : ITernary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c) => (a & b) | c; }

    private struct Or3 : ITernary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c) => a | b | c; }
}
