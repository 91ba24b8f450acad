using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace QuickReduce.Codecs;

/// <summary>
/// All-reduce in full precision for ranks that see each other's memory: no wire, one pass over the messages.
/// </summary>
internal static unsafe class FullPrecision
{
    /// <summary>The one NaN that sums of f32 elements hold.</summary>
    public const uint CanonicalNaN32 = 0x7FFFFFFF;

    /// <summary>
    /// Messages of which all inputs and outputs together take at least this are written past the caches: they would
    /// not stay in one, and an ordinary store first reads the line that it writes.
    /// </summary>
    public const long NonTemporalThresholdBytes = 24L << 20;

    /// <summary>Bytes summed before they are written to the outputs, one output after the other.</summary>
    /// <remarks>
    /// The sum of a block stays in the first-level cache, outputs of any alignment are then written with aligned
    /// stores, and only one stream of them at a time waits for memory.
    /// </remarks>
    private const int BlockBytes = 16 * 1024;

    /// <summary>Whether a message of this many bytes per rank should be written past the caches.</summary>
    public static bool IsStreaming(int worldSize, long bytes) => 2 * worldSize * bytes >= NonTemporalThresholdBytes;

    /// <summary>
    /// Writes to every output the sum of all inputs: from +0, in rank order, in f32, and narrowed once.
    /// </summary>
    /// <param name="type">Element type.</param>
    /// <param name="inputs">One input per rank, aligned to its elements.</param>
    /// <param name="outputs">One output per rank, aligned to its elements; a rank's may be its input.</param>
    /// <param name="worldSize">Number of ranks.</param>
    /// <param name="elementCount">Elements in each input and output.</param>
    /// <param name="nonTemporal">Whether the message that these are a part of <see cref="IsStreaming"/>.</param>
    public static void Sum(DataType type, byte** inputs, byte** outputs, int worldSize, nint elementCount, bool nonTemporal) =>
        Sum(type, inputs, outputs, worldSize, elementCount, nonTemporal, SimdWidths.Best);

    /// <summary>The same with vectors of a given width.</summary>
    [SkipLocalsInit]
    public static void Sum(
        DataType type,
        byte** inputs,
        byte** outputs,
        int worldSize,
        nint elementCount,
        bool nonTemporal,
        SimdWidth simd)
    {
        var block = stackalloc byte[BlockBytes];
        var heads = stackalloc byte*[worldSize];
        var elementBytes = WireFormat.SizeOf(type);
        var bytes = elementCount * elementBytes;
        for (nint start = 0; start < bytes; start += BlockBytes)
        {
            var count = (int)nint.Min(BlockBytes, bytes - start);
            for (var rank = 0; rank < worldSize; rank++)
            {
                heads[rank] = inputs[rank] + start;
            }

            SumTo(block, type, heads, worldSize, count / elementBytes, simd);
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
    public static void SumTo(byte* sum, DataType type, byte** inputs, int worldSize, int elementCount) =>
        SumTo(sum, type, inputs, worldSize, elementCount, SimdWidths.Best);

    private static void SumTo(byte* sum, DataType type, byte** inputs, int worldSize, int elementCount, SimdWidth simd)
    {
        switch (type)
        {
            case DataType.Float16:
                SumTo<Float16Element>((ushort*)sum, (ushort**)inputs, worldSize, elementCount, simd);
                break;
            case DataType.BFloat16:
                SumTo<BFloat16Element>((ushort*)sum, (ushort**)inputs, worldSize, elementCount, simd);
                break;
            case DataType.Float32:
                SumTo((float*)sum, (float**)inputs, worldSize, elementCount, simd);
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
            SimdWidth.Bits512 => SumKernel16<Simd512, Vector512<uint>, TElement>.Sum(sum, inputs, worldSize, elementCount),
            SimdWidth.Bits256 => SumKernel16<Simd256, Vector256<uint>, TElement>.Sum(sum, inputs, worldSize, elementCount),
            SimdWidth.Bits128 => SumKernel16<Simd128, Vector128<uint>, TElement>.Sum(sum, inputs, worldSize, elementCount),
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

    private static void SumTo(float* sum, float** inputs, int worldSize, int elementCount, SimdWidth simd)
    {
        var done = simd switch
        {
            SimdWidth.Bits512 => SumKernel32<Simd512, Vector512<uint>>.Sum(sum, inputs, worldSize, elementCount),
            SimdWidth.Bits256 => SumKernel32<Simd256, Vector256<uint>>.Sum(sum, inputs, worldSize, elementCount),
            SimdWidth.Bits128 => SumKernel32<Simd128, Vector128<uint>>.Sum(sum, inputs, worldSize, elementCount),
            _ => 0,
        };
        for (var i = done; i < elementCount; i++)
        {
            var total = 0f;
            for (var rank = 0; rank < worldSize; rank++)
            {
                total += inputs[rank][i];
            }

            sum[i] = float.IsNaN(total) ? BitConverter.UInt32BitsToSingle(CanonicalNaN32) : total;
        }
    }

    private static void Write(byte* block, byte* output, int bytes, bool nonTemporal, SimdWidth simd)
    {
        switch (nonTemporal ? simd : SimdWidth.Scalar)
        {
            case SimdWidth.Bits512:
                NonTemporalCopy<Simd512, Vector512<uint>>.Run(block, output, bytes);
                break;
            case SimdWidth.Bits256:
                NonTemporalCopy<Simd256, Vector256<uint>>.Run(block, output, bytes);
                break;
            case SimdWidth.Bits128:
                NonTemporalCopy<Simd128, Vector128<uint>>.Run(block, output, bytes);
                break;
            default:
                Copy(block, output, bytes);
                break;
        }
    }

    private static void Copy(byte* source, byte* destination, int bytes) =>
        new Span<byte>(source, bytes).CopyTo(new Span<byte>(destination, bytes));

    private static class NonTemporalCopy<TSimd, TVector>
        where TSimd : struct, ISimd<TVector>
        where TVector : unmanaged
    {
        private const int CacheLine = 64;

        /// <summary>Whole cache lines past the caches, what is before and after them with ordinary stores.</summary>
        [MethodImpl(MethodImplOptions.NoInlining | MethodImplOptions.AggressiveOptimization)]
        public static void Run(byte* source, byte* destination, int bytes)
        {
            var before = Math.Min((int)(-(nint)destination & (CacheLine - 1)), bytes);
            Copy(source, destination, before);
            source += before;
            destination += before;
            var rest = (bytes - before) % CacheLine;
            for (var end = destination + (bytes - before - rest); destination < end; destination += CacheLine, source += CacheLine)
            {
                for (var offset = 0; offset < CacheLine; offset += sizeof(TVector))
                {
                    TSimd.StoreNonTemporal(destination + offset, TSimd.Load(source + offset));
                }
            }

            Copy(source, destination, rest);
        }
    }
}
