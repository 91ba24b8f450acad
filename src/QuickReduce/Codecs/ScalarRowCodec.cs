using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>
/// One element at a time: for processors without vectors, and the reference that the vector codecs are held against.
/// </summary>
internal sealed unsafe class ScalarRowCodec<TElement, TWidth> : RowCodec
    where TElement : struct, IElement16
    where TWidth : struct, ICodeWidth
{
    private const int GroupSize = RowShape.GroupSize;
    private const int AtomSize = RowShape.ElementsPerAtom;

    public static readonly ScalarRowCodec<TElement, TWidth> Instance = new();

    private ScalarRowCodec()
    {
    }

    [SkipLocalsInit]
    public override void Encode(ushort* source, int elementCount, byte* row)
    {
        var values = stackalloc float[GroupSize];
        for (var start = 0; start < elementCount; start += GroupSize)
        {
            for (var i = 0; i < GroupSize; i++)
            {
                values[i] = start + i < elementCount ? TElement.Widen(source[start + i]) : 0f;
            }

            EncodeGroup(values, row, start / GroupSize);
        }
    }

    [SkipLocalsInit]
    public override void Reduce(byte* rows, nint stride, int worldSize, int elementCount, byte* result)
    {
        var sums = stackalloc float[GroupSize];
        for (var group = 0; group < GroupCount(elementCount); group++)
        {
            new Span<float>(sums, GroupSize).Clear();
            for (var rank = 0; rank < worldSize; rank++)
            {
                DecodeGroup(rows + rank * stride, group, sums);
            }

            EncodeGroup(sums, result, group);
        }
    }

    [SkipLocalsInit]
    public override void Decode(byte* row, ushort* destination, int elementCount)
    {
        var values = stackalloc float[GroupSize];
        for (var start = 0; start < elementCount; start += GroupSize)
        {
            new Span<float>(values, GroupSize).Clear();
            DecodeGroup(row, start / GroupSize, values);
            var count = Math.Min(GroupSize, elementCount - start);
            for (var i = 0; i < count; i++)
            {
                destination[start + i] = TElement.Narrow(values[i]);
            }
        }
    }

    private static uint ScaleOf(float* values)
    {
        // Magnitude first, sign last: the largest key is the peak, and of +m and −m it is −m.
        uint largestKey = 0;
        for (var i = 0; i < GroupSize; i++)
        {
            largestKey = Math.Max(largestKey, uint.RotateLeft(BitConverter.SingleToUInt32Bits(values[i]), 1));
        }

        var magnitude = largestKey >> 1;
        if (magnitude >= 0x7F800000)
        {
            return (uint)NaNScale << 16;
        }

        magnitude = Math.Max(magnitude, CodeConstants<TWidth>.LeastPeak) - CodeConstants<TWidth>.PeakToScale;
        return ((magnitude + 0xFFFF) & 0xFFFF0000) | ((largestKey & 1) == 0 ? 0x80000000 : 0);
    }

    private static void EncodeGroup(float* values, byte* row, int group)
    {
        var scale = ScaleOf(values);
        var inverse = 1f / BitConverter.UInt32BitsToSingle(scale);
        var bias = BitConverter.UInt32BitsToSingle(CodeConstants<TWidth>.RoundingBias);
        var top = BitConverter.UInt32BitsToSingle(CodeConstants<TWidth>.Top);
        var firstAtom = group * (GroupSize / AtomSize);
        for (var atom = 0; atom < GroupSize / AtomSize; atom++)
        {
            ulong codes = 0;
            for (var i = AtomSize - 1; i >= 0; i--)
            {
                var t = MathF.FusedMultiplyAdd(values[atom * AtomSize + i], inverse, bias);
                t = t < top ? t : top;
                codes = codes << TWidth.Bits | (BitConverter.SingleToUInt32Bits(t) & CodeConstants<TWidth>.Mask);
            }

            StoreAtom(row, firstAtom + atom, codes);
        }

        ((ushort*)(row + RowLayout<TWidth>.Scales))[group] = (ushort)(scale >> 16);
    }

    private static void DecodeGroup(byte* row, int group, float* sums)
    {
        var scale = BitConverter.UInt32BitsToSingle((uint)((ushort*)(row + RowLayout<TWidth>.Scales))[group] << 16);
        var firstAtom = group * (GroupSize / AtomSize);
        for (var i = 0; i < GroupSize; i++)
        {
            var codes = LoadAtom(row, firstAtom + i / AtomSize) >> (i % AtomSize * TWidth.Bits);
            var steps = (int)((uint)codes & CodeConstants<TWidth>.Mask) - (int)CodeConstants<TWidth>.Zero;
            sums[i] = MathF.FusedMultiplyAdd(steps, scale, sums[i]);
        }
    }

    private static void StoreAtom(byte* row, int atom, ulong codes)
    {
        if (TWidth.Bits == 8)
        {
            ((ulong*)row)[atom] = codes;
            return;
        }

        ((uint*)row)[atom] = (uint)codes;
        if (RowLayout<TWidth>.AtomBytes1 == sizeof(ushort))
        {
            ((ushort*)(row + RowLayout<TWidth>.Plane1))[atom] = (ushort)(codes >> 32);
        }
    }

    private static ulong LoadAtom(byte* row, int atom)
    {
        if (TWidth.Bits == 8)
        {
            return ((ulong*)row)[atom];
        }

        ulong codes = ((uint*)row)[atom];
        return RowLayout<TWidth>.AtomBytes1 == sizeof(ushort)
            ? codes | (ulong)((ushort*)(row + RowLayout<TWidth>.Plane1))[atom] << 32
            : codes;
    }
}
