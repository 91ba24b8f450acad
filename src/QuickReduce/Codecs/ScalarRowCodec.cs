using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>
/// One element at a time: for processors without vectors, and the reference that the vector codecs are held against.
/// </summary>
internal sealed unsafe class ScalarRowCodec<TElement, TWidth, TGroup> : RowCodec
    where TElement : struct, IElement16
    where TWidth : struct, ICodeWidth
    where TGroup : struct, IGroupSize
{
    public static readonly ScalarRowCodec<TElement, TWidth, TGroup> Instance = new();

    private ScalarRowCodec()
    {
    }

    public override int RowBytes => RowLayout<TWidth, TGroup>.RowBytes;

    private static int FieldElements => TGroup.Elements * RowLayout<TWidth, TGroup>.GroupsPerField;

    [SkipLocalsInit]
    public override void Encode(ushort* source, int elementCount, byte* row)
    {
        var values = stackalloc float[FieldElements];
        for (var start = 0; start < elementCount; start += FieldElements)
        {
            for (var i = 0; i < FieldElements; i++)
            {
                values[i] = start + i < elementCount ? TElement.Widen(source[start + i]) : 0f;
            }

            EncodeField(values, row, start / TGroup.Elements);
        }
    }

    [SkipLocalsInit]
    public override void Reduce(byte* rows, nint stride, int worldSize, int elementCount, byte* result)
    {
        var sums = stackalloc float[FieldElements];
        var groupCount = RowLayout<TWidth, TGroup>.GroupCount(elementCount);
        for (var firstGroup = 0; firstGroup < groupCount; firstGroup += RowLayout<TWidth, TGroup>.GroupsPerField)
        {
            for (var group = 0; group < RowLayout<TWidth, TGroup>.GroupsPerField; group++)
            {
                SumGroup(rows, stride, worldSize, firstGroup + group, sums + group * TGroup.Elements);
            }

            EncodeField(sums, result, firstGroup);
        }
    }

    [SkipLocalsInit]
    public override void Sum(byte* rows, nint stride, int worldSize, ushort* destination, int elementCount)
    {
        var sums = stackalloc float[TGroup.Elements];
        for (var start = 0; start < elementCount; start += TGroup.Elements)
        {
            SumGroup(rows, stride, worldSize, start / TGroup.Elements, sums);
            var count = Math.Min(TGroup.Elements, elementCount - start);
            for (var i = 0; i < count; i++)
            {
                destination[start + i] = TElement.Narrow(sums[i]);
            }
        }
    }

    public override void Decode(byte* row, ushort* destination, int elementCount) =>
        Sum(row, stride: 0, worldSize: 1, destination, elementCount);

    /// <summary>Encodes the groups whose scales are encoded together.</summary>
    [SkipLocalsInit]
    private static void EncodeField(float* values, byte* row, int firstGroup)
    {
        var scales = stackalloc uint[RowLayout<TWidth, TGroup>.GroupsPerField];
        for (var group = 0; group < RowLayout<TWidth, TGroup>.GroupsPerField; group++)
        {
            scales[group] = ScalarScales<TWidth, TGroup>.KeyOfPeak(values + group * TGroup.Elements);
        }

        ScalarScales<TWidth, TGroup>.Encode(scales, row, firstGroup);
        for (var group = 0; group < RowLayout<TWidth, TGroup>.GroupsPerField; group++)
        {
            Quantize(values + group * TGroup.Elements, BitConverter.UInt32BitsToSingle(scales[group]), row, firstGroup + group);
        }
    }

    private static void Quantize(float* values, float scale, byte* row, int group)
    {
        var inverse = 1f / scale;
        var bias = BitConverter.UInt32BitsToSingle(CodeConstants<TWidth>.RoundingBias);
        var top = BitConverter.UInt32BitsToSingle(CodeConstants<TWidth>.Top);
        for (var atom = 0; atom < RowLayout<TWidth, TGroup>.AtomsPerGroup; atom++)
        {
            ulong codes = 0;
            for (var i = ElementsPerAtom - 1; i >= 0; i--)
            {
                var t = MathF.FusedMultiplyAdd(values[atom * ElementsPerAtom + i], inverse, bias);
                t = t < top ? t : top;
                codes = codes << TWidth.Bits | (BitConverter.SingleToUInt32Bits(t) & CodeConstants<TWidth>.Mask);
            }

            StoreAtom(row, group * RowLayout<TWidth, TGroup>.AtomsPerGroup + atom, codes);
        }
    }

    private static void SumGroup(byte* rows, nint stride, int worldSize, int group, float* sums)
    {
        new Span<float>(sums, TGroup.Elements).Clear();
        for (var rank = 0; rank < worldSize; rank++)
        {
            AddGroup(rows + rank * stride, group, sums);
        }
    }

    private static void AddGroup(byte* row, int group, float* sums)
    {
        var scale = ScalarScales<TWidth, TGroup>.Load(row, group);
        for (var atom = 0; atom < RowLayout<TWidth, TGroup>.AtomsPerGroup; atom++)
        {
            var codes = LoadAtom(row, group * RowLayout<TWidth, TGroup>.AtomsPerGroup + atom);
            for (var i = 0; i < ElementsPerAtom; i++, codes >>= TWidth.Bits)
            {
                var steps = (int)((uint)codes & CodeConstants<TWidth>.Mask) - (int)CodeConstants<TWidth>.Zero;
                ref var sum = ref sums[atom * ElementsPerAtom + i];
                sum = MathF.FusedMultiplyAdd(steps, scale, sum);
            }
        }
    }

    private static void StoreAtom(byte* row, int atom, ulong codes)
    {
        for (var piece = sizeof(ulong); piece > 0; piece >>= 1)
        {
            if (RowLayout<TWidth, TGroup>.HasPlane(piece))
            {
                Buffer.MemoryCopy(&codes, RowLayout<TWidth, TGroup>.Piece(row, piece, atom), piece, piece);
                codes >>= 8 * piece;
            }
        }
    }

    private static ulong LoadAtom(byte* row, int atom)
    {
        ulong codes = 0;
        var bytes = 0;
        for (var piece = sizeof(ulong); piece > 0; piece >>= 1)
        {
            if (RowLayout<TWidth, TGroup>.HasPlane(piece))
            {
                Buffer.MemoryCopy(RowLayout<TWidth, TGroup>.Piece(row, piece, atom), (byte*)&codes + bytes, piece, piece);
                bytes += piece;
            }
        }

        return codes;
    }
}
