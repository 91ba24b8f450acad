using System.Runtime.Intrinsics;

namespace QuickReduce.Codecs;

/// <summary>
/// Translates rows of 16-bit elements to and from their quantised wire format, as <c>docs/numerics.md</c> defines it.
/// Stateless and thread-safe; the caller owns all memory.
/// </summary>
/// <remarks>
/// A row on the wire always takes <see cref="RowBytes"/> bytes. Where fewer than <see cref="ElementsPerRow"/> elements
/// are given, the groups that hold them are complete (missing elements count as <c>+0</c>), so are those that share an
/// exponent with them, and the groups after them are neither written nor read. Rows have the lanes of the default block: other blocks cut a message into other rows and
/// planes, but into the same groups, so that results do not depend on it.
/// Element pointers are aligned to 2 bytes; row pointers are best aligned to 64.
/// </remarks>
internal abstract unsafe class RowCodec
{
    /// <summary>The one NaN that results hold, in either element type.</summary>
    public const ushort CanonicalNaN = 0x7FFF;

    /// <summary>The upper half of the scale of a group that holds a NaN or an infinity.</summary>
    public const ushort NaNScale = 0x7FFF;

    /// <summary>Elements of an atom.</summary>
    public const int ElementsPerAtom = WireFormat.AtomBytes / sizeof(ushort);

    /// <summary>Lanes of a row.</summary>
    public const int LanesPerRow = SpecializationRules.DefaultBlockSize;

    /// <summary>Elements of a row.</summary>
    public const int ElementsPerRow = LanesPerRow * ElementsPerAtom;

    /// <summary>Bytes of a row on the wire.</summary>
    public abstract int RowBytes { get; }

    /// <summary>The codec of an element type and a mode, the fastest that this processor can run.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The two do not make a quantised format.</exception>
    public static RowCodec For(DataType type, AllReduceMode mode) => For(type, mode, SimdWidths.Best);

    /// <summary>The codec of an element type and a mode for a vector width, emulated where need be.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such format, or no such width.</exception>
    public static RowCodec For(DataType type, AllReduceMode mode, SimdWidth simd) => type switch
    {
        DataType.Float16 => For<Float16Element>(mode, simd),
        DataType.BFloat16 => For<BFloat16Element>(mode, simd),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Elements of 16 bits are quantised only."),
    };

    /// <summary>Encodes up to one row of elements (phase 1).</summary>
    public abstract void Encode(ushort* source, int elementCount, byte* row);

    /// <summary>Decodes one row of every rank, sums in fp32 in rank order and encodes the sum (phase 2 of two-shot).</summary>
    /// <param name="rows">First rank's row; the others follow every <paramref name="stride"/> bytes.</param>
    /// <param name="stride">Bytes from one rank's row to the next.</param>
    /// <param name="worldSize">Number of ranks, at most <see cref="KernelGeometry.MaxWorldSize"/>.</param>
    /// <param name="elementCount">Elements in the row, at most <see cref="ElementsPerRow"/>.</param>
    /// <param name="result">Where the encoded sum goes; not one of the rows read.</param>
    public abstract void Reduce(byte* rows, nint stride, int worldSize, int elementCount, byte* result);

    /// <summary>Decodes one row of every rank, sums in fp32 in rank order and narrows the sum once (one-shot).</summary>
    /// <param name="rows">First rank's row; the others follow every <paramref name="stride"/> bytes.</param>
    /// <param name="stride">Bytes from one rank's row to the next.</param>
    /// <param name="worldSize">Number of ranks, at most <see cref="KernelGeometry.MaxWorldSize"/>.</param>
    /// <param name="destination">Where the sum goes.</param>
    /// <param name="elementCount">Elements in the row, at most <see cref="ElementsPerRow"/>.</param>
    public abstract void Sum(byte* rows, nint stride, int worldSize, ushort* destination, int elementCount);

    /// <summary>Decodes up to one row of elements (phase 3 of two-shot).</summary>
    public abstract void Decode(byte* row, ushort* destination, int elementCount);

    private static RowCodec For<TElement>(AllReduceMode mode, SimdWidth simd)
        where TElement : struct, IElement16 => mode.Regime switch
        {
            QuantRegime.Int2 => For<TElement, TwoBits>(mode, simd),
            QuantRegime.Int3 => For<TElement, ThreeBits>(mode, simd),
            QuantRegime.Int4 => For<TElement, FourBits>(mode, simd),
            QuantRegime.Int5 => For<TElement, FiveBits>(mode, simd),
            QuantRegime.Int6 => For<TElement, SixBits>(mode, simd),
            QuantRegime.Int7 => For<TElement, SevenBits>(mode, simd),
            QuantRegime.Int8 => For<TElement, EightBits>(mode, simd),
            _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "Not a quantised regime."),
        };

    private static RowCodec For<TElement, TWidth>(AllReduceMode mode, SimdWidth simd)
        where TElement : struct, IElement16
        where TWidth : struct, ICodeWidth => (mode.GroupSize, mode.ScaleFormat) switch
        {
            (16, ScaleFormat.BFloat16) => For<TElement, TWidth, GroupsOf16>(simd),
            (32, ScaleFormat.BFloat16) => For<TElement, TWidth, GroupsOf32>(simd),
            (64, ScaleFormat.BFloat16) => For<TElement, TWidth, GroupsOf64>(simd),
            (128, ScaleFormat.BFloat16) => For<TElement, TWidth, GroupsOf128>(simd),
            (16, ScaleFormat.SharedExponent) => For<TElement, TWidth, SharedGroupsOf16>(simd),
            (32, ScaleFormat.SharedExponent) => For<TElement, TWidth, SharedGroupsOf32>(simd),
            _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "No group size and scale format that combine."),
        };

    private static RowCodec For<TElement, TWidth, TGroup>(SimdWidth simd)
        where TElement : struct, IElement16
        where TWidth : struct, ICodeWidth
        where TGroup : struct, IGroupSize => simd switch
        {
            SimdWidth.Scalar => ScalarRowCodec<TElement, TWidth, TGroup>.Instance,
            SimdWidth.Bits128 => VectorRowCodec<Simd128, Vector128<uint>, TElement, TWidth, TGroup>.Instance,
            SimdWidth.Bits256 => VectorRowCodec<Simd256, Vector256<uint>, TElement, TWidth, TGroup>.Instance,
            SimdWidth.Bits512 => VectorRowCodec<Simd512, Vector512<uint>, TElement, TWidth, TGroup>.Instance,
            _ => throw new ArgumentOutOfRangeException(nameof(simd), simd, "Unknown vector width."),
        };
}
