using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>Decodes a batch of every rank and sums in f32, in rank order.</summary>
internal static unsafe class BatchSum<TSimd, TVector, TWidth, TGroup>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
    where TWidth : struct, ICodeWidth
    where TGroup : struct, IGroupSize
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private const MethodImplOptions Compiled = MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization;

    /// <summary>Sums what the ranks sent.</summary>
    /// <param name="rows">First rank's row; the others follow every <paramref name="stride"/> bytes.</param>
    /// <param name="stride">Bytes from one rank's row to the next.</param>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="firstGroup">The batch's first group in each row.</param>
    /// <param name="sums">Two vectors for each of elements: a vector of the even ones' sums, then one of the odd ones'.</param>
    [MethodImpl(Inline)]
    public static void SumRanks(byte* rows, nint stride, int worldSize, int firstGroup, TVector* sums)
    {
        if (TGroup.SharesExponents)
        {
            SumRanksWithSharedScales(rows, stride, worldSize, firstGroup, sums);
        }
        else
        {
            SumRanks(rows, stride, worldSize, firstGroup, factors: null, sums);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining), SkipLocalsInit]
    private static void SumRanksWithSharedScales(byte* rows, nint stride, int worldSize, int firstGroup, TVector* sums)
    {
        var factors = stackalloc float[KernelGeometry.MaxWorldSize * TSimd.Lanes];
        BatchSharedScales<TSimd, TVector, TWidth, TGroup>.LoadRanks(rows, stride, worldSize, firstGroup, factors);
        SumRanks(rows, stride, worldSize, firstGroup, factors, sums);
    }

    /// <summary>Sums what the ranks sent, with their scales in <paramref name="factors"/> unless each is a number of its own.</summary>
    [MethodImpl(Compiled)]
    private static void SumRanks(byte* rows, nint stride, int worldSize, int firstGroup, float* factors, TVector* sums)
    {
        var zero = TSimd.Broadcast(0);
        var atom = Batch<TSimd, TVector, TGroup>.FirstAtom(firstGroup);
        for (var step = 0; step < Batch<TSimd, TVector, TGroup>.Steps; step++)
        {
            TVector even0 = zero, even1 = zero, even2 = zero, even3 = zero;
            TVector odd0 = zero, odd1 = zero, odd2 = zero, odd3 = zero;
            var row = rows;
            for (var rank = 0; rank < worldSize; rank++)
            {
                var scales = TGroup.SharesExponents ? (void*)(factors + rank * TSimd.Lanes) : RowLayout<TWidth, TGroup>.Scale(row, firstGroup);
                var vector = step * Batch<TSimd, TVector, TGroup>.VectorsPerStep;
                var bytes = CodePacking<TSimd, TVector, TWidth, TGroup>.Load(row, atom);
                var codes = TSimd.WidenLowerBytes(bytes);
                var scale = Batch<TSimd, TVector, TGroup>.ScaleOf(scales, vector);
                even0 = TSimd.FusedMultiplyAdd(CodeSteps<TSimd, TVector, TWidth>.Even(codes), scale, even0);
                odd0 = TSimd.FusedMultiplyAdd(CodeSteps<TSimd, TVector, TWidth>.Odd(codes), scale, odd0);
                codes = TSimd.WidenUpperBytes(bytes);
                scale = Batch<TSimd, TVector, TGroup>.ScaleOf(scales, vector + 1);
                even1 = TSimd.FusedMultiplyAdd(CodeSteps<TSimd, TVector, TWidth>.Even(codes), scale, even1);
                odd1 = TSimd.FusedMultiplyAdd(CodeSteps<TSimd, TVector, TWidth>.Odd(codes), scale, odd1);
                bytes = CodePacking<TSimd, TVector, TWidth, TGroup>.Load(row, atom + Batch<TSimd, TVector, TGroup>.AtomsPerVectorOfBytes);
                codes = TSimd.WidenLowerBytes(bytes);
                scale = Batch<TSimd, TVector, TGroup>.ScaleOf(scales, vector + 2);
                even2 = TSimd.FusedMultiplyAdd(CodeSteps<TSimd, TVector, TWidth>.Even(codes), scale, even2);
                odd2 = TSimd.FusedMultiplyAdd(CodeSteps<TSimd, TVector, TWidth>.Odd(codes), scale, odd2);
                codes = TSimd.WidenUpperBytes(bytes);
                scale = Batch<TSimd, TVector, TGroup>.ScaleOf(scales, vector + 3);
                even3 = TSimd.FusedMultiplyAdd(CodeSteps<TSimd, TVector, TWidth>.Even(codes), scale, even3);
                odd3 = TSimd.FusedMultiplyAdd(CodeSteps<TSimd, TVector, TWidth>.Odd(codes), scale, odd3);
                row += stride;
            }

            sums[0] = even0;
            sums[1] = odd0;
            sums[2] = even1;
            sums[3] = odd1;
            sums[4] = even2;
            sums[5] = odd2;
            sums[6] = even3;
            sums[7] = odd3;
            sums += 2 * Batch<TSimd, TVector, TGroup>.VectorsPerStep;
            atom += 2 * Batch<TSimd, TVector, TGroup>.AtomsPerVectorOfBytes;
        }
    }
}
