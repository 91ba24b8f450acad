using QuickReduce.Emulation.Instructions;

namespace QuickReduce.Emulation.Execution;

/// <content>Scalar operands.</content>
internal sealed unsafe partial class Wave
{
    private const int ConditionVccZero = 251, ConditionExecZero = 252;

    public uint Scalar32(in Operand operand, out uint defined)
    {
        defined = uint.MaxValue;
        switch (operand.Kind)
        {
            case OperandKind.Constant:
                return operand.Value;
            case OperandKind.Condition:
                return Condition(operand.Register);
            default:
                RequireScalarArrived(operand.Register);
                defined = ScalarDefined[operand.Register];
                return Scalar[operand.Register];
        }
    }

    public ulong Scalar64(in Operand operand, OperandType type, out ulong defined)
    {
        defined = ulong.MaxValue;
        switch (operand.Kind)
        {
            case OperandKind.Constant:
                return WideConstant(operand, type);
            case OperandKind.Condition:
                return Condition(operand.Register);
            default:
                return ScalarPair(operand.Register, out defined);
        }
    }

    public ulong ScalarPair(int register, out ulong defined)
    {
        RequireScalarArrived(register);
        RequireScalarArrived(register + 1);
        defined = ScalarDefined[register] | (ulong)ScalarDefined[register + 1] << 32;
        return Scalar[register] | (ulong)Scalar[register + 1] << 32;
    }

    /// <summary>Writes a scalar register. EXEC must be defined: what runs hangs on it.</summary>
    public void SetScalar(int register, uint value, uint defined)
    {
        RequireScalarArrived(register);
        if (register >= ExecRegister && defined != uint.MaxValue)
        {
            throw new Fault(EmulationProblem.UndefinedValue, "EXEC is undefined");
        }

        Scalar[register] = value;
        ScalarDefined[register] = defined;
    }

    public void SetScalarPair(int register, ulong value, ulong defined)
    {
        SetScalar(register, (uint)value, (uint)defined);
        SetScalar(register + 1, (uint)(value >> 32), (uint)(defined >> 32));
    }

    /// <summary>Writes a bit for every lane: defined where what the instruction has read in the lane is, or where it is not active.</summary>
    public void SetLaneMask(int register, ulong mask) => SetScalarPair(register, mask, Defined | ~WriteMask);

    public void RequireScalarArrived(int register)
    {
        if (HasAccessesInFlight)
        {
            RequireArrived(register, isScalar: true);
        }
    }

    /// <summary>A constant as a 64-bit operand: integers are sign-extended, floating-point ones are doubles.</summary>
    private static ulong WideConstant(in Operand operand, OperandType type)
    {
        if (operand.IsInlineFloat)
        {
            return type == OperandType.PackedFloat32 ? operand.Value : BitConverter.DoubleToUInt64Bits(BitConverter.UInt32BitsToSingle(operand.Value));
        }

        if (operand.IsLiteral)
        {
            return type == OperandType.Float64 ? (ulong)operand.Value << 32 : operand.Value;
        }

        return (ulong)(int)operand.Value;
    }

    private uint Condition(int code)
    {
        if (code == ConditionVccZero)
        {
            return ScalarPair(Vcc, out _) == 0 ? 1u : 0;
        }

        return code == ConditionExecZero ? (Exec == 0 ? 1u : 0) : (Scc ? 1u : 0);
    }
}
