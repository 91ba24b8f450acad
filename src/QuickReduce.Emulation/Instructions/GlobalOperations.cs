using System.Numerics;
using System.Runtime.CompilerServices;
using QuickReduce.Emulation.Execution;
using QuickReduce.Emulation.Memory;
using static QuickReduce.Emulation.Instructions.OperandType;

namespace QuickReduce.Emulation.Instructions;

/// <summary>Loads, stores and atomic operations on global memory, and cache control.</summary>
internal static unsafe class GlobalOperations
{
    public static void AddTo(OperationTable table)
    {
        Load(0x10, "ubyte", new MemoryShape(1));
        Load(0x11, "sbyte", new MemoryShape(1, IsSigned: true));
        Load(0x12, "ushort", new MemoryShape(2));
        Load(0x13, "sshort", new MemoryShape(2, IsSigned: true));
        Load(0x14, "dword", new MemoryShape(4));
        Load(0x15, "dwordx2", new MemoryShape(8));
        Load(0x16, "dwordx3", new MemoryShape(12));
        Load(0x17, "dwordx4", new MemoryShape(16));
        Load(0x20, "ubyte_d16", new MemoryShape(1, KeepsRest: true));
        Load(0x21, "ubyte_d16_hi", new MemoryShape(1, KeepsRest: true, IsHigh: true));
        Load(0x22, "sbyte_d16", new MemoryShape(1, IsSigned: true, KeepsRest: true));
        Load(0x23, "sbyte_d16_hi", new MemoryShape(1, IsSigned: true, KeepsRest: true, IsHigh: true));
        Load(0x24, "short_d16", new MemoryShape(2, KeepsRest: true));
        Load(0x25, "short_d16_hi", new MemoryShape(2, KeepsRest: true, IsHigh: true));
        Store(0x18, "byte", new MemoryShape(1));
        Store(0x19, "byte_d16_hi", new MemoryShape(1, IsHigh: true));
        Store(0x1a, "short", new MemoryShape(2));
        Store(0x1b, "short_d16_hi", new MemoryShape(2, IsHigh: true));
        Store(0x1c, "dword", new MemoryShape(4));
        Store(0x1d, "dwordx2", new MemoryShape(8));
        Store(0x1e, "dwordx3", new MemoryShape(12));
        Store(0x1f, "dwordx4", new MemoryShape(16));
        Atomic(0x00, "swap", static (_, data) => data);
        Atomic(0x02, "add", static (old, data) => old + data);
        Atomic(0x03, "sub", static (old, data) => old - data);
        Atomic(0x08, "and", static (old, data) => old & data);
        Atomic(0x09, "or", static (old, data) => old | data);
        Atomic(0x0a, "xor", static (old, data) => old ^ data);
        Atomic(0x05, "umin", ulong.Min);
        Atomic(0x07, "umax", ulong.Max);
        Cache(0x28, "buffer_wbl2");
        Cache(0x29, "buffer_inv");

        void Load(int number, string name, MemoryShape shape) =>
            table.Add(Encoding.Flat, number, new Operation("global_load_" + name, Type(shape.Words), Bits64, None, None, (wave, instruction) => Access(wave, instruction, AccessKind.Load, shape)));

        void Store(int number, string name, MemoryShape shape) =>
            table.Add(Encoding.Flat, number, new Operation("global_store_" + name, None, Bits64, Type(shape.Words), None, (wave, instruction) => Access(wave, instruction, AccessKind.Store, shape)));

        void Atomic(int number, string name, Func<ulong, ulong, ulong> operation)
        {
            table.Add(Encoding.Flat, 0x40 + number, new Operation("global_atomic_" + name, Bits32, Bits64, Bits32, None, (wave, instruction) => AtomicAccess(wave, instruction, operation, 4)));
            table.Add(Encoding.Flat, 0x60 + number, new Operation("global_atomic_" + name + "_x2", Bits64, Bits64, Bits64, None, (wave, instruction) => AtomicAccess(wave, instruction, operation, 8)));
        }

        // There are no caches here: only the wait for it counts.
        void Cache(int number, string name) => table.Add(Encoding.Mubuf, number, new Operation(name, None, None, None, None, static (wave, instruction) =>
        {
            var memory = wave.Workgroup.Dispatch.Machine.Memory;
            var access = memory.New(wave, instruction, AccessKind.Other, default);
            memory.Issue(access);
            wave.Enqueue(access);
        }));
    }

    public static OperandType Type(int words) => words switch { 1 => Bits32, 2 => Bits64, 3 => Words3, 4 => Words4, 8 => Words8, _ => Words16 };

    private static void Access(Wave wave, Instruction instruction, AccessKind kind, MemoryShape shape)
    {
        var memory = wave.Workgroup.Dispatch.Machine.Memory;
        var access = memory.New(wave, instruction, kind, shape);
        Addresses(wave, instruction, access.Addresses);
        if (kind == AccessKind.Store)
        {
            for (var word = 0; word < shape.Words; word++)
            {
                wave.Defined = ulong.MaxValue;
                var data = wave.Read(instruction, in instruction.Source1, Bits32, word);
                new ReadOnlySpan<uint>(data, Wave.Lanes).CopyTo(access.Data.AsSpan(word * Wave.Lanes, Wave.Lanes));
                access.DataDefined[word] = wave.Defined;
            }
        }

        memory.Issue(access);
        wave.Enqueue(access);

        // A load at system scope looks for what others write: it is their turn.
        wave.Yields |= kind == AccessKind.Load && instruction is { Scope0: true, Scope1: true };
    }

    private static void Addresses(Wave wave, Instruction instruction, ulong[] addresses)
    {
        if (instruction.Source2.Kind == OperandKind.Scalar)
        {
            var start = wave.ScalarPair(instruction.Source2.Register, out var defined);
            ScalarForms.RequireDefined(defined, "the scalar address");
            var offsets = wave.Read(instruction, in instruction.Source0, Bits32);
            wave.RequireDefined(wave.WriteMask, "the address");
            for (var lane = 0; lane < Wave.Lanes; lane++)
            {
                addresses[lane] = start + offsets[lane] + (ulong)instruction.Immediate;
            }

            return;
        }

        var low = wave.Read(instruction, in instruction.Source0, Bits64);
        var high = wave.Read(instruction, in instruction.Source0, Bits64, 1);
        wave.RequireDefined(wave.WriteMask, "the address");
        for (var lane = 0; lane < Wave.Lanes; lane++)
        {
            addresses[lane] = (low[lane] | (ulong)high[lane] << 32) + (ulong)instruction.Immediate;
        }
    }

    /// <summary>Done at once, lane by lane; SC0 asks for the value that was there.</summary>
    private static void AtomicAccess(Wave wave, Instruction instruction, Func<ulong, ulong, ulong> operation, int bytes)
    {
        var machine = wave.Workgroup.Dispatch.Machine;
        var access = machine.Memory.New(wave, instruction, AccessKind.Other, new MemoryShape(bytes));
        Addresses(wave, instruction, access.Addresses);
        var data = new VectorForms.WideSource(wave, instruction, in instruction.Source1, bytes == 8 ? Bits64 : Bits32);
        wave.RequireDefined(wave.WriteMask, "what an atomic operation takes");
        var target = instruction.Scope0 ? wave.LoadTarget(instruction.Destination, instruction.IsAccumulator) : null;
        for (var rest = wave.WriteMask; rest != 0; rest &= rest - 1)
        {
            var lane = BitOperations.TrailingZeroCount(rest);
            var address = access.Addresses[lane];
            machine.Memory.Settle(wave.Workgroup, address, address + (ulong)bytes);
            var allocation = machine.Space.Require(address, (ulong)bytes, "atomic operation");
            var place = allocation.Data + (address - allocation.Address);
            var defined = allocation.Defined + (address - allocation.Address);
            ScalarForms.RequireDefined(new ReadOnlySpan<byte>(defined, bytes).Contains((byte)0) ? 0 : ulong.MaxValue, "memory that an atomic operation changes");
            var old = bytes == 8 ? Unsafe.ReadUnaligned<ulong>(place) : Unsafe.ReadUnaligned<uint>(place);
            var value = operation(old, data[lane]);
            if (bytes == 8)
            {
                Unsafe.WriteUnaligned(place, value);
            }
            else
            {
                Unsafe.WriteUnaligned(place, (uint)value);
            }

            if (target != null)
            {
                target[lane] = (uint)old;
                if (bytes == 8)
                {
                    target[Wave.Lanes + lane] = (uint)(old >> 32);
                }
            }

            machine.Memory.NoteChange();
        }

        if (target != null)
        {
            access.DestinationWords = bytes / 4;
            for (var word = 0; word < bytes / 4; word++)
            {
                wave.Define(instruction.Destination + word, instruction.IsAccumulator, wave.WriteMask, ulong.MaxValue);
            }
        }

        machine.Memory.Issue(access);
        wave.Enqueue(access);
    }
}
