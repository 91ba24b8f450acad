using QuickReduce.Tests.Shared;

namespace QuickReduce.Gpu.Tests;

/// <summary>The typed members that the generator writes for groups over device memory.</summary>
public sealed class BindingsTests
{
    [RequiresProgramsFact(StandInDriver.Compiler, "clang++-22")]
    public void TypedRanksSumBuffersAndPointers()
    {
        using var driver = new StandInDriver(multiprocessors: 2, blocksPerMultiprocessor: 2);
        using var objects = CodeObjects.OfHostLibraries(TypedKernels.Kernels);
        using var group = TypedKernels.CreateGpuGroup(TypedKernels.WorldSize.Two, new GpuGroupOptions { Devices = [driver.Devices[0], driver.Devices[0]], LibraryDirectory = objects.Directory });
        Assert.Equal(2, group.RankCount);
        using var first = group[0].Device.CreateStream();
        using var second = group[1].Device.CreateStream();
        using var left = group[0].Device.Allocate<Half>(3);
        using var right = group[1].Device.Allocate<Half>(3);
        left.CopyFrom([(Half)1, (Half)2, (Half)3], first);
        right.CopyFrom([(Half)10, (Half)20, (Half)30], second);

        group[0].AllReduce(left, TypedKernels.Regime.FP, first);
        group[1].AllReduce(right, right, TypedKernels.Regime.FP, second);
        group[0].AllReduce(new DevicePointer<Half>(left.Handle), new DevicePointer<Half>(left.Handle), 2, TypedKernels.Regime.FP, first.Handle);
        group[1].AllReduce(new DevicePointer<Half>(right.Handle), new DevicePointer<Half>(right.Handle), 2, TypedKernels.Regime.FP, second.Handle);
        group.Synchronize(TimeSpan.FromSeconds(60));

        var sum = new Half[3];
        left.CopyTo(sum, first);
        Assert.Equal([(Half)22, (Half)44, (Half)33], sum);
        right.CopyTo(sum, second);
        Assert.Equal([(Half)22, (Half)44, (Half)33], sum);
    }

    /// <summary>A set that is no cross product has a group type for each number of ranks, with the regimes of that number.</summary>
    [RequiresProgramsFact(StandInDriver.Compiler, "clang++-22")]
    public void ASetThatIsNotUniformHasAGroupForEachWorldSize()
    {
        using var driver = new StandInDriver(multiprocessors: 2, blocksPerMultiprocessor: 2);
        using var objects = CodeObjects.OfHostLibraries(RealKernels.Kernels);
        using var group = RealKernels.CreateGpuGroupOf2(new GpuGroupOptions { Devices = [driver.Devices[0], driver.Devices[0]], LibraryDirectory = objects.Directory });
        using var first = group[0].Device.CreateStream();
        using var second = group[1].Device.CreateStream();
        using var left = group[0].Device.Allocate<float>(1);
        using var right = group[1].Device.Allocate<float>(1);
        left.CopyFrom([0.5f], first);
        right.CopyFrom([0.25f], second);
        group[0].AllReduce(left, RealKernels.GroupOf2.Float32Regime.FP, first);
        group[1].AllReduce(right, RealKernels.GroupOf2.Float32Regime.FP, second);
        group.Synchronize(TimeSpan.FromSeconds(60));
        var sum = new float[1];
        left.CopyTo(sum, first);
        Assert.Equal([0.75f], sum);
    }
}
