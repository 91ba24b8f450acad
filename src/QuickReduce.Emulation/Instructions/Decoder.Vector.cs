namespace QuickReduce.Emulation.Instructions;

/// <content>The vector encodings.</content>
internal ref partial struct Decoder
{
    private const int VccRegister = 106;

    /// <summary>VOP1, VOP2 and VOPC, with what may follow: a literal, SDWA, DPP.</summary>
    private Instruction ShortVector(uint word)
    {
        var (encoding, number) = (word >> 25) switch
        {
            0x3f => (Encoding.Vop1, Bits(word, 9, 8)),
            0x3e => (Encoding.VopC, Bits(word, 17, 8)),
            _ => (Encoding.Vop2, Bits(word, 25, 6)),
        };
        var instruction = New(encoding, number);
        var operation = instruction.Operation;
        instruction.Form = VectorForm.Short;
        instruction.Destination = Bits(word, 17, 8);
        instruction.MaskDestination = VccRegister;
        switch (Bits(word, 0, 9))
        {
            case SubDwordCode:
                SubDword(instruction);
                break;
            case DataParallelCode:
                DataParallel(instruction);
                break;
            case var code:
                instruction.Source0 = Source(code, operation.Source0);
                break;
        }

        if (encoding == Encoding.Vop1)
        {
            return instruction;
        }

        if (instruction.Form != VectorForm.SubDword)
        {
            var (negate, absolute) = (instruction.Source1.Negate, instruction.Source1.Absolute);
            instruction.Source1 = Vector(Bits(word, 9, 8));
            (instruction.Source1.Negate, instruction.Source1.Absolute) = (negate, absolute);
        }
        else
        {
            instruction.Source1.Register = Bits(word, 9, 8);
            if (instruction.Source1.Kind == OperandKind.Scalar)
            {
                var modifiers = instruction.Source1;
                instruction.Source1 = Source(Bits(word, 9, 8), operation.Source1);
                (instruction.Source1.Select, instruction.Source1.SignExtend) = (modifiers.Select, modifiers.SignExtend);
                (instruction.Source1.Negate, instruction.Source1.Absolute) = (modifiers.Negate, modifiers.Absolute);
            }
        }

        if (operation.Source2 == OperandType.LaneMask)
        {
            instruction.Source2 = new Operand { Kind = OperandKind.Scalar, Register = VccRegister };
        }

        return instruction;
    }

    private readonly void SubDword(Instruction instruction)
    {
        var control = Word(1);
        instruction.Words = 2;
        instruction.Form = VectorForm.SubDword;
        instruction.Source0 = new Operand
        {
            Kind = Bits(control, 23, 1) != 0 ? OperandKind.Scalar : OperandKind.Vector,
            Register = Bits(control, 0, 8),
            Select = Part(Bits(control, 16, 3)),
            SignExtend = Bits(control, 19, 1) != 0,
            Negate = Bits(control, 20, 1) != 0,
            Absolute = Bits(control, 21, 1) != 0,
        };
        instruction.Source1 = new Operand
        {
            Kind = Bits(control, 31, 1) != 0 ? OperandKind.Scalar : OperandKind.Vector,
            Select = Part(Bits(control, 24, 3)),
            SignExtend = Bits(control, 27, 1) != 0,
            Negate = Bits(control, 28, 1) != 0,
            Absolute = Bits(control, 29, 1) != 0,
        };
        if (instruction.Encoding == Encoding.VopC)
        {
            instruction.MaskDestination = Bits(control, 15, 1) != 0 ? Bits(control, 8, 7) : VccRegister;
            return;
        }

        Require(Bits(control, 13, 3) == 0, "output modifiers");
        instruction.DestinationSelect = Part(Bits(control, 8, 3));
        instruction.DestinationUnused = Bits(control, 11, 2);
    }

    private readonly Selection Part(int code)
    {
        Require(code <= (int)Selection.Dword, "an unknown part of a register");
        return (Selection)code;
    }

    private readonly void DataParallel(Instruction instruction)
    {
        var control = Word(1);
        instruction.Words = 2;
        instruction.Form = VectorForm.DataParallel;
        instruction.Source0 = Vector(Bits(control, 0, 8));
        (instruction.Source0.Negate, instruction.Source0.Absolute) = (Bits(control, 20, 1) != 0, Bits(control, 21, 1) != 0);
        (instruction.Source1.Negate, instruction.Source1.Absolute) = (Bits(control, 22, 1) != 0, Bits(control, 23, 1) != 0);
        instruction.DataParallelControl = Bits(control, 8, 9);
        instruction.ZeroesInvalidLanes = Bits(control, 19, 1) != 0;
        instruction.BankMask = Bits(control, 24, 4);
        instruction.RowMask = Bits(control, 28, 4);
        Require(Execution.LaneExchange.IsKnown(instruction.DataParallelControl), "DPP control 0x" + instruction.DataParallelControl.ToString("x", System.Globalization.CultureInfo.InvariantCulture));
    }

    /// <summary>VOP3, in both of its layouts.</summary>
    private Instruction LongVector(uint word)
    {
        var number = Bits(word, 16, 10);
        var operation = OperationTable.Instance.FindVop3(number, out var own) ?? throw Unknown("unknown operation " + number.ToString(System.Globalization.CultureInfo.InvariantCulture) + " of encoding VOP3");
        var instruction = New(operation, own);
        var second = Word(1);
        instruction.Words = 2;
        instruction.Form = own == Encoding.Vop3 ? VectorForm.None : VectorForm.Long;
        instruction.Destination = Bits(word, 0, 8);
        instruction.MaskDestination = instruction.Destination;
        instruction.Source0 = Source(Bits(second, 0, 9), operation.Source0);
        instruction.Source1 = Source(Bits(second, 9, 9), operation.Source1);
        instruction.Source2 = Source(Bits(second, 18, 9), operation.Source2);
        Require(_literalWords == 0, "a literal in VOP3");
        if (operation.Mnemonic == "v_bitop3_b32")
        {
            // The truth table takes the place of the modifiers.
            instruction.Extra = Bits(second, 27, 2) << 6 | Bits(word, 8, 3) << 3 | Bits(second, 29, 3);
            return instruction;
        }

        Require(Bits(word, 15, 1) == 0 && Bits(second, 27, 2) == 0, "output modifiers");
        var negate = Bits(second, 29, 3);
        var hasSecondDestination = operation.WritesMask && own != Encoding.VopC;
        if (hasSecondDestination)
        {
            instruction.MaskDestination = Bits(word, 8, 7);
        }
        else
        {
            var absolute = Bits(word, 8, 3);
            instruction.Source0.Absolute = (absolute & 1) != 0;
            instruction.Source1.Absolute = (absolute & 2) != 0;
            instruction.Source2.Absolute = (absolute & 4) != 0;
            instruction.OperandSelect = Bits(word, 11, 4);
            Require(instruction.OperandSelect == 0, "op_sel of 16-bit operations");
        }

        instruction.Source0.Negate = (negate & 1) != 0;
        instruction.Source1.Negate = (negate & 2) != 0;
        instruction.Source2.Negate = (negate & 4) != 0;
        return instruction;
    }

    private Instruction Packed(uint word)
    {
        var instruction = New(Encoding.Vop3P, Bits(word, 16, 7));
        var operation = instruction.Operation;
        var second = Word(1);
        instruction.Words = 2;
        instruction.Destination = Bits(word, 0, 8);
        instruction.Source0 = Source(Bits(second, 0, 9), operation.Source0);
        instruction.Source1 = Source(Bits(second, 9, 9), operation.Source1);
        instruction.Source2 = Source(Bits(second, 18, 9), operation.Source2);
        Require(_literalWords == 0, "a literal in VOP3P");
        Require(Bits(word, 15, 1) == 0, "output modifiers");
        instruction.OperandSelect = Bits(word, 11, 3);
        instruction.OperandSelectHigh = Bits(word, 14, 1) << 2 | Bits(second, 27, 2);
        var upper = Bits(word, 8, 3);
        if (operation.IsMixed)
        {
            instruction.Source0.Absolute = (upper & 1) != 0;
            instruction.Source1.Absolute = (upper & 2) != 0;
            instruction.Source2.Absolute = (upper & 4) != 0;
        }
        else
        {
            instruction.NegateHigh = upper;
        }

        var negate = Bits(second, 29, 3);
        instruction.Source0.Negate = (negate & 1) != 0;
        instruction.Source1.Negate = (negate & 2) != 0;
        instruction.Source2.Negate = (negate & 4) != 0;
        switch (operation.Mnemonic)
        {
            case "v_accvgpr_read_b32":
                instruction.Source0.Kind = OperandKind.Accumulator;
                break;
            case "v_accvgpr_write_b32":
                instruction.IsAccumulator = true;
                break;
        }

        return instruction;
    }
}
