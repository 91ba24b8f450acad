using System.Runtime.Intrinsics;

namespace QuickReduce.Emulation.Execution;

/// <summary>Stores values of the lanes that a mask names.</summary>
internal static unsafe class Masked
{
    private static readonly Vector512<uint> LaneBits = Vector512.Create(1u, 1u << 1, 1u << 2, 1u << 3, 1u << 4, 1u << 5, 1u << 6, 1u << 7, 1u << 8, 1u << 9, 1u << 10, 1u << 11, 1u << 12, 1u << 13, 1u << 14, 1u << 15);

    public static void Store(uint* target, uint* values, ulong mask)
    {
        for (var lane = 0; lane < Wave.Lanes; lane += Vector512<uint>.Count)
        {
            Store(target + lane, Vector512.Load(values + lane), (ushort)(mask >> lane));
        }
    }

    public static void Store(uint* target, Vector512<uint> values, ushort mask)
    {
        if (mask == ushort.MaxValue)
        {
            values.Store(target);
        }
        else if (mask != 0)
        {
            var chosen = Vector512.Equals(Vector512.Create((uint)mask) & LaneBits, LaneBits);
            Vector512.ConditionalSelect(chosen, values, Vector512.Load(target)).Store(target);
        }
    }

    /// <summary>All bits of the lanes that a mask of 16 lanes names.</summary>
    public static Vector512<uint> Lanes(ushort mask) => Vector512.Equals(Vector512.Create((uint)mask) & LaneBits, LaneBits);
}
