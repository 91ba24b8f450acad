using System.Runtime.CompilerServices;
using QuickReduce.Emulation.Execution;
using static QuickReduce.Emulation.Instructions.OperandType;

namespace QuickReduce.Emulation.Instructions;

/// <summary>Scalar loads.</summary>
internal static unsafe class ScalarMemoryOperations
{
    public static void AddTo(OperationTable table)
    {
        Load(0x00, "s_load_dword", 1);
        Load(0x01, "s_load_dwordx2", 2);
        Load(0x02, "s_load_dwordx4", 4);
        Load(0x03, "s_load_dwordx8", 8);
        Load(0x04, "s_load_dwordx16", 16);
        table.Add(Encoding.Smem, 0x20, new Operation("s_dcache_inv", None, None, None, None, static (_, _) => { }));
        table.Add(Encoding.Smem, 0x21, new Operation("s_dcache_wb", None, None, None, None, static (_, _) => { }));

        void Load(int number, string name, int words) =>
            table.Add(Encoding.Smem, number, new Operation(name, GlobalOperations.Type(words), Bits64, None, None, (wave, instruction) => Execute(wave, instruction, words)));
    }

    private static void Execute(Wave wave, Instruction instruction, int words)
    {
        var start = wave.ScalarPair(instruction.Source0.Register, out var defined);
        var offset = instruction.Source1.Kind == OperandKind.None ? 0 : wave.Scalar32(in instruction.Source1, out _);
        ScalarForms.RequireDefined(defined, "the address of a scalar load");
        var address = (start + offset + (ulong)instruction.Immediate) & ~3ul;
        var bytes = (ulong)words * sizeof(uint);
        var machine = wave.Workgroup.Dispatch.Machine;
        machine.Memory.Settle(wave.Workgroup, address, address + bytes);
        var allocation = machine.Space.Require(address, bytes, "scalar load");
        var at = address - allocation.Address;
        for (var word = 0; word < words; word++)
        {
            var isDefined = Unsafe.ReadUnaligned<uint>(allocation.Defined + at + 4 * word) == 0x01010101;
            wave.SetScalar(instruction.Destination + word, Unsafe.ReadUnaligned<uint>(allocation.Data + at + 4 * word), isDefined ? uint.MaxValue : 0);
        }

        wave.Enqueue(isScalar: true, instruction.Destination, words);
    }
}
