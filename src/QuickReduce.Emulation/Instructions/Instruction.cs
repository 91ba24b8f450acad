using QuickReduce.Emulation.Execution;

namespace QuickReduce.Emulation.Instructions;

/// <summary>The encodings of instructions (AMD, "CDNA3 Instruction Set Architecture", Microcode Formats).</summary>
internal enum Encoding
{
    Sop2,
    SopK,
    Sop1,
    SopC,
    SopP,
    Smem,
    Vop1,
    Vop2,
    VopC,
    Vop3,
    Vop3P,
    Ds,
    Flat,
    Mubuf,
}

/// <summary>How a vector instruction of the short encodings is written.</summary>
internal enum VectorForm : byte
{
    None,
    Short,
    Long,
    SubDword,
    DataParallel,
}

/// <summary>An operation of the instruction set: what is the same wherever it occurs.</summary>
/// <param name="Mnemonic">Its name, without the suffix of an encoding.</param>
/// <param name="Destination">What it writes.</param>
/// <param name="Source0">Its first source.</param>
/// <param name="Source1">Its second source.</param>
/// <param name="Source2">Its third source.</param>
/// <param name="Execute">What it does to a wave.</param>
internal sealed record Operation(
    string Mnemonic,
    OperandType Destination,
    OperandType Source0,
    OperandType Source1,
    OperandType Source2,
    Action<Wave, Instruction> Execute)
{
    /// <summary>Whether it also writes a bit for every lane: a carry, or a comparison's result.</summary>
    public bool WritesMask { get; init; }

    /// <summary>Whether the destination is a scalar register although the encoding is a vector one.</summary>
    public bool WritesScalar { get; init; }

    /// <summary>Whether the destination is a source as well.</summary>
    public bool Accumulates { get; init; }

    /// <summary>Whether each source is fp32 or a half, as the instruction says.</summary>
    public bool IsMixed { get; init; }

    /// <summary>The part of the destination that it writes, of operations that keep the rest.</summary>
    public Selection Written { get; init; } = Selection.Dword;

    /// <summary>The first processor that has it.</summary>
    public Processor Since { get; init; }

    public OperandType Source(int index) => index switch { 0 => Source0, 1 => Source1, _ => Source2 };
}

/// <summary>A decoded instruction.</summary>
internal sealed class Instruction
{
    public required Operation Operation { get; init; }

    public required Encoding Encoding { get; init; }

    /// <summary>Address relative to the start of the code, in bytes.</summary>
    public required int Address { get; init; }

    /// <summary>Its length, in 32-bit words.</summary>
    public int Words { get; set; } = 1;

    public VectorForm Form { get; set; }

    /// <summary>First destination register, vector or scalar as the operation says.</summary>
    public int Destination { get; set; }

    /// <summary>Whether the vector destination, or the data of a memory access, is in accumulation registers.</summary>
    public bool IsAccumulator { get; set; }

    /// <summary>Scalar register that takes a bit for every lane.</summary>
    public int MaskDestination { get; set; }

    public Operand Source0 = new();

    public Operand Source1 = new();

    public Operand Source2 = new();

    /// <summary>The immediate, or the offset of a memory access in bytes.</summary>
    public int Immediate { get; set; }

    /// <summary>Scalar loads: whether there is an immediate, which may be 0, beside a register's offset.</summary>
    public bool HasImmediate { get; set; }

    /// <summary>The second offset of an LDS access.</summary>
    public int SecondImmediate { get; set; }

    /// <summary>Packed operations: which half of each source the low result takes, a bit for each source.</summary>
    public int OperandSelect { get; set; }

    /// <summary>The same for the high result.</summary>
    public int OperandSelectHigh { get; set; }

    /// <summary>Packed operations: sources that are negated for the high result.</summary>
    public int NegateHigh { get; set; }

    /// <summary>Cache-scope and streaming bits of a memory access.</summary>
    public bool Scope0 { get; set; }

    public bool Scope1 { get; set; }

    public bool NonTemporal { get; set; }

    public Selection DestinationSelect { get; set; } = Selection.Dword;

    /// <summary>What becomes of the rest of a destination of which a part is written: 0 zeros, 1 sign, 2 kept.</summary>
    public int DestinationUnused { get; set; }

    public int DataParallelControl { get; set; }

    public int RowMask { get; set; } = 0xf;

    public int BankMask { get; set; } = 0xf;

    public bool ZeroesInvalidLanes { get; set; }

    /// <summary>Third operand of the truth-table operation, or what else only one operation has.</summary>
    public int Extra { get; set; }

    public bool IsWholeDestination => DestinationSelect == Selection.Dword;

    public override string ToString() => Disassembly.Text(this);
}
