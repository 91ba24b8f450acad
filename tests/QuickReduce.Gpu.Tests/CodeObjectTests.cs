using QuickReduce.Tests.Shared;

namespace QuickReduce.Gpu.Tests;

/// <summary>Finding, checking and loading code objects.</summary>
public sealed class CodeObjectTests
{
    [RequiresProgramsTheory(StandInDriver.Compiler)]
    [InlineData(DeviceKind.Cuda, "sm_90")]
    [InlineData(DeviceKind.Hip, "gfx942_sramecc+_xnack-")]
    public void AMissingCodeObjectIsLookedForWhereTheBuildPutsIt(DeviceKind kind, string folder)
    {
        using var driver = new StandInDriver(kind: kind);
        using var objects = new CodeObjects();
        var exception = Refused(driver, objects, NativeLibraryProblem.Missing);
        Assert.Equal(Path.Combine(objects.Directory, "quickreduce", folder, TestKernels.Silent.Units[0].Name + driver.Extension), exception.Path);
        Assert.Contains("with " + driver.Architecture + " in QuickReduceOffloadArchs", exception.Message, StringComparison.Ordinal);
    }

    [RequiresProgramsTheory(StandInDriver.Compiler)]
    [InlineData(DeviceKind.Cuda)]
    [InlineData(DeviceKind.Hip)]
    public void AStaleCodeObjectIsRefused(DeviceKind kind)
    {
        using var driver = new StandInDriver(kind: kind);
        using var objects = new CodeObjects();
        objects.Add(TestKernels.Silent, driver.Architecture, driver.Extension, sourceId: "fedcba9876543210");
        var message = Refused(driver, objects, NativeLibraryProblem.Stale).Message;
        Assert.Contains("compiled from source fedcba9876543210, and the application has source 0123456789abcdef. Rebuild the application.", message, StringComparison.Ordinal);
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void ACodeObjectThatDoesNotSayItsSourceIsRefused()
    {
        using var driver = new StandInDriver();
        using var objects = new CodeObjects();
        objects.Add(TestKernels.Silent, "sm_90", sourceId: string.Empty);
        Assert.Contains("does not say which source", Refused(driver, objects, NativeLibraryProblem.NotLoadable).Message, StringComparison.Ordinal);
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void WhatTheDriverSaysOfCodeThatItRefusesIsPassedOn()
    {
        using var driver = new StandInDriver();
        using var objects = new CodeObjects();
        objects.Write(TestKernels.Silent.Units[0], "sm_90", ".ptx", "nonsense");
        Assert.Contains("line 1; fatal: not PTX", Refused(driver, objects, NativeLibraryProblem.NotLoadable).Message, StringComparison.Ordinal);
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void ACodeObjectWithoutTheKernelIsRefused()
    {
        using var driver = new StandInDriver();
        using var objects = new CodeObjects();
        objects.Write(TestKernels.Silent.Units[0], "sm_90", ".ptx", "// source: 0123456789abcdef\n// kernels: another\n");
        Assert.Contains(TestKernels.Variant.KernelName, Refused(driver, objects, NativeLibraryProblem.NotLoadable).Message, StringComparison.Ordinal);
    }

    /// <summary>The driver translates PTX of lower architectures, and of those the highest is best.</summary>
    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void PtxOfALowerArchitectureIsTaken()
    {
        using var driver = new StandInDriver(capability: 90);
        using var objects = new CodeObjects();
        objects.Add(TestKernels.Silent, "sm_100", sourceId: "of a higher one.");
        objects.Add(TestKernels.Silent, "sm_80", sourceId: "of a lower one..");
        objects.Add(TestKernels.Silent, "sm_86");
        using var group = Create(driver, objects);
        Assert.Equal(2, group.WorldSize);
    }

    /// <summary>A failure anywhere on the way leaves nothing behind.</summary>
    [RequiresProgramsTheory(StandInDriver.Compiler)]
    [InlineData("cuStreamCreate")]
    [InlineData("cuModuleLoadDataEx")]
    [InlineData("cuModuleGetFunction")]
    [InlineData("cuModuleGetGlobal")]
    [InlineData("cuFuncLoad")]
    [InlineData("cuOccupancyMaxActiveBlocksPerMultiprocessor")]
    [InlineData("cuMemAlloc")]
    [InlineData("cuMemcpyDtoHAsync")]
    [InlineData("cuMemcpyHtoDAsync")]
    [InlineData("cuMemsetD8Async")]
    [InlineData("cuStreamSynchronize")]
    public void AGroupThatCannotBeCreatedLeavesNothingBehind(string function)
    {
        using var driver = new StandInDriver();
        using var objects = CodeObjects.ThatDoNothing(TestKernels.Silent);
        driver.Fail(function, 999);
        var exception = Assert.Throws<GpuException>(() => Create(driver, objects));
        Assert.Equal(999, exception.ErrorCode);
        Assert.Equal(0, driver.Alive);
        Create(driver, objects).Dispose();
        Assert.Equal(0, driver.Alive);
    }

    private static GpuGroup Create(StandInDriver driver, CodeObjects objects) =>
        GpuGroup.Create(TestKernels.Silent, 2, new GpuGroupOptions { Devices = [driver.Devices[0], driver.Devices[0]], LibraryDirectory = objects.Directory });

    private static NativeLibraryException Refused(StandInDriver driver, CodeObjects objects, NativeLibraryProblem problem)
    {
        var exception = Assert.Throws<NativeLibraryException>(() => Create(driver, objects));
        Assert.Equal(problem, exception.Problem);
        Assert.Equal(0, driver.Alive);
        return exception;
    }
}
