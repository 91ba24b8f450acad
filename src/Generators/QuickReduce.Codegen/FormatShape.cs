namespace QuickReduce.Codegen;

/// <summary>A wire format as a call names it: a regime and the size of its groups.</summary>
/// <param name="Regime">Regime.</param>
/// <param name="GroupSize">Elements per scale; 0 in full precision.</param>
public readonly record struct FormatShape(QuantRegime Regime, int GroupSize) : IComparable<FormatShape>
{
    /// <summary>Name of the enumeration's member: <c>FP</c>, <c>Int4</c>, <c>Int4Group16</c>.</summary>
    public string Name => IsUsual ? Regime.ToString() : $"{Regime}Group{GroupSize}";

    /// <summary>Whether the group size is the default one, so that the regime alone says it all.</summary>
    public bool IsUsual => Regime == QuantRegime.FP || GroupSize == SpecializationRules.DefaultGroupSize;

    /// <summary>
    /// Value of the enumeration's member: the regime's own, and above its eight bits a group size that is not the default.
    /// </summary>
    public int Value => IsUsual ? (int)Regime : (int)Regime | GroupSize << 8;

    /// <summary>The format of a variant.</summary>
    public static FormatShape Of(KernelVariant variant) => new(variant.Regime, variant.GroupSize);

    /// <inheritdoc/>
    public int CompareTo(FormatShape other) =>
        Regime != other.Regime ? Regime.CompareTo(other.Regime) : GroupSize.CompareTo(other.GroupSize);
}
