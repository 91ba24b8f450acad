using System.Runtime.CompilerServices;

namespace QuickReduce.Codecs;

/// <summary>Full precision: a row holds the elements themselves, and sums are narrowed.</summary>
internal sealed unsafe class FullPrecisionRowCodec : RowCodec
{
    private static readonly FullPrecisionRowCodec[] Instances =
    [
        .. from type in new[] { DataType.Float16, DataType.BFloat16 }
           from simd in Enum.GetValues<SimdWidth>()
           select new FullPrecisionRowCodec(type, simd),
    ];

    private readonly DataType _type;
    private readonly SimdWidth _simd;

    private FullPrecisionRowCodec(DataType type, SimdWidth simd)
    {
        _type = type;
        _simd = simd;
    }

    /// <summary>The codec of an element type for a vector width.</summary>
    public static FullPrecisionRowCodec For(DataType type, SimdWidth simd) => Instances[(int)type * 4 + (int)simd];

    public override void Encode(ushort* source, int elementCount, byte* row)
    {
        Copy(source, (ushort*)row, elementCount);
        ClearRestOfGroup((ushort*)row, elementCount);
    }

    [SkipLocalsInit]
    public override void Reduce(byte* rows, nint stride, int worldSize, int elementCount, byte* result)
    {
        var inputs = stackalloc ushort*[worldSize];
        for (var rank = 0; rank < worldSize; rank++)
        {
            inputs[rank] = (ushort*)(rows + rank * stride);
        }

        FullPrecision.SumTo((ushort*)result, _type, inputs, worldSize, elementCount, _simd);
        ClearRestOfGroup((ushort*)result, elementCount);
    }

    public override void Decode(byte* row, ushort* destination, int elementCount) =>
        Copy((ushort*)row, destination, elementCount);

    private static void Copy(ushort* source, ushort* destination, int elementCount) =>
        new Span<ushort>(source, elementCount).CopyTo(new Span<ushort>(destination, elementCount));

    private static void ClearRestOfGroup(ushort* row, int elementCount) =>
        new Span<ushort>(row + elementCount, GroupCount(elementCount) * RowShape.GroupSize - elementCount).Clear();
}
