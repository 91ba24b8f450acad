using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace QuickReduce.Emulation.Execution;

/// <summary>Shifts by a number per lane, of which the low five bits count.</summary>
internal static class Shifts
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Left(Vector512<uint> value, Vector512<uint> count)
    {
        var bits = count & Vector512.Create(31u);
        if (Avx512F.IsSupported)
        {
            return Avx512F.ShiftLeftLogicalVariable(value, bits);
        }

        return Avx2.IsSupported
            ? Vector512.Create(Avx2.ShiftLeftLogicalVariable(value.GetLower(), bits.GetLower()), Avx2.ShiftLeftLogicalVariable(value.GetUpper(), bits.GetUpper()))
            : Each(value, bits, static (value, bits) => value << (int)bits);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Right(Vector512<uint> value, Vector512<uint> count)
    {
        var bits = count & Vector512.Create(31u);
        if (Avx512F.IsSupported)
        {
            return Avx512F.ShiftRightLogicalVariable(value, bits);
        }

        return Avx2.IsSupported
            ? Vector512.Create(Avx2.ShiftRightLogicalVariable(value.GetLower(), bits.GetLower()), Avx2.ShiftRightLogicalVariable(value.GetUpper(), bits.GetUpper()))
            : Each(value, bits, static (value, bits) => value >> (int)bits);
    }

    private static Vector512<uint> Each(Vector512<uint> value, Vector512<uint> bits, Func<uint, uint, uint> shift)
    {
        Span<uint> lanes = stackalloc uint[Vector512<uint>.Count];
        for (var lane = 0; lane < lanes.Length; lane++)
        {
            lanes[lane] = shift(value[lane], bits[lane]);
        }

        return Vector512.Create<uint>(lanes);
    }
}
