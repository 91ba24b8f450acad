namespace QuickReduce;

/// <summary>How the elements of one all-reduce travel: a regime and, where it is quantised, the size of its groups.</summary>
/// <param name="Regime">Wire format.</param>
/// <param name="GroupSize">Elements that share one scale; 0 in full precision.</param>
/// <remarks>A regime converts to its mode with groups of 32.</remarks>
public readonly record struct AllReduceMode(QuantRegime Regime, int GroupSize)
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

    /// <summary>For messages: <c>Int4</c>, <c>Int4 in groups of 16</c>.</summary>
    public override string ToString() =>
        GroupSize == new AllReduceMode(Regime).GroupSize ? Regime.ToString() : $"{Regime} in groups of {GroupSize}";
}
