namespace QuickReduce.Codegen;

/// <summary>A wire format as a call names it: a regime, and the size and the scales of its groups.</summary>
/// <param name="Regime">Regime.</param>
/// <param name="GroupSize">Elements per scale; 0 in full precision.</param>
/// <param name="ScaleFormat">How scales travel.</param>
public readonly record struct FormatShape(QuantRegime Regime, int GroupSize, ScaleFormat ScaleFormat) : IComparable<FormatShape>
{
    /// <summary>Name of the enumeration's member: <c>FP</c>, <c>Int4</c>, <c>Int4Group16</c>, <c>Int4Group16Shared</c>.</summary>
    public string Name =>
        Regime + (HasUsualGroups ? string.Empty : $"Group{GroupSize}") + (ScaleFormat == ScaleFormat.SharedExponent ? "Shared" : string.Empty);

    /// <summary>Whether groups and scales are the default ones, so that the regime alone says it all.</summary>
    public bool IsUsual => Mode == new AllReduceMode(Regime);

    /// <summary>
    /// Value of the enumeration's member: the regime's own; above its eight bits a group size that is not the default, in
    /// eight bits, and then the scale format.
    /// </summary>
    public int Value => (int)Regime | (HasUsualGroups ? 0 : GroupSize << 8) | (int)ScaleFormat << 16;

    /// <summary>How elements travel.</summary>
    public AllReduceMode Mode => new(Regime, GroupSize, ScaleFormat);

    private bool HasUsualGroups => GroupSize == new AllReduceMode(Regime).GroupSize;

    /// <summary>The format of a variant.</summary>
    public static FormatShape Of(KernelVariant variant) => new(variant.Regime, variant.GroupSize, variant.ScaleFormat);

    /// <inheritdoc/>
    public int CompareTo(FormatShape other) =>
        Regime != other.Regime ? Regime.CompareTo(other.Regime)
        : GroupSize != other.GroupSize ? GroupSize.CompareTo(other.GroupSize)
        : ScaleFormat.CompareTo(other.ScaleFormat);
}
