using QuickReduce.Emulation.Instructions;

namespace QuickReduce.Emulation.Execution;

/// <summary>The exchanges between lanes of data-parallel primitives (DPP).</summary>
internal static unsafe class LaneExchange
{
    private const int RowLanes = 16, BankLanes = 4;
    private const int QuadPermuteEnd = 0x100, Controls = 0x200;

    // For every control, the lane that each lane takes its value from.
    private static readonly sbyte[]?[] Sources = new sbyte[]?[Controls];

    /// <summary>Whether a control is modelled.</summary>
    public static bool IsKnown(int control) => control switch
    {
        < QuadPermuteEnd => true,
        >= 0x101 and <= 0x10f or >= 0x111 and <= 0x11f or >= 0x121 and <= 0x12f => true,
        0x130 or 0x134 or 0x138 or 0x13c or 0x140 or 0x141 or 0x142 or 0x143 => true,
        >= 0x150 and <= 0x15f => true,
        _ => false,
    };

    /// <summary>Moves values between lanes, and takes lanes that are not written out of the wave's write mask.</summary>
    public static void DataParallel(Wave wave, Instruction instruction, uint* source, uint* result, ref ulong defined)
    {
        var exec = wave.Exec;
        var sources = Sources[instruction.DataParallelControl] ??= [.. Enumerable.Range(0, Wave.Lanes).Select(lane => (sbyte)SourceLane(instruction.DataParallelControl, lane))];
        var (before, write) = (defined, wave.WriteMask);
        defined = 0;
        for (var lane = 0; lane < Wave.Lanes; lane++)
        {
            var bit = 1ul << lane;
            int from = sources[lane];
            var isEnabled = (instruction.RowMask >> (lane / RowLanes) & 1) != 0 && (instruction.BankMask >> (lane % RowLanes / BankLanes) & 1) != 0;
            var isValid = from >= 0 && (exec >> from & 1) != 0;
            result[lane] = isValid ? source[from] : 0;
            defined |= !isValid || (before >> from & 1) != 0 ? bit : 0;
            if (!isEnabled || (!isValid && !instruction.ZeroesInvalidLanes))
            {
                write &= ~bit;
            }
        }

        wave.WriteMask = write;
    }

    /// <summary>The lane that a lane takes its value from; −1 for none.</summary>
    public static int SourceLane(int control, int lane)
    {
        var (row, inRow) = (lane & ~(RowLanes - 1), lane & (RowLanes - 1));
        return control switch
        {
            < QuadPermuteEnd => (lane & ~3) | (control >> (2 * (lane & 3)) & 3),
            < 0x110 => inRow + (control & 15) < RowLanes ? lane + (control & 15) : -1, // row_shl
            < 0x120 => inRow - (control & 15) >= 0 ? lane - (control & 15) : -1, // row_shr
            < 0x130 => row | ((inRow - (control & 15)) & (RowLanes - 1)), // row_ror
            0x130 => lane + 1 < Wave.Lanes ? lane + 1 : -1, // wave_shl
            0x134 => (lane + 1) % Wave.Lanes, // wave_rol
            0x138 => lane - 1, // wave_shr
            0x13c => (lane + Wave.Lanes - 1) % Wave.Lanes, // wave_ror
            0x140 => row | (RowLanes - 1 - inRow), // row_mirror
            0x141 => (lane & ~7) | (7 - (lane & 7)), // row_half_mirror
            0x142 => row == 0 ? -1 : row - 1, // row_bcast:15
            0x143 => lane < 32 ? -1 : 31, // row_bcast:31
            _ => row | (control & 15), // row_newbcast
        };
    }
}
