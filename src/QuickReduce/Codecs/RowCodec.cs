using System.Runtime.Intrinsics;

namespace QuickReduce.Codecs;

/// <summary>
/// Translates rows of 16-bit elements to and from their wire format, as <c>docs/numerics.md</c> defines it.
/// Stateless and thread-safe; the caller owns all memory.
/// </summary>
/// <remarks>
/// A row on the wire always takes <see cref="WireFormat.RowBytes"/> bytes. Where fewer than
/// <see cref="RowShape.ElementsPerRow"/> elements are given, the groups that hold them are complete (missing elements
/// count as <c>+0</c>) and the groups after them are neither written nor read.
/// Element pointers are aligned to 2 bytes, row pointers to 64.
/// </remarks>
internal abstract unsafe class RowCodec
{
    /// <summary>The one NaN that results hold, in either element type.</summary>
    public const ushort CanonicalNaN = 0x7FFF;

    /// <summary>The upper half of the scale of a group that holds a NaN or an infinity.</summary>
    public const ushort NaNScale = 0x7FFF;

    /// <summary>The codec of an element type and a regime, the fastest that this processor can run.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type or the regime is not a defined one.</exception>
    public static RowCodec For(DataType type, QuantRegime regime) => For(type, regime, SimdWidths.Best);

    /// <summary>The codec of an element type and a regime for a vector width, emulated where need be.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type, the regime or the width is not a defined one.</exception>
    public static RowCodec For(DataType type, QuantRegime regime, SimdWidth simd) => (type, regime) switch
    {
        (DataType.Float16, QuantRegime.FP) => FullPrecisionRowCodec.For(DataType.Float16, simd),
        (DataType.Float16, QuantRegime.Int8) => Quantized<Float16Element, EightBits>(simd),
        (DataType.Float16, QuantRegime.Int6) => Quantized<Float16Element, SixBits>(simd),
        (DataType.Float16, QuantRegime.Int4) => Quantized<Float16Element, FourBits>(simd),
        (DataType.BFloat16, QuantRegime.FP) => FullPrecisionRowCodec.For(DataType.BFloat16, simd),
        (DataType.BFloat16, QuantRegime.Int8) => Quantized<BFloat16Element, EightBits>(simd),
        (DataType.BFloat16, QuantRegime.Int6) => Quantized<BFloat16Element, SixBits>(simd),
        (DataType.BFloat16, QuantRegime.Int4) => Quantized<BFloat16Element, FourBits>(simd),
        (DataType.Float16 or DataType.BFloat16, _) =>
            throw new ArgumentOutOfRangeException(nameof(regime), regime, "Unknown regime."),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Unknown data type."),
    };

    /// <summary>Encodes up to one row of elements (phase 1).</summary>
    public abstract void Encode(ushort* source, int elementCount, byte* row);

    /// <summary>Decodes one row of every rank, sums in fp32 in rank order and encodes the sum (phase 2).</summary>
    /// <param name="rows">First rank's row; the others follow every <paramref name="stride"/> bytes.</param>
    /// <param name="stride">Bytes from one rank's row to the next.</param>
    /// <param name="worldSize">Number of ranks, at most <see cref="KernelGeometry.MaxWorldSize"/>.</param>
    /// <param name="elementCount">Elements in the row, at most <see cref="RowShape.ElementsPerRow"/>.</param>
    /// <param name="result">Where the encoded sum goes; not one of the rows read.</param>
    public abstract void Reduce(byte* rows, nint stride, int worldSize, int elementCount, byte* result);

    /// <summary>Decodes up to one row of elements (phase 3).</summary>
    public abstract void Decode(byte* row, ushort* destination, int elementCount);

    /// <summary>Groups that hold some of the elements.</summary>
    protected static int GroupCount(int elementCount) => (elementCount + RowShape.GroupSize - 1) / RowShape.GroupSize;

    private static RowCodec Quantized<TElement, TWidth>(SimdWidth simd)
        where TElement : struct, IElement16
        where TWidth : struct, ICodeWidth => simd switch
        {
            SimdWidth.Scalar => ScalarRowCodec<TElement, TWidth>.Instance,
            SimdWidth.Bits128 => VectorRowCodec<Simd128, Vector128<uint>, TElement, TWidth>.Instance,
            SimdWidth.Bits256 => VectorRowCodec<Simd256, Vector256<uint>, TElement, TWidth>.Instance,
            SimdWidth.Bits512 => VectorRowCodec<Simd512, Vector512<uint>, TElement, TWidth>.Instance,
            _ => throw new ArgumentOutOfRangeException(nameof(simd), simd, "Unknown vector width."),
        };
}
