using System.Numerics;
using System.Runtime.CompilerServices;
using QuickReduce.Emulation.Execution;

namespace QuickReduce.Emulation.Memory;

/// <summary>Moves values between memory and the registers of lanes, with the knowledge of what is defined.</summary>
internal static unsafe class LaneTransfer
{
    private const uint AllDefined = 0x01010101;

    /// <summary>Writes lanes of a store to memory; says whether that changed anything.</summary>
    public static bool Store(AddressSpace space, MemoryAccess access, ulong lanes)
    {
        var bytes = access.Shape.Bytes;
        var changed = false;
        var shared = space.Covering(access.First, access.End);
        for (; lanes != 0; lanes &= lanes - 1)
        {
            var lane = BitOperations.TrailingZeroCount(lanes);
            var allocation = shared ?? space.Require(access.Addresses[lane], (ulong)bytes, "store");
            var offset = access.Addresses[lane] - allocation.Address;
            var data = allocation.Data + offset;
            var defined = allocation.Defined + offset;
            if (bytes >= 4)
            {
                for (var word = 0; word < access.Shape.Words; word++)
                {
                    var value = access.Data[word * Wave.Lanes + lane];
                    changed |= Unsafe.ReadUnaligned<uint>(data + 4 * word) != value;
                    Unsafe.WriteUnaligned(data + 4 * word, value);
                    Unsafe.WriteUnaligned(defined + 4 * word, (access.DataDefined[word] >> lane & 1) != 0 ? AllDefined : 0u);
                }

                continue;
            }

            var narrow = access.Shape.IsHigh ? access.Data[lane] >> 16 : access.Data[lane];
            var isDefined = (byte)(access.DataDefined[0] >> lane & 1);
            for (var i = 0; i < bytes; i++)
            {
                changed |= data[i] != (byte)(narrow >> (8 * i));
                data[i] = (byte)(narrow >> (8 * i));
                defined[i] = isDefined;
            }
        }

        return changed;
    }

    /// <summary>Fills lanes of a load's registers from memory.</summary>
    public static void Load(AddressSpace space, MemoryAccess access, ulong lanes)
    {
        var (wave, shape) = (access.Wave, access.Shape);
        var (register, isAccumulator) = (access.Instruction.Destination, access.Instruction.IsAccumulator);
        var first = wave.LoadTarget(register, isAccumulator);
        var words = shape.Words;
        _ = wave.Number(register + words - 1, isAccumulator);
        var defined = stackalloc ulong[words];
        var shared = space.Covering(access.First, access.End);
        for (var rest = lanes; rest != 0; rest &= rest - 1)
        {
            var lane = BitOperations.TrailingZeroCount(rest);
            var allocation = shared ?? space.Require(access.Addresses[lane], (ulong)shape.Bytes, "load");
            var offset = access.Addresses[lane] - allocation.Address;
            var data = allocation.Data + offset;
            var known = allocation.Defined + offset;
            if (shape.Bytes >= 4)
            {
                for (var word = 0; word < words; word++)
                {
                    first[word * Wave.Lanes + lane] = Unsafe.ReadUnaligned<uint>(data + 4 * word);
                    defined[word] |= Unsafe.ReadUnaligned<uint>(known + 4 * word) == AllDefined ? 1ul << lane : 0;
                }

                continue;
            }

            var isDefined = shape.Bytes == 1 ? known[0] != 0 : known[0] != 0 && known[1] != 0;
            defined[0] |= isDefined ? 1ul << lane : 0;
            first[lane] = Narrow(data, shape, first[lane]);
        }

        if (shape.KeepsRest)
        {
            defined[0] &= wave.VectorDefined(register, isAccumulator);
        }

        for (var word = 0; word < words; word++)
        {
            wave.Define(register + word, isAccumulator, lanes, defined[word]);
        }
    }

    private static uint Narrow(byte* data, MemoryShape shape, uint old)
    {
        uint value = (shape.Bytes, shape.IsSigned) switch
        {
            (1, false) => data[0],
            (1, true) => (uint)(sbyte)data[0],
            (_, false) => Unsafe.ReadUnaligned<ushort>(data),
            _ => (uint)Unsafe.ReadUnaligned<short>(data),
        };
        if (!shape.KeepsRest)
        {
            return value;
        }

        return shape.IsHigh ? (old & 0xffff) | value << 16 : (old & 0xffff0000) | (value & 0xffff);
    }
}
