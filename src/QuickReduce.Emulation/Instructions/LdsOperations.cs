using System.Numerics;
using System.Runtime.CompilerServices;
using QuickReduce.Emulation.Execution;
using static QuickReduce.Emulation.Instructions.OperandType;

namespace QuickReduce.Emulation.Instructions;

/// <summary>Accesses to the memory that a workgroup shares (LDS), and exchanges between lanes that go through it.</summary>
internal static unsafe class LdsOperations
{
    public static void AddTo(OperationTable table)
    {
        Read(0x36, "ds_read_b32", 4);
        Read(0x76, "ds_read_b64", 8);
        Read(0xfe, "ds_read_b96", 12);
        Read(0xff, "ds_read_b128", 16);
        Read(0x3a, "ds_read_u8", 1);
        Read(0x3c, "ds_read_u16", 2);
        Write(0x1e, "ds_write_b8", 1);
        Write(0x1f, "ds_write_b16", 2);
        Write(0x0d, "ds_write_b32", 4);
        Write(0x4d, "ds_write_b64", 8);
        Write(0xde, "ds_write_b96", 12);
        Write(0xdf, "ds_write_b128", 16);
        table.Add(Encoding.Ds, 0x37, new Operation("ds_read2_b32", Bits64, Bits32, None, None, static (wave, instruction) => ReadTwo(wave, instruction, 4)));
        table.Add(Encoding.Ds, 0x77, new Operation("ds_read2_b64", Words4, Bits32, None, None, static (wave, instruction) => ReadTwo(wave, instruction, 8)));
        table.Add(Encoding.Ds, 0x0e, new Operation("ds_write2_b32", None, Bits32, Bits32, Bits32, static (wave, instruction) => WriteTwo(wave, instruction, 4)));
        table.Add(Encoding.Ds, 0x4e, new Operation("ds_write2_b64", None, Bits32, Bits64, Bits64, static (wave, instruction) => WriteTwo(wave, instruction, 8)));
        table.Add(Encoding.Ds, 0x3f, new Operation("ds_bpermute_b32", Bits32, Bits32, Bits32, None, PermuteBackward));

        void Read(int number, string name, int bytes) =>
            table.Add(Encoding.Ds, number, new Operation(name, GlobalOperations.Type((bytes + 3) / 4), Bits32, None, None, (wave, instruction) =>
            {
                Move(wave, instruction, in instruction.Source0, instruction.Immediate | instruction.SecondImmediate << 8, bytes, 0);
                Enqueue(wave, instruction, (bytes + 3) / 4);
            }));

        void Write(int number, string name, int bytes) =>
            table.Add(Encoding.Ds, number, new Operation(name, None, Bits32, GlobalOperations.Type((bytes + 3) / 4), None, (wave, instruction) =>
            {
                Store(wave, instruction, in instruction.Source1, instruction.Immediate | instruction.SecondImmediate << 8, bytes);
                Enqueue(wave, instruction, 0);
            }));
    }

    private static void ReadTwo(Wave wave, Instruction instruction, int bytes)
    {
        Move(wave, instruction, in instruction.Source0, instruction.Immediate * bytes, bytes, 0);
        Move(wave, instruction, in instruction.Source0, instruction.SecondImmediate * bytes, bytes, bytes / 4);
        Enqueue(wave, instruction, bytes / 2);
    }

    private static void WriteTwo(Wave wave, Instruction instruction, int bytes)
    {
        Store(wave, instruction, in instruction.Source1, instruction.Immediate * bytes, bytes);
        Store(wave, instruction, in instruction.Source2, instruction.SecondImmediate * bytes, bytes);
        Enqueue(wave, instruction, 0);
    }

    private static void Enqueue(Wave wave, Instruction instruction, int words) =>
        wave.Enqueue(isScalar: false, words == 0 ? 0 : wave.Number(instruction.Destination, instruction.IsAccumulator), words);

    /// <summary>Reads LDS into registers.</summary>
    private static void Move(Wave wave, Instruction instruction, in Operand address, int offset, int bytes, int firstWord)
    {
        var addresses = Addresses(wave, instruction, in address);
        var lds = wave.Workgroup.Lds;
        var words = (bytes + 3) / 4;
        var copy = stackalloc uint[Wave.Lanes];
        new ReadOnlySpan<uint>(addresses, Wave.Lanes).CopyTo(new Span<uint>(copy, Wave.Lanes)); // may be overwritten
        for (var word = 0; word < words; word++)
        {
            var target = wave.LoadTarget(instruction.Destination + firstWord + word, instruction.IsAccumulator);
            var defined = 0ul;
            for (var rest = wave.WriteMask; rest != 0; rest &= rest - 1)
            {
                var lane = BitOperations.TrailingZeroCount(rest);
                var at = lds.Require(copy[lane] + (uint)offset, bytes, "read") + 4 * word;
                target[lane] = bytes switch { 1 => lds.Data[at], 2 => Unsafe.ReadUnaligned<ushort>(lds.Data + at), _ => Unsafe.ReadUnaligned<uint>(lds.Data + at) };
                defined |= new ReadOnlySpan<byte>(lds.Defined + at, int.Min(4, bytes)).Contains((byte)0) ? 0 : 1ul << lane;
            }

            wave.Define(instruction.Destination + firstWord + word, instruction.IsAccumulator, wave.WriteMask, defined);
        }
    }

    private static void Store(Wave wave, Instruction instruction, in Operand data, int offset, int bytes)
    {
        var addresses = Addresses(wave, instruction, in instruction.Source0);
        var lds = wave.Workgroup.Lds;
        for (var word = 0; word < (bytes + 3) / 4; word++)
        {
            wave.Defined = ulong.MaxValue;
            var values = wave.Read(instruction, in data, Bits32, word);
            for (var rest = wave.WriteMask; rest != 0; rest &= rest - 1)
            {
                var lane = BitOperations.TrailingZeroCount(rest);
                var at = lds.Require(addresses[lane] + (uint)offset, bytes, "write") + 4 * word;
                for (var i = 0; i < int.Min(4, bytes); i++)
                {
                    lds.Data[at + i] = (byte)(values[lane] >> (8 * i));
                    lds.Defined[at + i] = (byte)(wave.Defined >> lane & 1);
                }
            }
        }

        wave.Workgroup.Dispatch.Machine.Memory.NoteChange();
    }

    private static uint* Addresses(Wave wave, Instruction instruction, in Operand address)
    {
        wave.Defined = ulong.MaxValue;
        var addresses = wave.Read(instruction, in address, Bits32);
        wave.RequireDefined(wave.WriteMask, "the LDS address");
        return addresses;
    }

    private static void PermuteBackward(Wave wave, Instruction instruction)
    {
        var addresses = wave.Read(instruction, in instruction.Source0, Bits32);
        wave.RequireDefined(wave.WriteMask, "the lane of ds_bpermute_b32");
        wave.Defined = ulong.MaxValue;
        var values = wave.Read(instruction, in instruction.Source1, Bits32);
        var result = wave.Scratch();
        var exec = wave.Exec;
        var defined = 0ul;
        for (var lane = 0; lane < Wave.Lanes; lane++)
        {
            var from = (int)((addresses[lane] + (uint)(instruction.Immediate | instruction.SecondImmediate << 8)) / 4 % Wave.Lanes);
            var isActive = (exec >> from & 1) != 0;
            result[lane] = isActive ? values[from] : 0;
            defined |= !isActive || (wave.Defined >> from & 1) != 0 ? 1ul << lane : 0;
        }

        wave.Defined = defined;
        wave.Write(instruction, result);
        Enqueue(wave, instruction, 1);
    }
}
