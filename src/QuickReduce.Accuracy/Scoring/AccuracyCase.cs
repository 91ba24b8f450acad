namespace QuickReduce.Accuracy;

/// <summary>How the partial sums of a model are all-reduced.</summary>
/// <param name="DataType">What partial sums are rounded to.</param>
/// <param name="Mode">How they travel.</param>
/// <param name="WorldSize">Number of ranks.</param>
public readonly record struct AccuracyCase(DataType DataType, AllReduceMode Mode, int WorldSize)
{
    /// <summary>The whole model on one rank in single precision, which everything is compared with.</summary>
    public static AccuracyCase Baseline { get; } = new(DataType.Float32, QuantRegime.FP, 1);

    /// <summary>Name of the data type in tables and files, for example <c>float16</c>.</summary>
    public string DataTypeName => KernelVariant.NameOf(DataType);

    /// <summary>Name of the mode in tables and files, for example <c>int4</c>, <c>int4_group16</c>, <c>int4_group16_shared</c>.</summary>
    public string RegimeName => KernelVariant.NameOf(Mode);

    /// <summary>Mean bits on the wire per element of the partial sums, scales included.</summary>
    public double BitsPerElement => new WireFormat(DataType, Mode).BitsPerElement;

    /// <summary>For messages: <c>float16 int4, 4 ranks</c>.</summary>
    public override string ToString() =>
        DataTypeName + " " + RegimeName + (WorldSize == 1 ? ", 1 rank" : ", " + WorldSize + " ranks");
}
