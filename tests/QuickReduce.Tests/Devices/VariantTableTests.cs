using Xunit;

namespace QuickReduce.Tests.Devices;

public sealed class VariantTableTests
{
    private static readonly KernelVariant[] All =
    [
        .. from type in SpecializationRules.DataTypes
           from mode in SpecializationRules.Modes
           from worldSize in SpecializationRules.WorldSizes
           from algorithm in SpecializationRules.Algorithms
           select new KernelVariant(type, mode, worldSize, algorithm),
    ];

    [Fact]
    public void Every_variant_is_found_and_no_other()
    {
        var table = new VariantTable(All.Length);
        var half = All.Length / 2;
        for (var i = 0; i < half; i++)
        {
            Assert.True(table.TryAdd(All[i], All[^(i + 1)]));
        }

        Assert.All(Enumerable.Range(0, All.Length), i => Assert.Equal(i < half ? All[^(i + 1)] : null, table.Find(All[i])));
    }

    [Fact]
    public void The_first_of_a_key_stays()
    {
        var table = new VariantTable(2);
        Assert.True(table.TryAdd(All[0], All[1]));
        Assert.False(table.TryAdd(All[0], All[2]));
        Assert.Equal(All[1], table.Find(All[0]));
    }

    [Fact]
    public void An_empty_one_has_nothing() => Assert.Null(new VariantTable(0).Find(All[0]));

    [Fact]
    public void Variants_are_equal_exactly_when_all_axes_are()
    {
        var usual = new KernelVariant(DataType.Float16, QuantRegime.Int4, 4);
        KernelVariant[] others =
        [
            usual with { DataType = DataType.BFloat16 }, usual with { Regime = QuantRegime.Int5 }, usual with { WorldSize = 5 },
            usual with { Algorithm = AllReduceAlgorithm.OneShot }, usual with { GroupSize = 64 }, usual with { ScaleFormat = ScaleFormat.SharedExponent },
            usual with { BlockSize = 512 }, usual with { AtomsPerThread = 16 },
        ];
        var same = new KernelVariant(DataType.Float16, QuantRegime.Int4, 4);
        Assert.Equal(usual, same);
        Assert.Equal(usual.GetHashCode(), same.GetHashCode());
        Assert.All(others, other => Assert.NotEqual(usual, other));
        Assert.Equal(others.Length, others.Distinct().Count());
        Assert.Equal(SpecializationRules.Modes.Count, SpecializationRules.Modes.Distinct().Count());
    }

    /// <summary>Of every axis, what is listed exists, and nothing else.</summary>
    [Fact]
    public void WhatIsListedExists()
    {
        var variant = new KernelVariant(DataType.Float16, QuantRegime.Int4, 2);
        for (var value = -1; value < 32; value++)
        {
            Agree(SpecializationRules.DataTypes.Contains((DataType)value), variant with { DataType = (DataType)value });
            Agree(SpecializationRules.Regimes.Contains((QuantRegime)value), variant with { Regime = (QuantRegime)value });
            Agree(SpecializationRules.Algorithms.Contains((AllReduceAlgorithm)value), variant with { Algorithm = (AllReduceAlgorithm)value });
            Agree(SpecializationRules.ScaleFormats.Contains((ScaleFormat)value), variant with { ScaleFormat = (ScaleFormat)value });
        }

        static void Agree(bool isListed, KernelVariant asked) =>
            Assert.Equal(!isListed, SpecializationRules.Refusal(asked)?.Contains("does not exist", StringComparison.Ordinal) == true);
    }
}
