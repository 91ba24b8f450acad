using QuickReduce.Emulation.Execution;
using static QuickReduce.Emulation.Execution.FloatMath;
using static QuickReduce.Emulation.Execution.VectorForms;
using static QuickReduce.Emulation.Instructions.OperandType;

namespace QuickReduce.Emulation.Instructions;

/// <summary>Operations on 64 bits per lane: addresses and fp64.</summary>
internal static class WideOperations
{
    public static void AddTo(OperationTable table)
    {
        table.Add(Encoding.Vop1, 0x38, new Operation("v_mov_b64", Bits64, Bits64, None, None, Wide(static (a, _, _) => a)));
        table.Add(Encoding.Vop3, 0x1e8, new Operation("v_mad_u64_u32", Bits64, Bits32, Bits32, Bits64, MultiplyAdd) { WritesMask = true });
        table.Add(Encoding.Vop3, 0x208, new Operation("v_lshl_add_u64", Bits64, Bits64, Bits32, Bits64, Wide(static (a, b, c) => (a << (int)(b & 7)) + c)));
        table.Add(Encoding.Vop3, 0x28f, new Operation("v_lshlrev_b64", Bits64, Bits32, Bits64, None, Wide(static (a, b, _) => b << (int)(a & 63))));
        table.Add(Encoding.Vop3, 0x290, new Operation("v_lshrrev_b64", Bits64, Bits32, Bits64, None, Wide(static (a, b, _) => b >> (int)(a & 63))));
        table.Add(Encoding.Vop3, 0x291, new Operation("v_ashrrev_i64", Bits64, Bits32, Bits64, None, Wide(static (a, b, _) => (ulong)((long)b >> (int)(a & 63)))));

        Double(Encoding.Vop1, 0x17, "v_trunc_f64", 1, static (a, _, _) => Bits(Math.Truncate(D(a))));
        Double(Encoding.Vop1, 0x18, "v_ceil_f64", 1, static (a, _, _) => Bits(Math.Ceiling(D(a))));
        Double(Encoding.Vop1, 0x19, "v_rndne_f64", 1, static (a, _, _) => Bits(Math.Round(D(a), MidpointRounding.ToEven)));
        Double(Encoding.Vop1, 0x1a, "v_floor_f64", 1, static (a, _, _) => Bits(Math.Floor(D(a))));
        Double(Encoding.Vop3, 0x280, "v_add_f64", 2, static (a, b, _) => Bits(D(a) + D(b)));
        Double(Encoding.Vop3, 0x281, "v_mul_f64", 2, static (a, b, _) => Bits(D(a) * D(b)));
        Double(Encoding.Vop3, 0x1cc, "v_fma_f64", 3, static (a, b, c) => Bits(Math.FusedMultiplyAdd(D(a), D(b), D(c))));
        table.Add(Encoding.Vop2, 0x04, new Operation("v_fmac_f64", Float64, Float64, Float64, None, Wide(static (a, b, c) => Bits(Math.FusedMultiplyAdd(D(a), D(b), D(c))))) { Accumulates = true });
        table.Add(Encoding.Vop3, 0x284, new Operation("v_ldexp_f64", Float64, Float64, Bits32, None, Wide(static (a, b, _) => Bits(Math.ScaleB(D(a), (int)b)))));

        void Double(Encoding encoding, int number, string name, int sources, Func<ulong, ulong, ulong, ulong> operation) =>
            table.Add(encoding, number, new Operation(name, Float64, Float64, sources > 1 ? Float64 : None, sources > 2 ? Float64 : None, Wide(operation)));
    }

    private static unsafe void MultiplyAdd(Wave wave, Instruction instruction)
    {
        var low = wave.Scratch();
        var high = wave.Scratch();
        var a = new WideSource(wave, instruction, in instruction.Source0, Bits32);
        var b = new WideSource(wave, instruction, in instruction.Source1, Bits32);
        var c = new WideSource(wave, instruction, in instruction.Source2, Bits64);
        var carry = 0ul;
        for (var lane = 0; lane < Wave.Lanes; lane++)
        {
            var sum = (UInt128)((ulong)a[lane] * b[lane]) + c[lane];
            (low[lane], high[lane]) = ((uint)sum, (uint)(sum >> 32));
            carry |= sum >> 64 != 0 ? 1ul << lane : 0;
        }

        wave.Write(instruction, low);
        wave.Write(instruction, high, 1);
        wave.SetLaneMask(instruction.MaskDestination, carry & wave.WriteMask);
    }
}
