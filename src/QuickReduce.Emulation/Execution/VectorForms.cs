using System.Runtime.Intrinsics;
using QuickReduce.Emulation.Instructions;

namespace QuickReduce.Emulation.Execution;

/// <summary>An operation on one 32-bit value per lane, sixteen lanes at a time.</summary>
internal interface IUnary
{
    static abstract Vector512<uint> Of(Vector512<uint> a);
}

/// <inheritdoc cref="IUnary"/>
internal interface IBinary
{
    static abstract Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b);
}

/// <inheritdoc cref="IUnary"/>
internal interface ITernary
{
    static abstract Vector512<uint> Of(Vector512<uint> a, Vector512<uint> b, Vector512<uint> c);
}

/// <summary>How vector operations go over the lanes of a wave: in SIMD, where they are frequent, or lane by lane.</summary>
internal static unsafe class VectorForms
{
    private const int Step = 16;

    public static Action<Wave, Instruction> Unary<TOperation>()
        where TOperation : IUnary => static (wave, instruction) =>
        {
            var a = wave.Read(instruction, in instruction.Source0, instruction.Operation.Source0);
            var result = wave.Scratch();
            for (var lane = 0; lane < Wave.Lanes; lane += Step)
            {
                TOperation.Of(Vector512.Load(a + lane)).Store(result + lane);
            }

            wave.Write(instruction, result);
        };

    public static Action<Wave, Instruction> Binary<TOperation>()
        where TOperation : IBinary => static (wave, instruction) =>
        {
            var a = wave.Read(instruction, in instruction.Source0, instruction.Operation.Source0);
            var b = wave.Read(instruction, in instruction.Source1, instruction.Operation.Source1);
            var result = wave.Scratch();
            for (var lane = 0; lane < Wave.Lanes; lane += Step)
            {
                TOperation.Of(Vector512.Load(a + lane), Vector512.Load(b + lane)).Store(result + lane);
            }

            wave.Write(instruction, result);
        };

    public static Action<Wave, Instruction> Ternary<TOperation>()
        where TOperation : ITernary => static (wave, instruction) =>
        {
            var a = wave.Read(instruction, in instruction.Source0, instruction.Operation.Source0);
            var b = wave.Read(instruction, in instruction.Source1, instruction.Operation.Source1);
            var c = ReadThird(wave, instruction);
            var result = wave.Scratch();
            for (var lane = 0; lane < Wave.Lanes; lane += Step)
            {
                TOperation.Of(Vector512.Load(a + lane), Vector512.Load(b + lane), Vector512.Load(c + lane)).Store(result + lane);
            }

            wave.Write(instruction, result);
        };

    public static Action<Wave, Instruction> Lanes1(Func<uint, uint> operation) => (wave, instruction) =>
    {
        var a = wave.Read(instruction, in instruction.Source0, instruction.Operation.Source0);
        var result = wave.Scratch();
        for (var lane = 0; lane < Wave.Lanes; lane++)
        {
            result[lane] = operation(a[lane]);
        }

        wave.Write(instruction, result);
    };

    public static Action<Wave, Instruction> Lanes2(Func<uint, uint, uint> operation) => (wave, instruction) =>
    {
        var a = wave.Read(instruction, in instruction.Source0, instruction.Operation.Source0);
        var b = wave.Read(instruction, in instruction.Source1, instruction.Operation.Source1);
        var result = wave.Scratch();
        for (var lane = 0; lane < Wave.Lanes; lane++)
        {
            result[lane] = operation(a[lane], b[lane]);
        }

        wave.Write(instruction, result);
    };

    public static Action<Wave, Instruction> Lanes3(Func<uint, uint, uint, uint> operation) => (wave, instruction) =>
    {
        var a = wave.Read(instruction, in instruction.Source0, instruction.Operation.Source0);
        var b = wave.Read(instruction, in instruction.Source1, instruction.Operation.Source1);
        var c = ReadThird(wave, instruction);
        var result = wave.Scratch();
        for (var lane = 0; lane < Wave.Lanes; lane++)
        {
            result[lane] = operation(a[lane], b[lane], c[lane]);
        }

        wave.Write(instruction, result);
    };

    /// <summary>Operations with operands of 64 bits among others: every source and the result as 64 bits.</summary>
    public static Action<Wave, Instruction> Wide(Func<ulong, ulong, ulong, ulong> operation) => (wave, instruction) =>
    {
        var low = wave.Scratch();
        var high = wave.Scratch();
        var a = new WideSource(wave, instruction, in instruction.Source0, instruction.Operation.Source0);
        var b = new WideSource(wave, instruction, in instruction.Source1, instruction.Operation.Source1);
        var c = instruction.Operation.Accumulates
            ? new WideSource(wave, instruction, Destination(instruction), instruction.Operation.Destination)
            : new WideSource(wave, instruction, in instruction.Source2, instruction.Operation.Source2);
        for (var lane = 0; lane < Wave.Lanes; lane++)
        {
            var result = operation(a[lane], b[lane], c[lane]);
            (low[lane], high[lane]) = ((uint)result, (uint)(result >> 32));
        }

        wave.Write(instruction, low);
        if (instruction.Operation.Destination.Words() == 2)
        {
            wave.Write(instruction, high, 1);
        }
    };

    /// <summary>The third source, or the destination where the operation accumulates into it.</summary>
    public static uint* ReadThird(Wave wave, Instruction instruction) => instruction.Operation.Accumulates
        ? wave.Read(instruction, Destination(instruction), instruction.Operation.Destination)
        : wave.Read(instruction, in instruction.Source2, instruction.Operation.Source2);

    public static Operand Destination(Instruction instruction) => new()
    {
        Kind = instruction.IsAccumulator ? OperandKind.Accumulator : OperandKind.Vector,
        Register = instruction.Destination,
    };

    /// <summary>A source of up to 64 bits.</summary>
    public readonly ref struct WideSource
    {
        private readonly uint* _low;
        private readonly uint* _high;

        public WideSource(Wave wave, Instruction instruction, in Operand operand, OperandType type)
        {
            _low = type == OperandType.None ? null : wave.Read(instruction, in operand, type);
            _high = type.Words() == 2 ? wave.Read(instruction, in operand, type, 1) : null;
        }

        public ulong this[int lane] => _low == null ? 0 : _high == null ? _low[lane] : _low[lane] | (ulong)_high[lane] << 32;
    }
}
