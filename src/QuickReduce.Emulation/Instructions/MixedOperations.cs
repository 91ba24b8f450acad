using System.Runtime.Intrinsics;
using QuickReduce.Emulation.Execution;
using static QuickReduce.Emulation.Instructions.OperandType;

namespace QuickReduce.Emulation.Instructions;

/// <summary>
/// Multiply-add of mixed precision (in the encoding of the packed operations): every source is fp32 or a half of a register,
/// the sum is rounded once to fp32, and from there to fp16 where the result is a half.
/// </summary>
internal static unsafe class MixedOperations
{
    public static void AddTo(OperationTable table)
    {
        table.Add(Encoding.Vop3P, 0x20, New("v_fma_mix_f32", Selection.Dword));
        table.Add(Encoding.Vop3P, 0x21, New("v_fma_mixlo_f16", Selection.Word0));
        table.Add(Encoding.Vop3P, 0x22, New("v_fma_mixhi_f16", Selection.Word1));
    }

    private static Operation New(string name, Selection written) =>
        new(name, Bits32, Float32, Float32, Float32, Execute) { IsMixed = true, Written = written };

    private static void Execute(Wave wave, Instruction instruction)
    {
        var a = Source(wave, instruction, instruction.Source0, 0);
        var b = Source(wave, instruction, instruction.Source1, 1);
        var c = Source(wave, instruction, instruction.Source2, 2);
        var written = instruction.Operation.Written;
        var old = written == Selection.Dword ? a : wave.VectorRegister(instruction.Destination);
        if (written == Selection.Word1)
        {
            // Not for the lower half, which is written first: whether a value is defined is known of whole registers only.
            wave.Defined &= wave.VectorDefined(instruction.Destination);
        }

        var result = wave.Scratch();
        for (var lane = 0; lane < Wave.Lanes; lane += Vector512<uint>.Count)
        {
            var sum = FloatMath.MultiplyAdd(Vector512.Load(a + lane), Vector512.Load(b + lane), Vector512.Load(c + lane));
            var value = written switch
            {
                Selection.Word0 => HalfConversion.FromSingle(sum) | (Vector512.Load(old + lane) & Vector512.Create(0xffff0000u)),
                Selection.Word1 => (HalfConversion.FromSingle(sum) << 16) | (Vector512.Load(old + lane) & Vector512.Create(0xffffu)),
                _ => sum,
            };
            value.Store(result + lane);
        }

        wave.Write(instruction, result);
    }

    /// <summary>A source in fp32, with its modifiers applied.</summary>
    private static uint* Source(Wave wave, Instruction instruction, Operand operand, int source)
    {
        var isHalf = (instruction.OperandSelectHigh >> source & 1) != 0;
        var isUpper = isHalf && (instruction.OperandSelect >> source & 1) != 0;
        if (isUpper && operand.Kind == OperandKind.Constant && operand.Value != 0)
        {
            throw new Fault(EmulationProblem.UnknownInstruction, "the upper half of a constant is not modelled");
        }

        var keep = Vector512.Create(operand.Absolute ? 0x7fffffffu : uint.MaxValue);
        var flip = Vector512.Create(operand.Negate ? 0x80000000u : 0u);
        (operand.Absolute, operand.Negate) = (false, false);
        var lanes = wave.Read(instruction, in operand, isHalf ? Float16 : Float32);
        var result = wave.Scratch();
        for (var lane = 0; lane < Wave.Lanes; lane += Vector512<uint>.Count)
        {
            var value = Vector512.Load(lanes + lane);
            value = isHalf ? HalfConversion.ToSingle(isUpper ? value >> 16 : value) : value;
            ((value & keep) ^ flip).Store(result + lane);
        }

        return result;
    }
}
