using System.Buffers.Binary;
using System.Globalization;

namespace QuickReduce.Emulation.Instructions;

/// <summary>
/// Decodes the instruction stream of gfx942 and gfx950 (AMD, "AMD Instinct MI300 Instruction Set Architecture", Microcode
/// Formats). What is not known is an error, never skipped.
/// </summary>
internal ref partial struct Decoder
{
    private const int LiteralCode = 255, SubDwordCode = 249, DataParallelCode = 250, FirstVectorCode = 256;

    private readonly ReadOnlySpan<byte> _code;
    private readonly Processor _processor;
    private int _address;
    private int _literalWords;

    private Decoder(ReadOnlySpan<byte> code, Processor processor)
    {
        _code = code;
        _processor = processor;
    }

    /// <summary>Decodes one instruction.</summary>
    /// <param name="code">The code.</param>
    /// <param name="address">Where in it, in bytes.</param>
    /// <param name="processor">The processor it is compiled for.</param>
    /// <exception cref="UnknownInstructionException">It is not known.</exception>
    public static Instruction Decode(ReadOnlySpan<byte> code, int address, Processor processor) => new Decoder(code, processor).Next(address);

    private Instruction Next(int address)
    {
        _address = address;
        _literalWords = 0;
        var word = Word(0);
        var instruction = word >> 31 == 0 ? ShortVector(word) : (word >> 26) switch
        {
            0b110000 => ScalarMemory(word),
            0b110100 => (word >> 23 & 7) == 7 ? Packed(word) : LongVector(word),
            0b110110 => Lds(word),
            0b110111 => Flat(word),
            0b111000 => Buffer(word),
            _ => word >> 30 == 2 ? Scalar(word) : throw Unknown("an unknown encoding"),
        };
        instruction.Words += _literalWords;
        return instruction;
    }

    private Instruction Scalar(uint word)
    {
        if (word >> 23 == 0b101111101)
        {
            var one = New(Encoding.Sop1, Bits(word, 8, 8));
            one.Destination = Bits(word, 16, 7);
            one.Source0 = Source(Bits(word, 0, 8), one.Operation.Source0);
            return one;
        }

        if (word >> 23 == 0b101111110)
        {
            var compare = New(Encoding.SopC, Bits(word, 16, 7));
            compare.Source0 = Source(Bits(word, 0, 8), compare.Operation.Source0);
            compare.Source1 = Source(Bits(word, 8, 8), compare.Operation.Source1);
            return compare;
        }

        if (word >> 23 == 0b101111111)
        {
            var program = New(Encoding.SopP, Bits(word, 16, 7));
            program.Immediate = (ushort)word;
            return program;
        }

        if (word >> 28 == 0b1011)
        {
            var constant = New(Encoding.SopK, Bits(word, 23, 5));
            constant.Destination = Bits(word, 16, 7);
            constant.Immediate = (short)word;
            return constant;
        }

        var two = New(Encoding.Sop2, Bits(word, 23, 7));
        two.Destination = Bits(word, 16, 7);
        two.Source0 = Source(Bits(word, 0, 8), two.Operation.Source0);
        two.Source1 = Source(Bits(word, 8, 8), two.Operation.Source1);
        return two;
    }

    private Instruction ScalarMemory(uint word)
    {
        var instruction = New(Encoding.Smem, Bits(word, 18, 8));
        var second = Word(1);
        instruction.Words = 2;
        instruction.Destination = Bits(word, 6, 7);
        instruction.Source0 = new Operand { Kind = OperandKind.Scalar, Register = Bits(word, 0, 6) * 2 };
        if ((word >> 14 & 1) != 0)
        {
            instruction.Source1 = Source(Bits(second, 25, 7), OperandType.Bits32);
        }
        else if ((word >> 17 & 1) == 0)
        {
            instruction.Source1 = Source(Bits(second, 0, 7), OperandType.Bits32);
            return instruction;
        }

        if ((word >> 17 & 1) != 0)
        {
            instruction.Immediate = (int)(second << 11) >> 11;
            instruction.HasImmediate = true;
        }

        return instruction;
    }

    private Instruction Lds(uint word)
    {
        var instruction = New(Encoding.Ds, Bits(word, 17, 8));
        var second = Word(1);
        Require((word >> 16 & 1) == 0, "global data share");
        instruction.Words = 2;
        instruction.Immediate = Bits(word, 0, 8);
        instruction.SecondImmediate = Bits(word, 8, 8);
        instruction.IsAccumulator = (word >> 25 & 1) != 0;
        instruction.Source0 = Vector(Bits(second, 0, 8));
        var data = instruction.IsAccumulator ? OperandKind.Accumulator : OperandKind.Vector;
        instruction.Source1 = new Operand { Kind = data, Register = Bits(second, 8, 8) };
        instruction.Source2 = new Operand { Kind = data, Register = Bits(second, 16, 8) };
        instruction.Destination = Bits(second, 24, 8);
        return instruction;
    }

    private Instruction Flat(uint word)
    {
        const int NoScalarAddress = 0x7f;
        var instruction = New(Encoding.Flat, Bits(word, 18, 7));
        var second = Word(1);
        Require(Bits(word, 14, 2) == 2, "an access that is not global (flat or scratch)");
        Require((word >> 13 & 1) == 0, "a load into LDS");
        instruction.Words = 2;
        instruction.Immediate = (int)(word << 19) >> 19;
        instruction.Scope0 = (word >> 16 & 1) != 0;
        instruction.NonTemporal = (word >> 17 & 1) != 0;
        instruction.Scope1 = (word >> 25 & 1) != 0;
        instruction.IsAccumulator = (second >> 23 & 1) != 0;
        instruction.Source0 = Vector(Bits(second, 0, 8));
        instruction.Source1 = new Operand { Kind = instruction.IsAccumulator ? OperandKind.Accumulator : OperandKind.Vector, Register = Bits(second, 8, 8) };
        instruction.Destination = Bits(second, 24, 8);
        if (Bits(second, 16, 7) is var scalar and not NoScalarAddress)
        {
            instruction.Source2 = new Operand { Kind = OperandKind.Scalar, Register = scalar };
        }

        return instruction;
    }

    private Instruction Buffer(uint word)
    {
        var instruction = New(Encoding.Mubuf, Bits(word, 18, 7));
        instruction.Words = 2;
        instruction.Scope0 = (word >> 14 & 1) != 0;
        instruction.Scope1 = (word >> 15 & 1) != 0;
        instruction.NonTemporal = (word >> 17 & 1) != 0;
        return instruction;
    }

    private readonly Instruction New(Encoding encoding, int number) =>
        New(OperationTable.Instance.Find(encoding, number) ?? throw Unknown("unknown operation " + number.ToString(CultureInfo.InvariantCulture) + " of encoding " + encoding.ToString().ToUpperInvariant()), encoding);

    private readonly Instruction New(Operation operation, Encoding encoding)
    {
        Require(operation.Since <= _processor, operation.Mnemonic + " on " + _processor.ToString().ToLowerInvariant());
        return new Instruction { Operation = operation, Encoding = encoding, Address = _address };
    }

    /// <summary>A source in its usual code of 8 or 9 bits.</summary>
    private Operand Source(int code, OperandType type)
    {
        if (type == OperandType.None)
        {
            return new Operand();
        }

        switch (code)
        {
            case >= FirstVectorCode:
                return Vector(code - FirstVectorCode);
            case < 128:
                return new Operand { Kind = OperandKind.Scalar, Register = code };
            case <= 192:
                return Constant((uint)(code - 128));
            case <= 208:
                return Constant((uint)(192 - code));
            case >= 240 and <= 248:
                return new Operand { Kind = OperandKind.Constant, Value = InlineFloat(code), IsInlineFloat = true };
            case 251 or 252 or 253:
                return new Operand { Kind = OperandKind.Condition, Register = code };
            case LiteralCode:
                _literalWords = 1;
                return new Operand { Kind = OperandKind.Constant, Value = Word(1), IsLiteral = true };
            default:
                throw Unknown("an unknown source, code " + code.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static uint InlineFloat(int code) => BitConverter.SingleToUInt32Bits(code switch
    {
        240 => 0.5f,
        241 => -0.5f,
        242 => 1,
        243 => -1,
        244 => 2,
        245 => -2,
        246 => 4,
        247 => -4,
        _ => 0.15915494f,
    });

    private static Operand Vector(int register) => new() { Kind = OperandKind.Vector, Register = register };

    private static Operand Constant(uint value) => new() { Kind = OperandKind.Constant, Value = value };

    private readonly uint Word(int index)
    {
        var at = _address + 4 * index;
        return at + 4 <= _code.Length
            ? BinaryPrimitives.ReadUInt32LittleEndian(_code[at..])
            : throw Unknown("the code ends within an instruction");
    }

    private readonly void Require(bool condition, string otherwise)
    {
        if (!condition)
        {
            throw Unknown("not modelled: " + otherwise);
        }
    }

    private readonly UnknownInstructionException Unknown(string what) => new(
        _address,
        what + " (word 0x" + (_address + 4 <= _code.Length ? BinaryPrimitives.ReadUInt32LittleEndian(_code[_address..]) : 0).ToString("x8", CultureInfo.InvariantCulture) + " at 0x" + _address.ToString("x", CultureInfo.InvariantCulture) + ")");

    private static int Bits(uint word, int first, int count) => (int)(word >> first & ((1u << count) - 1));
}
