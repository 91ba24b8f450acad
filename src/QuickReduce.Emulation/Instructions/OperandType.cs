namespace QuickReduce.Emulation.Instructions;

/// <summary>How an operation takes an operand.</summary>
internal enum OperandType
{
    None,

    /// <summary>32 bits: integers of both kinds, or just bits.</summary>
    Bits32,
    Float32,

    /// <summary>The low 16 bits of a register.</summary>
    Bits16,
    Float16,

    /// <summary>Two 16-bit values in a register.</summary>
    PackedBits16,
    PackedFloat16,

    /// <summary>64 bits in two registers.</summary>
    Bits64,
    Float64,

    /// <summary>Two fp32 values in two registers.</summary>
    PackedFloat32,

    /// <summary>A bit for every lane, in two scalar registers.</summary>
    LaneMask,

    Words3,
    Words4,
    Words8,
    Words16,
}

/// <summary>Facts about <see cref="OperandType"/>.</summary>
internal static class OperandTypes
{
    /// <summary>Registers that an operand takes.</summary>
    public static int Words(this OperandType type) => type switch
    {
        OperandType.None => 0,
        OperandType.Bits64 or OperandType.Float64 or OperandType.PackedFloat32 or OperandType.LaneMask => 2,
        OperandType.Words3 => 3,
        OperandType.Words4 => 4,
        OperandType.Words8 => 8,
        OperandType.Words16 => 16,
        _ => 1,
    };

    /// <summary>Whether the modifiers "negate" and "absolute value" apply.</summary>
    public static bool IsFloat(this OperandType type) =>
        type is OperandType.Float32 or OperandType.Float16 or OperandType.Float64 or OperandType.PackedFloat16 or OperandType.PackedFloat32;
}

/// <summary>The processors whose instructions are known.</summary>
internal enum Processor
{
    Gfx942,
    Gfx950,
}

/// <summary>Where an operand comes from.</summary>
internal enum OperandKind : byte
{
    None,
    Vector,
    Accumulator,
    Scalar,
    Constant,

    /// <summary>One of the bits that sources can name: VCC or EXEC is zero, SCC.</summary>
    Condition,
}

/// <summary>Which part of a register an operand is (SDWA).</summary>
internal enum Selection : byte
{
    Byte0,
    Byte1,
    Byte2,
    Byte3,
    Word0,
    Word1,
    Dword,
}

/// <summary>An operand of an instruction.</summary>
internal struct Operand
{
    public Operand() => Select = Selection.Dword;

    public OperandKind Kind { get; set; }

    /// <summary>Number of the (first) register, or the code of a condition.</summary>
    public int Register { get; set; }

    /// <summary>A constant's bits; of inline floating-point constants, as fp32.</summary>
    public uint Value { get; set; }

    /// <summary>Whether a constant is one of the floating-point ones that need no literal.</summary>
    public bool IsInlineFloat { get; set; }

    /// <summary>Whether a constant is a literal in the instruction stream.</summary>
    public bool IsLiteral { get; set; }

    public bool Negate { get; set; }

    public bool Absolute { get; set; }

    public Selection Select { get; set; }

    public bool SignExtend { get; set; }

    public readonly bool HasModifiers => Negate || Absolute || Select != Selection.Dword;
}
