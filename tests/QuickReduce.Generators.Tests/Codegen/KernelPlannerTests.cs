namespace QuickReduce.Codegen.Tests;

public sealed class KernelPlannerTests
{
    private static readonly KernelVariant[] All = [.. Space.Usual];

    [Fact]
    public void A_unit_has_one_data_type_and_regime_and_all_its_world_sizes()
    {
        var units = KernelPlanner.Plan(Model(All));
        Assert.Equal(8, units.Count);
        Assert.Equal(All.Order(), units.SelectMany(u => u.Variants));
        Assert.All(units, u => Assert.All(u.Variants, v => Assert.Equal(u.Variants[0].UnitName, v.UnitName)));
        Assert.Equal("A.B.Outer.C.float16_fp", units[0].Name);
        Assert.Equal(8, units.Select(u => u.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count());
    }

    [Fact]
    public void The_whole_space_is_planned_each_variant_once_with_names_of_its_own()
    {
        KernelVariant[] all = [.. Space.Supported];
        var units = KernelPlanner.Plan(Model(all));
        Assert.Equal(all.Order(), units.SelectMany(u => u.Variants));
        Assert.Equal(units.Count, units.Select(u => u.Name).Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.Equal(all.Length, all.Select(v => v.KernelName).Distinct(StringComparer.OrdinalIgnoreCase).Count());
        Assert.All(units, u => Assert.Equal(u.Variants.Count, u.Variants.Select(v => v.ScopeName).Distinct().Count()));
        Assert.All(units, u => Assert.Equal(u.Wire.RowBytes, WireFormat.Of(u.Variants[^1]).RowBytes));
    }

    [Fact]
    public void A_plan_does_not_depend_on_the_order_of_declaration() =>
        Assert.Equal(KernelPlanner.Plan(Model(All)), KernelPlanner.Plan(Model([.. All.Reverse()])));

    [Fact]
    public void The_source_id_changes_with_the_kernels_of_the_unit_and_only_with_them()
    {
        var all = KernelPlanner.Plan(Model(All));
        var less = KernelPlanner.Plan(Model([.. All.Where(v => v != All[0])]));
        Assert.NotEqual(all[0].SourceId, less[0].SourceId);
        Assert.Equal(all.Skip(1), less.Skip(1));
        Assert.All(all, u => Assert.Matches("^[0-9a-f]{16}$", u.SourceId));
        Assert.Equal(8, all.Select(u => u.SourceId).Distinct().Count());
    }

    [Fact]
    public void Models_are_equal_by_value()
    {
        Assert.Equal(Model(All), Model([.. All]));
        Assert.Equal(Model(All).GetHashCode(), Model([.. All]).GetHashCode());
        Assert.NotEqual(Model(All), Model(All[1..]));
    }

    [Fact]
    public void A_qualified_name_has_no_escapes() =>
        Assert.Equal("namespace.class.C", new KernelSetModel("@namespace", new([new("class", "@class")]), new("class", "C"), new(All)).QualifiedName);

    private static KernelSetModel Model(KernelVariant[] variants) =>
        new("A.B", new([new TypeDeclaration("struct", "Outer")]), new("class", "C"), new(variants));
}
