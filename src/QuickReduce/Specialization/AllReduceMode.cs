#if QUICKREDUCE_CODEGEN
namespace QuickReduce.Codegen;
#else
namespace QuickReduce;
#endif

/// <summary>How the elements of one all-reduce travel: a regime and, where it is quantised, the size and the scales of its groups.</summary>
/// <param name="Regime">Wire format.</param>
/// <param name="GroupSize">Elements that share one scale; 0 in full precision.</param>
/// <param name="ScaleFormat">How scales travel; <see cref="ScaleFormat.BFloat16"/> in full precision, which has none.</param>
/// <remarks>A regime converts to its mode with groups of 32, each with a scale of its own.</remarks>
public readonly record struct AllReduceMode(QuantRegime Regime, int GroupSize, ScaleFormat ScaleFormat = ScaleFormat.BFloat16)
{
    /// <summary>The mode of a regime with the default group size.</summary>
    public AllReduceMode(QuantRegime regime)
        : this(regime, regime == QuantRegime.FP ? 0 : SpecializationRules.DefaultGroupSize)
    {
    }

    /// <summary>The mode of a regime with the default group size.</summary>
    public static implicit operator AllReduceMode(QuantRegime regime) => new(regime);

    /// <summary>The mode of a regime with the default group size.</summary>
    public static AllReduceMode FromQuantRegime(QuantRegime regime) => new(regime);

    // Written out, as those of a variant are.

    /// <inheritdoc/>
    public bool Equals(AllReduceMode other) => Regime == other.Regime && GroupSize == other.GroupSize && ScaleFormat == other.ScaleFormat;

    /// <inheritdoc/>
    public override int GetHashCode() => ((int)Regime << 16) ^ (GroupSize << 1) ^ (int)ScaleFormat;

    /// <summary>For messages: <c>Int4</c>, <c>Int4 in groups of 16</c>, <c>Int4 in groups of 16 with shared exponents</c>.</summary>
    public override string ToString() =>
        this == new AllReduceMode(Regime) ? Regime.ToString()
        : ScaleFormat == ScaleFormat.SharedExponent ? $"{Regime} in groups of {GroupSize} with shared exponents"
        : $"{Regime} in groups of {GroupSize}";
}
