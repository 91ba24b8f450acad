using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>Sums of whole vectors of f32 elements over all ranks.</summary>
internal static unsafe class SumKernel32<TSimd, TVector>
    where TSimd : struct, ISimd<TVector>
    where TVector : unmanaged
{
    private const MethodImplOptions Inline = MethodImplOptions.AggressiveInlining;
    private const MethodImplOptions Compiled = MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization;

    private const int VectorsPerStep = 4;

    /// <summary>Sums as many elements as fill whole vectors. The sum's place is none of the inputs.</summary>
    /// <returns>How many those are.</returns>
    [MethodImpl(Compiled)]
    public static int Sum(float* sum, float** inputs, int worldSize, int elementCount)
    {
        var count = elementCount - elementCount % TSimd.Lanes;
        var zero = TSimd.Broadcast(0);
        nint i = 0;
        for (; i <= count - VectorsPerStep * TSimd.Lanes; i += VectorsPerStep * TSimd.Lanes)
        {
            TVector sum0 = zero, sum1 = zero, sum2 = zero, sum3 = zero;
            for (var rank = 0; rank < worldSize; rank++)
            {
                var source = inputs[rank] + i;
                sum0 = TSimd.Add(sum0, TSimd.Load(source));
                sum1 = TSimd.Add(sum1, TSimd.Load(source + TSimd.Lanes));
                sum2 = TSimd.Add(sum2, TSimd.Load(source + 2 * TSimd.Lanes));
                sum3 = TSimd.Add(sum3, TSimd.Load(source + 3 * TSimd.Lanes));
            }

            TSimd.Store(sum + i, WithCanonicalNaN(sum0));
            TSimd.Store(sum + i + TSimd.Lanes, WithCanonicalNaN(sum1));
            TSimd.Store(sum + i + 2 * TSimd.Lanes, WithCanonicalNaN(sum2));
            TSimd.Store(sum + i + 3 * TSimd.Lanes, WithCanonicalNaN(sum3));
        }

        for (; i < count; i += TSimd.Lanes)
        {
            var total = zero;
            for (var rank = 0; rank < worldSize; rank++)
            {
                total = TSimd.Add(total, TSimd.Load(inputs[rank] + i));
            }

            TSimd.Store(sum + i, WithCanonicalNaN(total));
        }

        return count;
    }

    [MethodImpl(Inline)]
    private static TVector WithCanonicalNaN(TVector value)
    {
        var magnitude = TSimd.And(value, TSimd.Broadcast(0x7FFFFFFF));
        var isNaN = TSimd.GreaterThan32(magnitude, TSimd.Broadcast(0x7F800000));
        return TSimd.Select(isNaN, TSimd.Broadcast(FullPrecision.CanonicalNaN32), value);
    }
}
