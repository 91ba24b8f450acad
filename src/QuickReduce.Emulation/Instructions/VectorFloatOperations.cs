using System.Runtime.Intrinsics;
using QuickReduce.Emulation.Execution;
using static QuickReduce.Emulation.Execution.FloatMath;
using static QuickReduce.Emulation.Execution.VectorForms;
using static QuickReduce.Emulation.Instructions.OperandType;

namespace QuickReduce.Emulation.Instructions;

/// <summary>fp32 and fp16 arithmetic on a value per lane.</summary>
internal static class VectorFloatOperations
{
    public static void AddTo(OperationTable table)
    {
        Two(0x01, "v_add_f32", Binary<Sum>());
        Two(0x02, "v_sub_f32", Binary<Difference>());
        Two(0x03, "v_subrev_f32", Binary<DifferenceReversed>());
        Two(0x05, "v_mul_f32", Binary<Product>());
        Two(0x0a, "v_min_f32", Lanes2(Minimum));
        Two(0x0b, "v_max_f32", Lanes2(Maximum));
        table.Add(Encoding.Vop2, 0x3b, new Operation("v_fmac_f32", Float32, Float32, Float32, None, Ternary<MultiplyThenAdd>()) { Accumulates = true });
        Three(0x1cb, "v_fma_f32", Ternary<MultiplyThenAdd>());
        Three(0x1d0, "v_min3_f32", Lanes3(static (a, b, c) => Minimum(Minimum(a, b), c)));
        Three(0x1d3, "v_max3_f32", Lanes3(static (a, b, c) => Maximum(Maximum(a, b), c)));
        Three(0x1d6, "v_med3_f32", Lanes3(static (a, b, c) => IsNan(a) || IsNan(b) || IsNan(c)
            ? Minimum(Minimum(a, b), c)
            : Maximum(Minimum(a, b), Minimum(Maximum(a, b), c))));
        Three(0x1de, "v_div_fixup_f32", Lanes3(Division.Fixup));
        Three(0x1e2, "v_div_fmas_f32", Division.FusedMultiplyAddScaled);
        table.Add(Encoding.Vop3, 0x1e0, new Operation("v_div_scale_f32", Float32, Float32, Float32, Float32, Division.Scale) { WritesMask = true });
        table.Add(Encoding.Vop3, 0x288, new Operation("v_ldexp_f32", Float32, Float32, Bits32, None, Lanes2(static (a, b) => Bits(MathF.ScaleB(F(a), (int)b)))));

        One(0x1b, "v_fract_f32", Lanes1(static a => Bits(F(a) - MathF.Floor(F(a)) is var fraction && fraction >= 1 ? MathF.BitDecrement(1) : fraction)));
        One(0x1c, "v_trunc_f32", Lanes1(static a => Bits(MathF.Truncate(F(a)))));
        One(0x1d, "v_ceil_f32", Lanes1(static a => Bits(MathF.Ceiling(F(a)))));
        One(0x1e, "v_rndne_f32", Lanes1(static a => Bits(MathF.Round(F(a), MidpointRounding.ToEven))));
        One(0x1f, "v_floor_f32", Lanes1(static a => Bits(MathF.Floor(F(a)))));
        One(0x20, "v_exp_f32", Approximation.Of(static a => Math.Pow(2, a)));
        One(0x21, "v_log_f32", Approximation.Of(static a => Math.Log2(a)));
        One(0x22, "v_rcp_f32", Approximation.Of(static a => 1 / a));
        One(0x23, "v_rcp_iflag_f32", Approximation.Of(static a => 1 / a));
        One(0x24, "v_rsq_f32", Approximation.Of(static a => 1 / Math.Sqrt(a)));
        One(0x27, "v_sqrt_f32", Approximation.Of(Math.Sqrt));

        HalfTwo(0x1f, "v_add_f16", static (a, b) => Half((float)H(a) + (float)H(b), a, b));
        HalfTwo(0x20, "v_sub_f16", static (a, b) => Half((float)H(a) - (float)H(b), a, b));
        HalfTwo(0x21, "v_subrev_f16", static (a, b) => Half((float)H(b) - (float)H(a), a, b));
        HalfTwo(0x22, "v_mul_f16", static (a, b) => Half((float)H(a) * (float)H(b), a, b));

        void One(int number, string name, Action<Wave, Instruction> execute) =>
            table.Add(Encoding.Vop1, number, new Operation(name, Float32, Float32, None, None, execute));

        void Two(int number, string name, Action<Wave, Instruction> execute) =>
            table.Add(Encoding.Vop2, number, new Operation(name, Float32, Float32, Float32, None, execute));

        void Three(int number, string name, Action<Wave, Instruction> execute) =>
            table.Add(Encoding.Vop3, number, new Operation(name, Float32, Float32, Float32, Float32, execute));

        void HalfTwo(int number, string name, Func<uint, uint, uint> operation) =>
            table.Add(Encoding.Vop2, number, new Operation(name, Float16, Float16, Float16, None, Lanes2(operation)));
    }

    private struct Sum : IBinary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b) => FloatMath.Add(a, b); }

    private struct Difference : IBinary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b) => FloatMath.Subtract(a, b); }

    private struct DifferenceReversed : IBinary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b) => FloatMath.Subtract(b, a); }

    private struct Product : IBinary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b) => FloatMath.Multiply(a, b); }

    private struct MultiplyThenAdd : ITernary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c) => FloatMath.MultiplyAdd(a, b, c); }
}
