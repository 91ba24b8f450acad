using System.Runtime.InteropServices;

namespace QuickReduce.Build.Tests;

public sealed class OffloadTargetListTests
{
    [Theory]
    [InlineData("gfx942;gfx950")]
    [InlineData("gfx942,gfx950")]
    [InlineData("gfx942 gfx950")]
    [InlineData(" gfx942 ;, gfx950;; gfx942\n")]
    public void Separators_and_repetitions_do_not_matter(string list) =>
        Assert.Equal(["gfx942", "gfx950"], Parse(list).Select(target => target.Name));

    [Theory]
    [InlineData("gfx942", "gfx942", ".hsaco")]
    [InlineData("gfx90a", "gfx90a", ".hsaco")]
    [InlineData("gfx1100", "gfx1100", ".hsaco")]
    [InlineData("gfx9-4-generic", "gfx9-4-generic", ".hsaco")]
    [InlineData("gfx942:sramecc+:xnack-", "gfx942_sramecc+_xnack-", ".hsaco")]
    [InlineData("gfx942:xnack+", "gfx942_xnack+", ".hsaco")]
    [InlineData("sm_90", "sm_90", ".ptx")]
    [InlineData("sm_90a", "sm_90a", ".ptx")]
    public void Each_form_has_its_folder_and_extension(string name, string folder, string extension)
    {
        OffloadTarget target = Assert.Single(Parse(name));
        Assert.Equal((name, folder, extension), (target.Name, target.Folder, target.Extension));
    }

    /// <summary>Compilers write features in one order, and the run time looks for folders that are named so.</summary>
    [Fact]
    public void Features_have_one_order() =>
        Assert.Equal(["gfx942:sramecc+:xnack-", "gfx942"], Parse("gfx942:xnack-:sramecc+;gfx942:sramecc+:xnack-;gfx942").Select(target => target.Name));

    [Theory]
    [InlineData("mi300x", "The architecture of 'mi300x' is gfx942. ")]
    [InlineData("MI355X;cpu", "The architecture of 'MI355X' is gfx950, of 'cpu' is host. ")]
    [InlineData("GFX942", "The architecture of 'GFX942' is gfx942. ")]
    [InlineData("SM_90", "The architecture of 'SM_90' is sm_90. ")]
    [InlineData("nonsense", "")]
    public void What_may_have_been_meant_is_suggested(string list, string expected)
    {
        OffloadTargetList.Parse(list, null, Architecture.X64, out IReadOnlyList<string> unknown);
        Assert.Equal(expected, OffloadTargetList.Suggestion(unknown));
    }

    [Fact]
    public void Host_stands_for_the_levels_of_the_machines_kind()
    {
        Assert.Equal(["host/x86-64-v3", "host/x86-64-v4"], Parse("host").Select(target => target.Folder));
        Assert.Equal(["host/armv8.2-a+fp16"], Parse("host", machine: Architecture.Arm64).Select(target => target.Folder));
        Assert.Equal(["host/x86-64-v4"], Parse("host", levels: "x86-64-v4").Select(target => target.Folder));
    }

    [Theory]
    [InlineData("gfx")]
    [InlineData("GFX942")]
    [InlineData("gfx942:fast+")]
    [InlineData("gfx942:xnack+:xnack+")]
    [InlineData("gfx942:xnack+:xnack-")]
    [InlineData("gfx942:xnack+:sramecc+:xnack+")]
    [InlineData("gfx942/../..")]
    [InlineData("mi300x")]
    [InlineData("sm90")]
    [InlineData("cpu")]
    public void Other_names_are_unknown(string name)
    {
        OffloadTargetList.Parse("gfx942;" + name, null, Architecture.X64, out IReadOnlyList<string> unknown);
        Assert.Equal([name], unknown);
    }

    private static IReadOnlyList<OffloadTarget> Parse(string list, string? levels = null, Architecture machine = Architecture.X64)
    {
        IReadOnlyList<OffloadTarget> targets = OffloadTargetList.Parse(list, levels, machine, out IReadOnlyList<string> unknown);
        Assert.Empty(unknown);
        return targets;
    }
}
