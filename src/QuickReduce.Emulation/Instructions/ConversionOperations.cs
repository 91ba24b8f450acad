using System.Runtime.Intrinsics;
using QuickReduce.Emulation.Execution;
using static QuickReduce.Emulation.Execution.FloatMath;
using static QuickReduce.Emulation.Execution.VectorForms;
using static QuickReduce.Emulation.Instructions.OperandType;

namespace QuickReduce.Emulation.Instructions;

/// <summary>Conversions between types of numbers.</summary>
internal static class ConversionOperations
{
    public static void AddTo(OperationTable table)
    {
        One(0x03, "v_cvt_i32_f64", Bits32, Float64, Wide(static (a, _, _) => ToInt32(D(a))));
        One(0x04, "v_cvt_f64_i32", Float64, Bits32, Wide(static (a, _, _) => Bits((double)(int)a)));
        One(0x05, "v_cvt_f32_i32", Float32, Bits32, Lanes1(static a => Bits((float)(int)a)));
        One(0x06, "v_cvt_f32_u32", Float32, Bits32, Lanes1(static a => Bits((float)a)));
        One(0x07, "v_cvt_u32_f32", Bits32, Float32, Lanes1(static a => ToUInt32(F(a))));
        One(0x08, "v_cvt_i32_f32", Bits32, Float32, Lanes1(static a => ToInt32(F(a))));
        One(0x0a, "v_cvt_f16_f32", Float16, Float32, Unary<ToHalf>());
        One(0x0b, "v_cvt_f32_f16", Float32, Float16, Unary<FromHalf>());
        One(0x0f, "v_cvt_f32_f64", Float32, Float64, Wide(static (a, _, _) => Bits((float)D(a))));
        One(0x10, "v_cvt_f64_f32", Float64, Float32, Wide(static (a, _, _) => Bits((double)F((uint)a))));
        One(0x11, "v_cvt_f32_ubyte0", Float32, Bits32, Lanes1(static a => Bits((float)(byte)a)));
        One(0x12, "v_cvt_f32_ubyte1", Float32, Bits32, Lanes1(static a => Bits((float)(byte)(a >> 8))));
        One(0x13, "v_cvt_f32_ubyte2", Float32, Bits32, Lanes1(static a => Bits((float)(byte)(a >> 16))));
        One(0x14, "v_cvt_f32_ubyte3", Float32, Bits32, Lanes1(static a => Bits((float)(a >> 24))));
        One(0x15, "v_cvt_u32_f64", Bits32, Float64, Wide(static (a, _, _) => ToUInt32(D(a))));
        One(0x16, "v_cvt_f64_u32", Float64, Bits32, Wide(static (a, _, _) => Bits((double)(uint)a)));
        One(0x39, "v_cvt_f16_u16", Float16, Bits16, Lanes1(static a => Bits((Half)(ushort)a)));
        One(0x3a, "v_cvt_f16_i16", Float16, Bits16, Lanes1(static a => Bits((Half)(short)a)));
        table.Add(Encoding.Vop3, 0x2a0, new Operation("v_pack_b32_f16", Bits32, Float16, Float16, None, Lanes2(static (a, b) => (a & 0xffff) | b << 16)));
        table.Add(Encoding.Vop3, 0x267, new Operation("v_cvt_pk_f16_f32", Bits32, Float32, Float32, None, Lanes2(static (a, b) => Bits((Half)F(a)) | Bits((Half)F(b)) << 16)) { Since = Processor.Gfx950 });
        table.Add(Encoding.Vop3, 0x268, new Operation("v_cvt_pk_bf16_f32", Bits32, Float32, Float32, None, Lanes2(static (a, b) => BFloat(a) | BFloat(b) << 16)) { Since = Processor.Gfx950 });

        void One(int number, string name, OperandType to, OperandType from, Action<Wave, Instruction> execute) =>
            table.Add(Encoding.Vop1, number, new Operation(name, to, from, None, None, execute));
    }

    private struct ToHalf : IUnary { public static Vector512<uint> Of(Vector512<uint> a) => HalfConversion.FromSingle(a); }

    private struct FromHalf : IUnary { public static Vector512<uint> Of(Vector512<uint> a) => HalfConversion.ToSingle(a); }

    private static uint BFloat(uint bits) => IsNan(bits) ? bits >> 16 | 0x40 : (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
}
