using System.Numerics;
using System.Runtime.Intrinsics;
using QuickReduce.Emulation.Execution;
using static QuickReduce.Emulation.Instructions.OperandType;

namespace QuickReduce.Emulation.Instructions;

/// <summary>Operations with a bit for every lane: choices and carries; and those between lanes and scalar registers.</summary>
internal static unsafe class LaneOperations
{
    public static void AddTo(OperationTable table)
    {
        table.Add(Encoding.Vop1, 0x00, new Operation("v_nop", None, None, None, None, static (_, _) => { }));
        table.Add(Encoding.Vop1, 0x02, new Operation("v_readfirstlane_b32", Bits32, Bits32, None, None, ReadFirstLane) { WritesScalar = true });
        table.Add(Encoding.Vop2, 0x00, new Operation("v_cndmask_b32", Bits32, Bits32, Bits32, LaneMask, Choose));
        Carry(0x19, "v_add_co_u32", hasCarryIn: false, static (a, b, carry) => (ulong)a + b + carry);
        Carry(0x1a, "v_sub_co_u32", hasCarryIn: false, static (a, b, carry) => (ulong)a - b - carry);
        Carry(0x1b, "v_subrev_co_u32", hasCarryIn: false, static (a, b, carry) => (ulong)b - a - carry);
        Carry(0x1c, "v_addc_co_u32", hasCarryIn: true, static (a, b, carry) => (ulong)a + b + carry);
        Carry(0x1d, "v_subb_co_u32", hasCarryIn: true, static (a, b, carry) => (ulong)a - b - carry);
        Carry(0x1e, "v_subbrev_co_u32", hasCarryIn: true, static (a, b, carry) => (ulong)b - a - carry);
        table.Add(Encoding.Vop3, 0x289, new Operation("v_readlane_b32", Bits32, Bits32, Bits32, None, ReadLane) { WritesScalar = true });
        table.Add(Encoding.Vop3, 0x28a, new Operation("v_writelane_b32", Bits32, Bits32, Bits32, None, WriteLane));
        table.Add(Encoding.Vop3, 0x28c, new Operation("v_mbcnt_lo_u32_b32", Bits32, Bits32, Bits32, None, (wave, instruction) => CountBelow(wave, instruction, isHigh: false)));
        table.Add(Encoding.Vop3, 0x28d, new Operation("v_mbcnt_hi_u32_b32", Bits32, Bits32, Bits32, None, (wave, instruction) => CountBelow(wave, instruction, isHigh: true)));

        void Carry(int number, string name, bool hasCarryIn, Func<uint, uint, uint, ulong> operation) =>
            table.Add(Encoding.Vop2, number, new Operation(name, Bits32, Bits32, Bits32, hasCarryIn ? LaneMask : None, AddWithCarry(operation)) { WritesMask = true });
    }

    private static Action<Wave, Instruction> AddWithCarry(Func<uint, uint, uint, ulong> operation) => (wave, instruction) =>
    {
        var a = wave.Read(instruction, in instruction.Source0, Bits32);
        var b = wave.Read(instruction, in instruction.Source1, Bits32);
        var carryIn = 0ul;
        if (instruction.Operation.Source2 == LaneMask)
        {
            carryIn = wave.Scalar64(in instruction.Source2, LaneMask, out var defined);
            wave.Defined &= defined;
        }

        var result = wave.Scratch();
        var carryOut = 0ul;
        for (var lane = 0; lane < Wave.Lanes; lane++)
        {
            var sum = operation(a[lane], b[lane], (uint)(carryIn >> lane) & 1);
            result[lane] = (uint)sum;
            carryOut |= (sum >> 32 & 1) << lane;
        }

        wave.Write(instruction, result);
        wave.SetLaneMask(instruction.MaskDestination, carryOut & wave.WriteMask);
    };

    private static void Choose(Wave wave, Instruction instruction)
    {
        var mask = wave.Scalar64(in instruction.Source2, LaneMask, out var maskDefined);
        var zero = wave.Read(instruction, in instruction.Source0, Bits32);
        var zeroDefined = wave.Defined;
        wave.Defined = ulong.MaxValue;
        var one = wave.Read(instruction, in instruction.Source1, Bits32);
        var result = wave.Scratch();
        for (var lane = 0; lane < Wave.Lanes; lane += Vector512<uint>.Count)
        {
            Vector512.ConditionalSelect(Masked.Lanes((ushort)(mask >> lane)), Vector512.Load(one + lane), Vector512.Load(zero + lane)).Store(result + lane);
        }

        // Only what is chosen has to be defined, and the choice.
        wave.Defined = ((mask & wave.Defined) | (~mask & zeroDefined)) & maskDefined;
        wave.Write(instruction, result);
    }

    private static void ReadFirstLane(Wave wave, Instruction instruction)
    {
        var values = wave.Read(instruction, in instruction.Source0, Bits32);
        var lane = wave.Exec == 0 ? 0 : BitOperations.TrailingZeroCount(wave.Exec);
        wave.SetScalar(instruction.Destination, values[lane], (wave.Defined >> lane & 1) != 0 ? uint.MaxValue : 0);
    }

    private static void ReadLane(Wave wave, Instruction instruction)
    {
        var values = wave.Read(instruction, in instruction.Source0, Bits32);
        var lane = (int)(wave.Scalar32(in instruction.Source1, out var laneDefined) & 63);
        wave.SetScalar(instruction.Destination, values[lane], (wave.Defined >> lane & 1) != 0 && laneDefined == uint.MaxValue ? uint.MaxValue : 0);
    }

    private static void WriteLane(Wave wave, Instruction instruction)
    {
        var value = wave.Scalar32(in instruction.Source0, out var defined);
        var lane = (int)(wave.Scalar32(in instruction.Source1, out var laneDefined) & 63);
        wave.VectorRegister(instruction.Destination)[lane] = value;
        wave.Define(instruction.Destination, false, 1ul << lane, defined == uint.MaxValue && laneDefined == uint.MaxValue ? ulong.MaxValue : 0);
    }

    /// <summary>Bits set in a mask below the lane, in its lower or upper half, added to the second source.</summary>
    private static void CountBelow(Wave wave, Instruction instruction, bool isHigh)
    {
        var mask = wave.Read(instruction, in instruction.Source0, Bits32);
        var start = wave.Read(instruction, in instruction.Source1, Bits32);
        var result = wave.Scratch();
        for (var lane = 0; lane < Wave.Lanes; lane++)
        {
            var below = (1ul << lane) - 1;
            result[lane] = (uint)BitOperations.PopCount(mask[lane] & (uint)(isHigh ? below >> 32 : below)) + start[lane];
        }

        wave.Write(instruction, result);
    }
}
