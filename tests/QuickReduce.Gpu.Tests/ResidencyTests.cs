using QuickReduce.Tests.Shared;

namespace QuickReduce.Gpu.Tests;

/// <summary>Blocks that wait for each other must all be resident: what cannot be is refused, not launched.</summary>
public sealed class ResidencyTests
{
    /// <summary>
    /// A driver that frees memory waits for all kernels, and lets no other call pass: those of another group may wait for a
    /// rank that is gone, and only such calls could release them.
    /// </summary>
    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void NoWorkspaceIsFreedWhileAnotherGroupIsThere()
    {
        using var driver = new StandInDriver();
        using var objects = CodeObjects.ThatDoNothing(TestKernels.Silent, driver.Architecture, driver.Extension);
        GpuGroup Create() => GpuGroup.Create(TestKernels.Silent, 2, new GpuGroupOptions { Devices = [driver.Devices[0], driver.Devices[0]], LibraryDirectory = objects.Directory });
        var first = Create();
        using (Create())
        {
            driver.TakeTrace();
            first.Dispose();
            Assert.DoesNotContain(driver.TakeTrace(), static call => call.Contains("cuMemFree", StringComparison.Ordinal));

            // What it had is used again, however many come and go.
            for (var group = 0; group < 3; group++)
            {
                Create().Dispose();
            }

            Assert.DoesNotContain(driver.TakeTrace(), static call => call.Contains("cuMemAlloc", StringComparison.Ordinal) || call.Contains("cuMemFree", StringComparison.Ordinal));
        }

        Assert.Equal(4, driver.TakeTrace().Count(static call => call.Contains("cuMemFree", StringComparison.Ordinal)));
        Assert.Equal(0, driver.Alive);
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void MoreBlocksThanAreResidentAreRefused()
    {
        using var driver = new StandInDriver(multiprocessors: 4, blocksPerMultiprocessor: 3);
        using var objects = CodeObjects.ThatDoNothing(TestKernels.Silent);
        var exception = Assert.Throws<GpuException>(() => Create(driver, objects, maxBlocks: 7));
        Assert.Equal(GpuProblem.NotCoResident, exception.Problem);
        Assert.Contains("7 blocks for each of 2 ranks are asked for, and 6 fit", exception.Message, StringComparison.Ordinal);
        Assert.Equal(0, driver.Alive);
        using var group = Create(driver, objects, maxBlocks: 6);
        Assert.All(group.LoadedVariants, static loaded => Assert.Equal(6, loaded.MaxBlocks));
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void KernelsThatDoNotFitAtAllAreRefused()
    {
        using var driver = new StandInDriver(multiprocessors: 1, blocksPerMultiprocessor: 1);
        using var objects = CodeObjects.ThatDoNothing(TestKernels.Silent);
        Assert.Equal(GpuProblem.NotCoResident, Assert.Throws<GpuException>(() => Create(driver, objects, maxBlocks: 0)).Problem);
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void ALargeMessageTakesAllBlocksSeveralTimesAndEvenly()
    {
        using var driver = new StandInDriver(multiprocessors: 4, blocksPerMultiprocessor: 3);
        using var objects = CodeObjects.ThatDoNothing(TestKernels.Silent);
        using var group = Create(driver, objects, maxBlocks: 0);
        using var stream = driver.Devices[0].CreateStream();
        using var buffer = driver.Devices[0].Allocate<Half>(7 * new KernelGeometry(TestKernels.Variant).ElementsPerTile * 10);
        driver.TakeTrace();
        group[0].AllReduce(buffer, QuantRegime.FP, stream);
        stream.Synchronize();

        // 70 tiles with at most 6 blocks: 12 turns, which 6 blocks need and no fewer.
        Assert.Contains($"launch {TestKernels.Variant.KernelName} on device 0, 6 blocks of 256", driver.TakeTrace());
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void MoreRanksThanStreamsThatRunAtOnceAreRefused()
    {
        using var driver = new StandInDriver(kind: DeviceKind.Hip);
        var kernels = TestKernels.Of("QuickReduce.Gpu.Tests.Many", [new KernelVariant(DataType.Float16, QuantRegime.FP, 8)]);
        using var objects = CodeObjects.ThatDoNothing(kernels, driver.Architecture, driver.Extension);
        var exception = Assert.Throws<GpuException>(() => GpuGroup.Create(kernels, 8, new GpuGroupOptions { Devices = [.. Enumerable.Repeat(driver.Devices[0], 8)], LibraryDirectory = objects.Directory }));
        Assert.Equal(GpuProblem.NotCoResident, exception.Problem);
        Assert.Contains("GPU_MAX_HW_QUEUES", exception.Message, StringComparison.Ordinal);
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void ACooperativeLaunchIsOneWhereItIsAskedFor()
    {
        using var driver = new StandInDriver();
        using var objects = CodeObjects.ThatDoNothing(TestKernels.Silent);
        using var group = GpuGroup.Create(TestKernels.Silent, 2, new GpuGroupOptions { Devices = [driver.Devices[0], driver.Devices[0]], LibraryDirectory = objects.Directory, CooperativeLaunch = true });
        using var stream = driver.Devices[0].CreateStream();
        using var buffer = driver.Devices[0].Allocate<Half>(10);
        group[0].AllReduce(buffer, QuantRegime.FP, stream);
        Assert.Contains("cuLaunchCooperativeKernel", driver.TakeTrace());
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void OptionsOutOfRangeAreRefused()
    {
        using var driver = new StandInDriver();
        GpuDevice[] devices = [driver.Devices[0], driver.Devices[0]];
        Assert.Throws<ArgumentOutOfRangeException>(() => GpuGroup.Create(TestKernels.Silent, 2, new GpuGroupOptions { Devices = devices, MaxBlocks = 1025 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => GpuGroup.Create(TestKernels.Silent, 2, new GpuGroupOptions { Devices = devices, Timeout = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(() => GpuGroup.Create(TestKernels.Silent, 2, new GpuGroupOptions { Devices = devices, OneShotMaxBytes = -1 }));
        Assert.Throws<ArgumentException>(() => GpuGroup.Create(TestKernels.Silent, 2, new GpuGroupOptions { Devices = [driver.Devices[0]] }));
        Assert.Throws<VariantNotDeclaredException>(() => GpuGroup.Create(TestKernels.Silent, 4, new GpuGroupOptions { Devices = devices }));
    }

    private static GpuGroup Create(StandInDriver driver, CodeObjects objects, int maxBlocks) =>
        GpuGroup.Create(TestKernels.Silent, 2, new GpuGroupOptions { Devices = [driver.Devices[0], driver.Devices[0]], LibraryDirectory = objects.Directory, MaxBlocks = maxBlocks });
}
