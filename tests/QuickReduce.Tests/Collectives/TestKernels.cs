using Xunit;

namespace QuickReduce.Tests.Collectives;

/// <summary>Kernel sets for tests that need no generated class.</summary>
public static class TestKernels
{
    public const string SourceId = "0123456789abcdef";

    private static readonly DataType[] DataTypes = [DataType.Float16, DataType.BFloat16];

    private static readonly QuantRegime[] Regimes = [QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4];

    public static IReadOnlyList<KernelVariant> AllVariants { get; } =
        [.. from type in DataTypes from regime in Regimes from worldSize in SpecializationRules.WorldSizes select new KernelVariant(type, regime, worldSize)];

    /// <summary>Every variant, with units that have no library.</summary>
    public static KernelSet All { get; } = Of("QuickReduce.Tests.Everything", AllVariants);

    /// <summary>Every variant, for theories.</summary>
    public static TheoryData<DataType, QuantRegime, int> VariantData
    {
        get
        {
            var data = new TheoryData<DataType, QuantRegime, int>();
            foreach (var variant in AllVariants)
            {
                data.Add(variant.DataType, variant.Regime, variant.WorldSize);
            }

            return data;
        }
    }

    public static KernelSet Of(string name, IReadOnlyList<KernelVariant> variants, string sourceId = SourceId) => new(
        name,
        variants,
        [.. variants.Select(variant => variant.UnitName).Distinct().Select(unit => new KernelUnit(name + "." + unit, sourceId))]);
}
