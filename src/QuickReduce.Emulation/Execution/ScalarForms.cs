using QuickReduce.Emulation.Instructions;

namespace QuickReduce.Emulation.Execution;

/// <summary>An operation on two scalars; gives the result and what SCC becomes.</summary>
internal delegate (ulong Result, bool Scc) ScalarFunction(ulong a, ulong b, bool scc);

/// <summary>How scalar operations read, write, and carry along what is defined.</summary>
internal static class ScalarForms
{
    /// <summary>Up to two sources and a destination, of which all bits are defined if all of the sources are.</summary>
    /// <param name="setsScc">Whether SCC is written.</param>
    /// <param name="operation">The operation.</param>
    public static Action<Wave, Instruction> Of(bool setsScc, ScalarFunction operation) => (wave, instruction) =>
    {
        var a = Read(wave, in instruction.Source0, instruction.Operation.Source0, out var aDefined);
        var b = Read(wave, in instruction.Source1, instruction.Operation.Source1, out var bDefined);
        var (result, scc) = operation(a, b, wave.Scc);
        Write(wave, instruction, result, (aDefined & bDefined) == ulong.MaxValue ? ulong.MaxValue : 0);
        if (setsScc)
        {
            wave.Scc = scc;
        }
    };

    /// <summary>A bitwise operation: SCC says whether the result is not zero; bits are defined one by one.</summary>
    public static Action<Wave, Instruction> Bitwise(Func<ulong, ulong, ulong> operation) => (wave, instruction) =>
    {
        var type = instruction.Operation.Source0;
        var a = Read(wave, in instruction.Source0, type, out var aDefined);
        var b = Read(wave, in instruction.Source1, instruction.Operation.Source1, out var bDefined);
        var result = operation(a, b);
        Write(wave, instruction, result, BitsDefined(operation, a, aDefined, b, bDefined));
        wave.Scc = (type.Words() == 2 ? result : (uint)result) != 0;
    };

    /// <summary>The result goes to EXEC, and what EXEC was to the destination.</summary>
    public static Action<Wave, Instruction> SaveExec(Func<ulong, ulong, ulong> operation) => (wave, instruction) =>
    {
        var a = Read(wave, in instruction.Source0, OperandType.Bits64, out var defined);
        var exec = wave.Exec;
        var result = operation(a, exec);
        wave.SetScalarPair(instruction.Destination, exec, ulong.MaxValue);
        wave.SetScalarPair(Wave.ExecRegister, result, BitsDefined(operation, a, defined, exec, ulong.MaxValue));
        wave.Scc = result != 0;
    };

    /// <summary>The result goes to EXEC and to the destination.</summary>
    public static Action<Wave, Instruction> WriteExec(Func<ulong, ulong, ulong> operation) => (wave, instruction) =>
    {
        var a = Read(wave, in instruction.Source0, OperandType.Bits64, out var defined);
        var exec = wave.Exec;
        var result = operation(a, exec);
        wave.SetScalarPair(Wave.ExecRegister, result, BitsDefined(operation, a, defined, exec, ulong.MaxValue));
        wave.SetScalarPair(instruction.Destination, result, ulong.MaxValue);
        wave.Scc = result != 0;
    };

    /// <summary>A comparison: SCC is the result, which must be defined, since it is there to branch on.</summary>
    public static Action<Wave, Instruction> Compare(Func<ulong, ulong, bool> comparison) => (wave, instruction) =>
    {
        var a = Read(wave, in instruction.Source0, instruction.Operation.Source0, out var aDefined);
        var b = Read(wave, in instruction.Source1, instruction.Operation.Source1, out var bDefined);
        RequireDefined(aDefined & bDefined, "what " + instruction.Operation.Mnemonic + " compares");
        wave.Scc = comparison(a, b);
    };

    public static ulong Read(Wave wave, in Operand operand, OperandType type, out ulong defined)
    {
        switch (type.Words())
        {
            case 0:
                defined = ulong.MaxValue;
                return 0;
            case 2:
                return wave.Scalar64(operand, type, out defined);
            default:
                var value = wave.Scalar32(operand, out var lowDefined);
                defined = lowDefined | 0xffffffff00000000;
                return value;
        }
    }

    public static void Write(Wave wave, Instruction instruction, ulong value, ulong defined)
    {
        if (instruction.Operation.Destination.Words() == 2)
        {
            wave.SetScalarPair(instruction.Destination, value, defined);
        }
        else
        {
            wave.SetScalar(instruction.Destination, (uint)value, (uint)defined);
        }
    }

    public static void RequireDefined(ulong defined, string what)
    {
        if (defined != ulong.MaxValue)
        {
            throw new Fault(EmulationProblem.UndefinedValue, what + " is undefined: computed from a register or memory that nobody has written");
        }
    }

    /// <summary>Bits of a bitwise operation's result that do not hang on undefined bits of its operands.</summary>
    private static ulong BitsDefined(Func<ulong, ulong, ulong> operation, ulong a, ulong aDefined, ulong b, ulong bDefined)
    {
        if ((aDefined & bDefined) == ulong.MaxValue)
        {
            return ulong.MaxValue;
        }

        var (a0, a1) = (a & aDefined, a | ~aDefined);
        var (b0, b1) = (b & bDefined, b | ~bDefined);
        var (first, second, third, fourth) = (operation(a0, b0), operation(a0, b1), operation(a1, b0), operation(a1, b1));
        return ~((first ^ second) | (first ^ third) | (first ^ fourth));
    }
}
