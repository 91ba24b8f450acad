using Xunit;

namespace QuickReduce.Tests.Collectives;

/// <summary>Kernel sets for tests that need no generated class.</summary>
public static class TestKernels
{
    public const string SourceId = "0123456789abcdef";

    private static readonly DataType[] DataTypes = [DataType.Float16, DataType.BFloat16];

    private static readonly QuantRegime[] Regimes = [QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4];

    private static readonly int[] WorldSizes = [2, 4, 8];

    /// <summary>The set of the original: what an attribute without arguments declares.</summary>
    public static IReadOnlyList<KernelVariant> DefaultVariants { get; } =
        [.. from type in DataTypes from regime in Regimes from worldSize in WorldSizes select new KernelVariant(type, regime, worldSize)];

    /// <summary>Every point of the space, tuning parameters apart.</summary>
    public static IReadOnlyList<KernelVariant> EveryVariant { get; } =
    [
        .. from type in SpecializationRules.DataTypes
           from mode in SpecializationRules.Modes
           from worldSize in SpecializationRules.WorldSizes
           from algorithm in SpecializationRules.Algorithms
           let variant = new KernelVariant(type, mode, worldSize, algorithm)
           where variant.IsSupported
           select variant,
    ];

    /// <summary>The default variants, with units that have no library.</summary>
    public static KernelSet Default { get; } = Of("QuickReduce.Tests.Default", DefaultVariants);

    /// <summary>Every variant, with units that have no library.</summary>
    public static KernelSet Everything { get; } = Of("QuickReduce.Tests.Everything", EveryVariant);

    /// <summary>The default variants, for theories.</summary>
    public static TheoryData<DataType, QuantRegime, int> DefaultVariantData
    {
        get
        {
            var data = new TheoryData<DataType, QuantRegime, int>();
            foreach (var variant in DefaultVariants)
            {
                data.Add(variant.DataType, variant.Regime, variant.WorldSize);
            }

            return data;
        }
    }

    /// <summary>World sizes and algorithms, for theories.</summary>
    public static TheoryData<int, AllReduceAlgorithm> WorldSizesAndAlgorithms
    {
        get
        {
            var data = new TheoryData<int, AllReduceAlgorithm>();
            foreach (var worldSize in SpecializationRules.WorldSizes)
            {
                foreach (var algorithm in SpecializationRules.Algorithms)
                {
                    data.Add(worldSize, algorithm);
                }
            }

            return data;
        }
    }

    public static KernelSet Of(string name, IReadOnlyList<KernelVariant> variants, string sourceId = SourceId) => new(
        name,
        variants,
        [.. variants.Select(variant => variant.UnitName).Distinct().Select(unit => new KernelUnit(name + "." + unit, sourceId))]);
}
