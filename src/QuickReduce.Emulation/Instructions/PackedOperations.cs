using System.Runtime.Intrinsics;
using QuickReduce.Emulation.Execution;
using static QuickReduce.Emulation.Execution.FloatMath;
using static QuickReduce.Emulation.Instructions.OperandType;

namespace QuickReduce.Emulation.Instructions;

/// <summary>Packed operations (VOP3P): two values of 16 bits in a register, or two of fp32 in two; and accumulation registers.</summary>
internal static unsafe class PackedOperations
{
    public static void AddTo(OperationTable table)
    {
        Integers(0x00, "v_pk_mad_i16", 3, static (a, b, c) => a * b + c);
        Integers(0x01, "v_pk_mul_lo_u16", 2, static (a, b, _) => a * b);
        Integers(0x02, "v_pk_add_i16", 2, static (a, b, _) => a + b);
        Integers(0x03, "v_pk_sub_i16", 2, static (a, b, _) => a - b);
        Integers(0x04, "v_pk_lshlrev_b16", 2, static (a, b, _) => b << (int)(a & 15));
        Integers(0x05, "v_pk_lshrrev_b16", 2, static (a, b, _) => b >> (int)(a & 15));
        Integers(0x06, "v_pk_ashrrev_i16", 2, static (a, b, _) => (uint)((short)b >> (int)(a & 15)));
        Integers(0x07, "v_pk_max_i16", 2, static (a, b, _) => (uint)short.Max((short)a, (short)b));
        Integers(0x08, "v_pk_min_i16", 2, static (a, b, _) => (uint)short.Min((short)a, (short)b));
        Integers(0x09, "v_pk_mad_u16", 3, static (a, b, c) => a * b + c);
        Integers(0x0a, "v_pk_add_u16", 2, static (a, b, _) => a + b);
        Integers(0x0b, "v_pk_sub_u16", 2, static (a, b, _) => a - b);
        Integers(0x0c, "v_pk_max_u16", 2, static (a, b, _) => uint.Max(a, b));
        Integers(0x0d, "v_pk_min_u16", 2, static (a, b, _) => uint.Min(a, b));
        Halves(0x0e, "v_pk_fma_f16", 3, HalfMultiplyAdd);
        Halves(0x0f, "v_pk_add_f16", 2, static (a, b, _) => Half((float)H(a) + (float)H(b), a, b));
        Halves(0x10, "v_pk_mul_f16", 2, static (a, b, _) => Half((float)H(a) * (float)H(b), a, b));
        Floats<Fma>(0x30, "v_pk_fma_f32", 3);
        Floats<Mul>(0x31, "v_pk_mul_f32", 2);
        Floats<Add>(0x32, "v_pk_add_f32", 2);
        table.Add(Encoding.Vop3P, 0x33, new Operation("v_pk_mov_b32", Bits64, Bits64, Bits64, None, MovePair));
        table.Add(Encoding.Vop3P, 0x58, new Operation("v_accvgpr_read_b32", Bits32, Bits32, None, None, Copy));
        table.Add(Encoding.Vop3P, 0x59, new Operation("v_accvgpr_write_b32", Bits32, Bits32, None, None, Copy));

        void Integers(int number, string name, int sources, Func<uint, uint, uint, uint> operation) =>
            table.Add(Encoding.Vop3P, number, new Operation(name, PackedBits16, PackedBits16, PackedBits16, sources == 3 ? PackedBits16 : None, Each16(operation, sign: 0)));

        void Halves(int number, string name, int sources, Func<uint, uint, uint, uint> operation) =>
            table.Add(Encoding.Vop3P, number, new Operation(name, PackedFloat16, PackedFloat16, PackedFloat16, sources == 3 ? PackedFloat16 : None, Each16(operation, sign: 0x8000)));

        void Floats<TOperation>(int number, string name, int sources)
            where TOperation : ITernary =>
            table.Add(Encoding.Vop3P, number, new Operation(name, PackedFloat32, PackedFloat32, PackedFloat32, sources == 3 ? PackedFloat32 : None, Each32<TOperation>));
    }

    private static Action<Wave, Instruction> Each16(Func<uint, uint, uint, uint> operation, uint sign) => (wave, instruction) =>
    {
        var types = instruction.Operation;
        var a = wave.Read(instruction, in instruction.Source0, types.Source0);
        var b = wave.Read(instruction, in instruction.Source1, types.Source1);
        var c = types.Source2 == None ? a : wave.Read(instruction, in instruction.Source2, types.Source2);
        var result = wave.Scratch();
        for (var lane = 0; lane < Wave.Lanes; lane++)
        {
            var low = operation(Part(a, 0, false), Part(b, 1, false), Part(c, 2, false)) & 0xffff;
            var high = operation(Part(a, 0, true), Part(b, 1, true), Part(c, 2, true)) & 0xffff;
            result[lane] = low | high << 16;

            uint Part(uint* values, int source, bool isHigh)
            {
                var select = isHigh ? instruction.OperandSelectHigh : instruction.OperandSelect;
                var operand = source switch { 0 => instruction.Source0, 1 => instruction.Source1, _ => instruction.Source2 };
                var negate = isHigh ? (instruction.NegateHigh >> source & 1) != 0 : operand.Negate;
                var value = (select >> source & 1) != 0 ? values[lane] >> 16 : values[lane] & 0xffff;
                return negate ? value ^ sign : value;
            }
        }

        wave.Write(instruction, result);
    };

    private static void Each32<TOperation>(Wave wave, Instruction instruction)
        where TOperation : ITernary
    {
        var hasThird = instruction.Operation.Source2 != None;

        // Both before either is written: the destination may be a source.
        var low = Half(0);
        var lowDefined = wave.Defined;
        wave.Defined = ulong.MaxValue;
        var high = Half(1);
        var highDefined = wave.Defined;
        wave.Defined = lowDefined;
        wave.Write(instruction, low);
        wave.Defined = highDefined;
        wave.Write(instruction, high, 1);

        uint* Half(int half)
        {
            var a = Source(in instruction.Source0, 0, half);
            var b = Source(in instruction.Source1, 1, half);
            var c = hasThird ? Source(in instruction.Source2, 2, half) : a;
            var result = wave.Scratch();
            for (var lane = 0; lane < Wave.Lanes; lane += Vector512<uint>.Count)
            {
                TOperation.Of(Vector512.Load(a + lane), Vector512.Load(b + lane), Vector512.Load(c + lane)).Store(result + lane);
            }

            return result;
        }

        uint* Source(in Operand operand, int source, int half)
        {
            var word = (half == 0 ? instruction.OperandSelect : instruction.OperandSelectHigh) >> source & 1;
            if (operand.Kind == OperandKind.Constant && operand.Value != 0 && word != 0)
            {
                throw new Fault(EmulationProblem.UnknownInstruction, "the upper half of a constant of packed fp32 is not modelled");
            }

            var lanes = wave.Read(instruction, in operand, PackedFloat32, word);
            var negate = half == 0 ? operand.Negate : (instruction.NegateHigh >> source & 1) != 0;
            if (!negate)
            {
                return lanes;
            }

            var negated = wave.Scratch();
            for (var lane = 0; lane < Wave.Lanes; lane++)
            {
                negated[lane] = lanes[lane] ^ 0x80000000;
            }

            return negated;
        }
    }

    private static void MovePair(Wave wave, Instruction instruction)
    {
        var low = wave.Read(instruction, in instruction.Source0, Bits64, instruction.OperandSelect & 1);
        var high = wave.Read(instruction, in instruction.Source1, Bits64, instruction.OperandSelect >> 1 & 1);
        var first = wave.Scratch();
        var second = wave.Scratch();
        new ReadOnlySpan<uint>(low, Wave.Lanes).CopyTo(new Span<uint>(first, Wave.Lanes));
        new ReadOnlySpan<uint>(high, Wave.Lanes).CopyTo(new Span<uint>(second, Wave.Lanes));
        wave.Write(instruction, first);
        wave.Write(instruction, second, 1);
    }

    private static void Copy(Wave wave, Instruction instruction) =>
        wave.Write(instruction, wave.Read(instruction, in instruction.Source0, Bits32));

    private static uint HalfMultiplyAdd(uint a, uint b, uint c)
    {
        var sum = MultiplyAddToOdd((double)H(a), (double)H(b), (double)H(c));
        return double.IsNaN(sum) ? Half(float.NaN, System.Half.IsNaN(H(a)) ? a : b, c) : Bits((Half)sum);
    }

    private struct Fma : ITernary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c) => MultiplyAdd(a, b, c); }

    private struct Mul : ITernary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c) => Multiply(a, b); }

    private struct Add : ITernary { public static Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c) => FloatMath.Add(a, b); }
}
