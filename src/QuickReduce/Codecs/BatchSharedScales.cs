using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>Scales that share exponents (<see cref="SharedExponent"/>) of a batch's groups, one to a lane.</summary>
internal static unsafe class BatchSharedScales<TSimd, TVector, TWidth, TGroup>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TWidth : struct, ICodeWidth
    where TGroup : struct, IGroupSize
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private const MethodImplOptions Compiled = MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization;

    private const uint SignBit = 0x80000000;

    /// <summary>Stores the scales of peaks in a row, and their inverses.</summary>
    /// <param name="peaks">One to a lane.</param>
    /// <param name="row">The row.</param>
    /// <param name="firstGroup">The first of the groups.</param>
    /// <param name="inverses">Where the inverses go, one for each group.</param>
    /// <param name="specialGroups">Bit i: group i, or one that it shares an exponent with, holds a NaN or an infinity.</param>
    /// <returns>Magnitudes of the scales, as f32; arbitrary for special groups.</returns>
    [MethodImpl(Compiled)]
    public static TVector Encode(TVector peaks, byte* row, int firstGroup, float* inverses, out uint specialGroups)
    {
        var sign = TSimd.Broadcast(SignBit);
        var magnitudes = TSimd.And(peaks, TSimd.Broadcast(~SignBit));

        // Rounding keeps the order, so the largest peak's scale is the largest.
        var largest = TSimd.LargestOfFourLanes(magnitudes);
        var special = TSimd.GreaterThan32(largest, TSimd.Broadcast(SharedExponent.ExponentMask - 1));
        var shared = TSimd.And(ScalesOf(largest), TSimd.Broadcast(SharedExponent.ExponentMask));
        shared = TSimd.Subtract32(shared, TSimd.Broadcast(SharedExponent.Half));
        magnitudes = TSimd.Max32(ScalesOf(magnitudes), shared);
        var scales = TSimd.Or(magnitudes, TSimd.And(TSimd.Add32(peaks, sign), sign));
        scales = TSimd.Select(special, TSimd.Broadcast(SharedExponent.NaNScale), scales);
        shared = TSimd.Select(special, TSimd.Broadcast(SharedExponent.NaNBase), shared);

        Store(scales, shared, RowLayout<TWidth, TGroup>.SharedScales(row, firstGroup));
        TSimd.Store(inverses, TSimd.Divide(TSimd.Broadcast(0x3F800000), scales));
        specialGroups = TSimd.SignBits(special);
        return magnitudes;
    }

    /// <summary>Scales from their place in a row, as f32.</summary>
    [MethodImpl(Inline)]
    public static TVector Load(byte* row, int firstGroup)
    {
        const int Bits = SharedExponent.FieldBits;
        var words = TSimd.LoadEachToFourLanes(RowLayout<TWidth, TGroup>.SharedScales(row, firstGroup));
        var fields = TSimd.Multiply32(words, TSimd.BroadcastFour(1, 1 << Bits, 1 << (2 * Bits), 1 << (3 * Bits)));
        var shared = TSimd.ShiftLeft32(TSimd.And(words, TSimd.Broadcast(0xFF)), 23);
        var steps = TSimd.And(TSimd.ShiftRight32(fields, SharedExponent.FieldShift), TSimd.Broadcast(SharedExponent.StepMask));
        return TSimd.Or(TSimd.Add32(shared, steps), TSimd.And(fields, TSimd.Broadcast(SignBit)));
    }

    /// <summary>Loads the scales of a batch of every rank, rank after rank.</summary>
    [MethodImpl(Compiled)]
    public static void LoadRanks(byte* rows, nint stride, int worldSize, int firstGroup, float* factors)
    {
        for (var rank = 0; rank < worldSize; rank++)
        {
            TSimd.Store(factors + rank * TSimd.Lanes, Load(rows + rank * stride, firstGroup));
        }
    }

    /// <summary>Magnitudes of scales, each from its peak's.</summary>
    [MethodImpl(Inline)]
    private static TVector ScalesOf(TVector magnitudes)
    {
        magnitudes = TSimd.Max32(magnitudes, TSimd.Broadcast(SharedExponent.LeastPeak(TWidth.Bits)));
        magnitudes = TSimd.Add32(magnitudes, TSimd.Broadcast(SharedExponent.Rounding(TWidth.Bits) - CodeConstants<TWidth>.PeakToScale));
        return TSimd.And(magnitudes, TSimd.Broadcast(SharedExponent.MagnitudeMask));
    }

    /// <summary>Puts two fields, then four, into a lane.</summary>
    [MethodImpl(Inline)]
    private static void Store(TVector scales, TVector shared, uint* destination)
    {
        const int Bits = SharedExponent.FieldBits;
        var steps = TSimd.ShiftLeft32(TSimd.Subtract32(scales, shared), SharedExponent.FieldShift);
        var fields = TSimd.Or(TSimd.And(scales, TSimd.Broadcast(SignBit)), steps);
        var two = TSimd.Or(TSimd.Or(fields, TSimd.ShiftRight64(fields, 32 + Bits)), TSimd.ShiftRight32(shared, 23));
        two = TSimd.NarrowLower32(two, two);
        var four = TSimd.Or(two, TSimd.ShiftRight64(two, 32 + 2 * Bits));
        TSimd.StoreQuarter(destination, TSimd.NarrowLower32(four, four));
    }
}
