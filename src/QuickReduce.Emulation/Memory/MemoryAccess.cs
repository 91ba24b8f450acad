using System.Numerics;
using QuickReduce.Emulation.Execution;
using QuickReduce.Emulation.Instructions;

namespace QuickReduce.Emulation.Memory;

/// <summary>What an access in flight is.</summary>
internal enum AccessKind : byte
{
    Load,
    Store,

    /// <summary>Only counted: cache control, or an atomic operation, which is done at once.</summary>
    Other,
}

/// <summary>A memory access of a wave, from its issue until both it is done and the wave knows.</summary>
internal sealed unsafe class MemoryAccess
{
    private const int MostWords = 4;

    public ulong[] Addresses { get; } = new ulong[Wave.Lanes];

    /// <summary>What a store writes, a register after the other.</summary>
    public uint[] Data { get; } = new uint[MostWords * Wave.Lanes];

    /// <summary>Lanes in which each register of a store is defined.</summary>
    public ulong[] DataDefined { get; } = new ulong[MostWords];

    public AccessKind Kind { get; set; }

    public Wave Wave { get; set; } = null!;

    public Instruction Instruction { get; set; } = null!;

    public MemoryShape Shape { get; set; }

    /// <summary>Lanes for which it is yet to be done.</summary>
    public ulong Mask { get; set; }

    /// <summary>The machine's clock before which it is not done unless somebody waits for it.</summary>
    public long NotBefore { get; set; }

    public ulong First { get; private set; }

    public ulong End { get; private set; }

    /// <summary>Registers that a load fills, for those who use them too early; none where the number is 0.</summary>
    public int DestinationWords { get; set; }

    public bool IsDone { get; set; }

    /// <summary>Whether the wave no longer counts it.</summary>
    public bool IsRetired { get; set; }

    public bool IsStore => Kind == AccessKind.Store;

    /// <summary>Works out the range of addresses, of all lanes together.</summary>
    public void SetRange()
    {
        (First, End) = (ulong.MaxValue, 0);
        for (var lane = 0; lane < Wave.Lanes; lane++)
        {
            if ((Mask >> lane & 1) != 0)
            {
                First = ulong.Min(First, Addresses[lane]);
                End = ulong.Max(End, Addresses[lane] + (ulong)Shape.Bytes);
            }
        }
    }

    /// <summary>Whether a lane that is yet to be done touches a range of addresses.</summary>
    public bool Touches(ulong first, ulong end)
    {
        if (First >= end || first >= End)
        {
            return false;
        }

        for (var rest = Mask; rest != 0; rest &= rest - 1)
        {
            var address = Addresses[BitOperations.TrailingZeroCount(rest)];
            if (address < end && first < address + (ulong)Shape.Bytes)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether it touches memory that another one does.</summary>
    public bool Touches(MemoryAccess other)
    {
        if (First >= other.End || other.First >= End)
        {
            return false;
        }

        for (var rest = other.Mask; rest != 0; rest &= rest - 1)
        {
            var address = other.Addresses[BitOperations.TrailingZeroCount(rest)];
            if (Touches(address, address + (ulong)other.Shape.Bytes))
            {
                return true;
            }
        }

        return false;
    }
}
