using System.Runtime.Intrinsics;
using QuickReduce.Emulation.Instructions;

namespace QuickReduce.Emulation.Execution;

/// <content>Vector operands: a value for every lane, with the modifiers applied.</content>
internal sealed unsafe partial class Wave
{
    /// <summary>A register of an operand, as a value per lane.</summary>
    /// <param name="instruction">The instruction.</param>
    /// <param name="operand">One of its sources.</param>
    /// <param name="type">How it is taken.</param>
    /// <param name="word">Which of the operand's registers.</param>
    public uint* Read(Instruction instruction, in Operand operand, OperandType type, int word = 0)
    {
        uint* lanes;
        switch (operand.Kind)
        {
            case OperandKind.Vector or OperandKind.Accumulator:
                var isAccumulator = operand.Kind == OperandKind.Accumulator;
                lanes = VectorRegister(operand.Register + word, isAccumulator);
                var defined = VectorDefined(operand.Register + word, isAccumulator);
                if (instruction.Form == VectorForm.DataParallel && isFirst(in operand, instruction))
                {
                    var moved = Scratch();
                    LaneExchange.DataParallel(this, instruction, lanes, moved, ref defined);
                    lanes = moved;
                }

                Defined &= defined;
                break;
            case OperandKind.Scalar:
                RequireScalarArrived(operand.Register + word);
                Defined &= ScalarDefined[operand.Register + word] == uint.MaxValue ? ulong.MaxValue : 0;
                lanes = Broadcast(Scalar[operand.Register + word]);
                break;
            case OperandKind.Condition:
                lanes = Broadcast(Condition(operand.Register));
                break;
            default:
                lanes = Broadcast(ConstantWord(operand, type, word));
                break;
        }

        return operand.HasModifiers ? Modified(lanes, operand, type, word) : lanes;

        static bool isFirst(in Operand operand, Instruction instruction) => System.Runtime.CompilerServices.Unsafe.AreSame(in operand, in instruction.Source0);
    }

    /// <summary>Writes a vector register in the lanes that the instruction writes.</summary>
    public void Write(Instruction instruction, uint* values, int word = 0)
    {
        var register = instruction.Destination + word;
        var target = VectorRegister(register, instruction.IsAccumulator);
        if (!instruction.IsWholeDestination)
        {
            values = Merged(instruction, target, values);
            if (instruction.DestinationUnused == 2)
            {
                Defined &= VectorDefined(register, instruction.IsAccumulator);
            }
        }

        Define(register, instruction.IsAccumulator, WriteMask, Defined);
        Masked.Store(target, values, WriteMask);
    }

    private uint* Broadcast(uint value)
    {
        var lanes = Scratch();
        var vector = Vector512.Create(value);
        for (var lane = 0; lane < Lanes; lane += Vector512<uint>.Count)
        {
            vector.Store(lanes + lane);
        }

        return lanes;
    }

    private static uint ConstantWord(in Operand operand, OperandType type, int word)
    {
        if (type.Words() == 2)
        {
            return (uint)(WideConstant(operand, type) >> (32 * word));
        }

        return operand.IsInlineFloat && type is (OperandType.Float16 or OperandType.PackedFloat16)
            ? BitConverter.HalfToUInt16Bits((Half)BitConverter.UInt32BitsToSingle(operand.Value))
            : operand.Value;
    }

    private uint* Modified(uint* lanes, in Operand operand, OperandType type, int word)
    {
        var result = Scratch();
        var sign = type switch
        {
            OperandType.PackedFloat16 or OperandType.PackedFloat32 => 0u, // the packed operations negate each half by themselves
            OperandType.Float16 => 0x8000u,
            OperandType.Float64 => word == 1 ? 0x80000000u : 0u,
            _ => 0x80000000u,
        };
        var keep = Vector512.Create(operand.Absolute ? ~sign : uint.MaxValue);
        var flip = Vector512.Create(operand.Negate ? sign : 0);
        var (shift, width) = Place(operand.Select);
        var mask = Vector512.Create(uint.MaxValue >> (32 - width));
        for (var lane = 0; lane < Lanes; lane += Vector512<uint>.Count)
        {
            var value = Vector512.Load(lanes + lane);
            value = operand.SignExtend
                ? ((value << (32 - width - shift)).AsInt32() >> (32 - width)).AsUInt32()
                : (value >> shift) & mask;
            ((value & keep) ^ flip).Store(result + lane);
        }

        return result;
    }

    /// <summary>Where a part of a register is, and how many bits it has.</summary>
    private static (int Shift, int Width) Place(Selection part) => part switch
    {
        Selection.Dword => (0, 32),
        Selection.Word0 or Selection.Word1 => (16 * (part - Selection.Word0), 16),
        _ => (8 * (int)part, 8),
    };

    /// <summary>The whole register, where an instruction writes a part of it.</summary>
    private uint* Merged(Instruction instruction, uint* old, uint* values)
    {
        var (shift, width) = Place(instruction.DestinationSelect);
        var part = uint.MaxValue >> (32 - width);
        var (mask, others) = (Vector512.Create(part), Vector512.Create(~(part << shift)));
        var signs = Vector512.Create(width + shift == 32 ? 0 : uint.MaxValue << (width + shift));
        var result = Scratch();
        for (var lane = 0; lane < Lanes; lane += Vector512<uint>.Count)
        {
            var value = Vector512.Load(values + lane) & mask;
            var rest = instruction.DestinationUnused switch
            {
                0 => Vector512<uint>.Zero,
                1 => ((value << (32 - width)).AsInt32() >> 31).AsUInt32() & signs,
                _ => Vector512.Load(old + lane) & others,
            };
            ((value << shift) | rest).Store(result + lane);
        }

        return result;
    }
}
