namespace QuickReduce.Codegen.Tests;

public sealed class BindingsShapeTests
{
    [Fact]
    public void A_cross_product_is_uniform()
    {
        var shape = BindingsShape.Of([.. Product([DataType.BFloat16], [QuantRegime.Int4, QuantRegime.FP], [8, 2])]);
        Assert.True(shape.IsUniform);
        Assert.Equal([2, 8], shape.WorldSizes);
        Assert.Equal(["Kernels", "Regime", "WorldSize", "Rank", "Group", "CreateGroup"], shape.MemberNames);
        Assert.Equal([QuantRegime.FP, QuantRegime.Int4], Assert.Single(Assert.Single(shape.Groups).RegimeEnums).Regimes);
    }

    [Fact]
    public void Different_regimes_at_two_world_sizes_are_two_groups()
    {
        var shape = BindingsShape.Of(
        [
            .. Product([DataType.Float16, DataType.BFloat16], [QuantRegime.Int4], [2]),
            .. Product([DataType.Float16, DataType.BFloat16], [QuantRegime.FP], [4]),
        ]);
        Assert.False(shape.IsUniform);
        Assert.Equal(["Kernels", "GroupOf2", "CreateGroupOf2", "GroupOf4", "CreateGroupOf4"], shape.MemberNames);
        Assert.All(shape.Groups, g => Assert.Equal("Regime", Assert.Single(g.RegimeEnums).Name));
    }

    [Fact]
    public void Different_regimes_of_two_data_types_are_two_enumerations()
    {
        var shape = BindingsShape.Of(
        [
            new(DataType.BFloat16, QuantRegime.Int8, 2),
            new(DataType.Float16, QuantRegime.Int4, 2),
        ]);
        Assert.False(shape.IsUniform);
        var group = Assert.Single(shape.Groups);
        Assert.Equal(["Float16Regime", "BFloat16Regime"], group.RegimeEnums.Select(e => e.Name));
        Assert.Equal([(DataType.Float16, "Float16Regime"), (DataType.BFloat16, "BFloat16Regime")], group.Elements.Select(e => (e.DataType, e.RegimeEnum)));
    }

    private static IEnumerable<KernelVariant> Product(DataType[] dataTypes, QuantRegime[] regimes, int[] worldSizes) =>
        from dataType in dataTypes
        from regime in regimes
        from worldSize in worldSizes
        select new KernelVariant(dataType, regime, worldSize);
}
