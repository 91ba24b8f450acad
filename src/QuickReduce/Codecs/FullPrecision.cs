using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace QuickReduce.Codecs;

/// <summary>
/// All-reduce in full precision for ranks that see each other's memory: no wire, one pass over the messages.
/// </summary>
internal static unsafe class FullPrecision
{
    /// <summary>
    /// Messages of which all inputs and outputs together take at least this are written past the caches: they would
    /// not stay in one, and an ordinary store first reads the line that it writes.
    /// </summary>
    public const long NonTemporalThresholdBytes = 24L << 20;

    /// <summary>Elements summed before they are written to the outputs, one output after the other.</summary>
    /// <remarks>
    /// The sum of a block stays in the first-level cache, outputs of any alignment are then written with aligned
    /// stores, and only one stream of them at a time waits for memory.
    /// </remarks>
    private const int BlockElements = 8192;

    /// <summary>
    /// Writes to every output the sum of all inputs: from +0, in rank order, in f32, and narrowed once.
    /// </summary>
    /// <param name="type">Element type.</param>
    /// <param name="inputs">One input per rank, aligned to 2 bytes.</param>
    /// <param name="outputs">One output per rank, aligned to 2 bytes; a rank's may be its input.</param>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="elementCount">Elements in each input and output.</param>
    public static void Sum(DataType type, ushort** inputs, ushort** outputs, int worldSize, nint elementCount) =>
        Sum(type, inputs, outputs, worldSize, elementCount, IsStreaming(worldSize, elementCount));

    /// <summary>
    /// The same for a part of a message; the caller says whether the whole of it is <see cref="IsStreaming"/>.
    /// </summary>
    public static void Sum(DataType type, ushort** inputs, ushort** outputs, int worldSize, nint elementCount, bool nonTemporal) =>
        Sum(type, inputs, outputs, worldSize, elementCount, nonTemporal, SimdWidths.Best);

    /// <summary>Whether a message of this length per rank should be written past the caches.</summary>
    public static bool IsStreaming(int worldSize, nint elementCount) =>
        2L * sizeof(ushort) * worldSize * elementCount >= NonTemporalThresholdBytes;

    /// <summary>The same with vectors of a given width.</summary>
    [SkipLocalsInit]
    public static void Sum(
        DataType type,
        ushort** inputs,
        ushort** outputs,
        int worldSize,
        nint elementCount,
        bool nonTemporal,
        SimdWidth simd)
    {
        var block = stackalloc ushort[BlockElements];
        var heads = stackalloc ushort*[worldSize];
        for (nint start = 0; start < elementCount; start += BlockElements)
        {
            var count = (int)Math.Min(BlockElements, elementCount - start);
            for (var rank = 0; rank < worldSize; rank++)
            {
                heads[rank] = inputs[rank] + start;
            }

            SumTo(block, type, heads, worldSize, count, simd);
            for (var rank = 0; rank < worldSize; rank++)
            {
                // In place, the lines to write are in the cache already, and past it is the longer way.
                var pastCaches = nonTemporal && outputs[rank] != inputs[rank];
                Write(block, outputs[rank] + start, count, pastCaches, simd);
            }
        }

        // Stores past the caches are weakly ordered: whoever is told of the result must find it.
        if (nonTemporal && Sse.IsSupported)
        {
            Sse.StoreFence();
        }
    }

    /// <summary>Writes the sum of all inputs to one place, which is none of them.</summary>
    public static void SumTo(ushort* sum, DataType type, ushort** inputs, int worldSize, int elementCount, SimdWidth simd)
    {
        switch (type)
        {
            case DataType.Float16:
                SumTo<Float16Element>(sum, inputs, worldSize, elementCount, simd);
                break;
            case DataType.BFloat16:
                SumTo<BFloat16Element>(sum, inputs, worldSize, elementCount, simd);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown data type.");
        }
    }

    private static void SumTo<TElement>(ushort* sum, ushort** inputs, int worldSize, int elementCount, SimdWidth simd)
        where TElement : struct, IElement16
    {
        var done = simd switch
        {
            SimdWidth.Bits512 => SumKernel<Simd512, Vector512<uint>, TElement>.Sum(sum, inputs, worldSize, elementCount),
            SimdWidth.Bits256 => SumKernel<Simd256, Vector256<uint>, TElement>.Sum(sum, inputs, worldSize, elementCount),
            SimdWidth.Bits128 => SumKernel<Simd128, Vector128<uint>, TElement>.Sum(sum, inputs, worldSize, elementCount),
            _ => 0,
        };
        for (var i = done; i < elementCount; i++)
        {
            var total = 0f;
            for (var rank = 0; rank < worldSize; rank++)
            {
                total += TElement.Widen(inputs[rank][i]);
            }

            sum[i] = TElement.Narrow(total);
        }
    }

    private static void Write(ushort* block, ushort* output, int count, bool nonTemporal, SimdWidth simd)
    {
        if (!nonTemporal)
        {
            new Span<ushort>(block, count).CopyTo(new Span<ushort>(output, count));
            return;
        }

        switch (simd)
        {
            case SimdWidth.Bits512:
                NonTemporalCopy<Simd512, Vector512<uint>>.Run(block, output, count);
                break;
            case SimdWidth.Bits256:
                NonTemporalCopy<Simd256, Vector256<uint>>.Run(block, output, count);
                break;
            case SimdWidth.Bits128:
                NonTemporalCopy<Simd128, Vector128<uint>>.Run(block, output, count);
                break;
            default:
                new Span<ushort>(block, count).CopyTo(new Span<ushort>(output, count));
                break;
        }
    }

    private static class NonTemporalCopy<TSimd, TVector>
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        private const int CacheLine = 64;

        /// <summary>Whole cache lines past the caches, what is before and after them with ordinary stores.</summary>
        [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
        public static void Run(ushort* source, ushort* destination, int count)
        {
            var toLine = (int)(-(nint)destination & (CacheLine - 1)) / sizeof(ushort);
            var before = Math.Min(toLine, count);
            CopyFew(source, destination, before);
            var lines = (count - before) / (CacheLine / sizeof(ushort));
            var from = (byte*)(source + before);
            var to = (byte*)(destination + before);
            for (var end = to + (nint)lines * CacheLine; to < end; to += CacheLine, from += CacheLine)
            {
                for (var offset = 0; offset < CacheLine; offset += sizeof(TVector))
                {
                    TSimd.StoreNonTemporal(to + offset, TSimd.Load(from + offset));
                }
            }

            CopyFew((ushort*)from, (ushort*)to, count - before - lines * (CacheLine / sizeof(ushort)));
        }

        private static void CopyFew(ushort* source, ushort* destination, int count) =>
            new Span<ushort>(source, count).CopyTo(new Span<ushort>(destination, count));
    }
}
