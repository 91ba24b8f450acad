using QuickReduce.Devices.Gpu.Code;

namespace QuickReduce.Gpu.Tests.Code;

/// <summary>Which code runs on which device: LLVM's rules for target ids.</summary>
public sealed class TargetIdTests
{
    [Theory]
    [InlineData("gfx942", "gfx942:sramecc+:xnack-", true)] // not named: either
    [InlineData("gfx942:xnack-", "gfx942:sramecc+:xnack-", true)]
    [InlineData("gfx942:xnack+", "gfx942:sramecc+:xnack-", false)]
    [InlineData("gfx942:sramecc+", "gfx942:sramecc+:xnack+", true)]
    [InlineData("gfx942:sramecc-", "gfx942:sramecc+:xnack+", false)]
    [InlineData("gfx942:xnack-:sramecc+", "gfx942:sramecc+:xnack-", true)] // in any order
    [InlineData("gfx942:sramecc+:xnack+", "gfx942:sramecc+:xnack-", false)]
    [InlineData("gfx942:xnack-", "gfx942", false)] // a feature that the device does not have
    [InlineData("gfx950", "gfx942:sramecc+:xnack-", false)]
    [InlineData("gfx90a", "gfx942:sramecc+:xnack-", false)]
    [InlineData("gfx9-4-generic", "gfx942:sramecc+:xnack-", true)]
    [InlineData("gfx9-4-generic", "gfx950:sramecc+:xnack-", true)]
    [InlineData("gfx9-4-generic:xnack+", "gfx950:sramecc+:xnack-", false)]
    [InlineData("gfx9-4-generic", "gfx90a:sramecc+:xnack-", false)]
    public void CodeRunsWhereItsProcessorAndEveryFeatureThatItNamesAreTheDevices(string code, string device, bool runs) =>
        Assert.Equal(runs, TargetId.Parse(code)!.RunsOn(TargetId.Parse(device)!));

    [Theory]
    [InlineData("gfx942")]
    [InlineData("gfx9-4-generic")]
    [InlineData("gfx942:sramecc+:xnack-")]
    [InlineData("gfx942:xnack+")]
    public void WhatIsReadIsWrittenAlike(string text) => Assert.Equal(text, TargetId.Parse(text)!.ToString());

    [Theory]
    [InlineData("")]
    [InlineData("gfx")]
    [InlineData("sm_90")]
    [InlineData("host")]
    [InlineData("gfx942:")]
    [InlineData("gfx942:xnack")]
    [InlineData("gfx942:xnack+:xnack+")]
    [InlineData("gfx942:xnack+:xnack-")]
    [InlineData("gfx942:fast+")]
    public void AnythingElseIsNone(string text) => Assert.Null(TargetId.Parse(text));
}
