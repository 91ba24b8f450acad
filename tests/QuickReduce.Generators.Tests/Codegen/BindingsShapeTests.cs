namespace QuickReduce.Codegen.Tests;

public sealed class BindingsShapeTests
{
    [Fact]
    public void A_cross_product_is_uniform()
    {
        var shape = BindingsShape.Of([.. Product([DataType.BFloat16], [QuantRegime.Int4, QuantRegime.FP], [8, 2])]);
        Assert.True(shape.IsUniform);
        Assert.Equal([2, 8], shape.WorldSizes);
        Assert.Equal(["Kernels", "Regime", "WorldSize", "Rank", "Communicator", "Group", "CreateGroup", "JoinAsync", "GpuGroup", "CreateGpuGroup", "JoinGpuAsync"], shape.MemberNames);
        Assert.Equal([QuantRegime.FP, QuantRegime.Int4], Assert.Single(Assert.Single(shape.Groups).RegimeEnums).Formats.Select(f => f.Regime));
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
        Assert.Equal(
            ["Kernels", "GroupOf2", "CreateGroupOf2", "JoinOf2Async", "GpuGroupOf2", "CreateGpuGroupOf2", "JoinGpuOf2Async", "GroupOf4", "CreateGroupOf4", "JoinOf4Async", "GpuGroupOf4", "CreateGpuGroupOf4", "JoinGpuOf4Async"], shape.MemberNames);
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

    [Fact]
    public void Groups_and_scales_that_are_not_the_default_are_part_of_the_members_name_and_value()
    {
        var shape = BindingsShape.Of(
        [
            .. from mode in SpecializationRules.Modes
               where mode is { Regime: QuantRegime.FP } or { Regime: QuantRegime.Int4, GroupSize: 16 or 32 }
               select new KernelVariant(DataType.Float16, mode, 2),
        ]);
        Assert.True(shape.IsUniform);
        Assert.Contains("ModeOf", shape.MemberNames);
        var formats = Assert.Single(Assert.Single(shape.Groups).RegimeEnums).Formats;
        Assert.Equal(["FP", "Int4Group16", "Int4Group16Shared", "Int4", "Int4Shared"], formats.Select(f => f.Name));
        Assert.Equal([0, 4 | 16 << 8, 4 | 16 << 8 | 1 << 16, 4, 4 | 1 << 16], formats.Select(f => f.Value));
    }

    [Fact]
    public void What_a_call_does_not_name_does_not_change_the_shape()
    {
        var usual = Product([DataType.Float16], [QuantRegime.Int4], [2, 4]).ToArray();
        var tuned = BindingsShape.Of(
        [
            .. usual,
            new(DataType.Float16, QuantRegime.Int4, 2) { BlockSize = 512 },
            new(DataType.Float16, QuantRegime.Int4, 4, AllReduceAlgorithm.OneShot),
        ]);
        Assert.True(tuned.IsUniform);
        Assert.Equal(BindingsShape.Of(usual).MemberNames, tuned.MemberNames);
    }

    [Fact]
    public void Every_member_name_is_a_possible_one()
    {
        var random = new Random(1);
        var all = Space.Supported.ToArray();
        for (var i = 0; i < 200; i++)
        {
            var shape = BindingsShape.Of([.. random.GetItems(all, random.Next(1, 6)).Distinct()]);
            Assert.All(shape.MemberNames, name => Assert.Contains(name, BindingsShape.PossibleMemberNames));
            foreach (var regimes in shape.Groups.SelectMany(g => g.RegimeEnums))
            {
                Assert.Equal(regimes.Formats.Count, regimes.Formats.Select(f => f.Value).Distinct().Count());
                Assert.Equal(regimes.Formats.Count, regimes.Formats.Select(f => f.Name).Distinct().Count());
            }
        }
    }

    private static IEnumerable<KernelVariant> Product(DataType[] dataTypes, QuantRegime[] regimes, int[] worldSizes) =>
        from dataType in dataTypes
        from regime in regimes
        from worldSize in worldSizes
        select new KernelVariant(dataType, regime, worldSize);
}
