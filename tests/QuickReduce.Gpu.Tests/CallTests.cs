using QuickReduce.Tests.Shared;

namespace QuickReduce.Gpu.Tests;

/// <summary>What a call does with the driver, and which calls are refused before it does anything.</summary>
public sealed unsafe class CallTests
{
    [RequiresProgramsTheory(StandInDriver.Compiler)]
    [InlineData(DeviceKind.Cuda)]
    [InlineData(DeviceKind.Hip)]
    public void ACallIsOneLaunch(DeviceKind kind)
    {
        using var ranks = new SilentGroup(kind: kind);
        ranks.Driver.TakeTrace();
        ranks.AllReduce(0);
        ranks.AllReduce(1);
        Assert.Equal(["cuLaunchKernel", Launch(0), "cuLaunchKernel", Launch(0)], ranks.Driver.TakeTrace());
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void PointersAndStreamsAreLookedUpOnce()
    {
        using var ranks = new SilentGroup();
        ranks.Driver.TakeTrace();
        ranks.AllReduce(0, ranks.Inputs[0].Handle, ranks.Outputs[0].Handle);
        Assert.Equal(["cuPointerGetAttributes", "cuPointerGetAttributes", "cuStreamGetCtx", "cuLaunchKernel", Launch(0)], ranks.Driver.TakeTrace());
        ranks.AllReduce(0, ranks.Inputs[0].Handle + 64, ranks.Outputs[0].Handle, 100);
        Assert.Equal(["cuLaunchKernel", Launch(0, elements: 100)], ranks.Driver.TakeTrace());
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void EveryRankIsLaunchedOnItsDevice()
    {
        using var ranks = new SilentGroup(devices: 2);
        ranks.Driver.TakeTrace();
        ranks.AllReduce(0);
        ranks.AllReduce(1);
        Assert.Equal(["cuLaunchKernel", Launch(0), "cuLaunchKernel", Launch(1)], ranks.Driver.TakeTrace());
    }

    /// <summary>A function that is loaded at its first launch may wait for the kernels that run, and they for it.</summary>
    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void EverythingIsLoadedBeforeTheFirstCall()
    {
        using var ranks = new SilentGroup(devices: 2);
        var trace = ranks.Driver.TakeTrace();
        Assert.Equal(2, trace.Count(static call => call == "cuCtxEnablePeerAccess"));
        Assert.Equal(2 * TestKernels.Silent.Variants.Count, trace.Count(static call => call == "cuFuncLoad"));
        Assert.True(Array.LastIndexOf(trace, "cuFuncLoad") < Array.IndexOf(trace, "cuMemAlloc"));
        Assert.Equal(2, trace.Count(static call => call == "cuModuleLoadDataEx"));
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void AnEmptyMessageLaunchesNothing()
    {
        using var ranks = new SilentGroup();
        ranks.Driver.TakeTrace();
        ranks.AllReduce(0, 0, 0, 0);
        ranks.AllReduce(1, 0, 0, 0);
        Assert.DoesNotContain(ranks.Driver.TakeTrace(), static call => call.Contains("launch", StringComparison.OrdinalIgnoreCase));
    }

    [RequiresProgramsTheory(StandInDriver.Compiler)]
    [InlineData(PointerChecks.FirstUse)]
    [InlineData(PointerChecks.Always)]
    [InlineData(PointerChecks.Never)]
    public void ACallAllocatesNothing(PointerChecks checks)
    {
        using var ranks = new SilentGroup(checks: checks);
        Calls();
        var before = GC.GetAllocatedBytesForCurrentThread();
        Calls();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        void Calls()
        {
            for (var call = 0; call < 20; call++)
            {
                for (var rank = 0; rank < 2; rank++)
                {
                    ranks.AllReduce(rank);
                    ranks.AllReduce(rank, ranks.Inputs[rank].Handle, ranks.Outputs[rank].Handle);
                }
            }
        }
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void MemoryOfAnotherDeviceIsRefused()
    {
        using var ranks = new SilentGroup(devices: 2);
        Assert.Contains("its input is on Cuda device 1", Refused(ranks, () => ranks.Group[0].AllReduce(ranks.Inputs[1], ranks.Outputs[0], QuantRegime.FP, ranks.Streams[0])), StringComparison.Ordinal);
        Assert.Contains("its output is on Cuda device 1", Refused(ranks, () => ranks.Group[0].AllReduce(ranks.Inputs[0], ranks.Outputs[1], QuantRegime.FP, ranks.Streams[0])), StringComparison.Ordinal);
        Assert.Contains("is memory of Cuda device 1", Refused(ranks, () => ranks.AllReduce(0, ranks.Inputs[1].Handle, ranks.Outputs[0].Handle)), StringComparison.Ordinal);
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void HostMemoryIsRefused()
    {
        using var ranks = new SilentGroup();
        fixed (Half* host = new Half[SilentGroup.Length])
        {
            var pointer = (nint)host;
            Assert.Contains("its output (0x", Refused(ranks, () => ranks.AllReduce(0, ranks.Inputs[0].Handle, pointer)), StringComparison.Ordinal);
        }
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void FreedMemoryIsRefused()
    {
        using var ranks = new SilentGroup(checks: PointerChecks.Always);
        var pointer = ranks.Inputs[0].Handle;
        ranks.AllReduce(0, pointer, pointer);
        ranks.Inputs[0].Dispose();
        Assert.Contains("memory that was freed", Refused(ranks, () => ranks.AllReduce(0, pointer, pointer)), StringComparison.Ordinal);
        Assert.Throws<ObjectDisposedException>(() => ranks.AllReduce(0));
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void AMessageThatReachesPastItsMemoryIsRefused()
    {
        using var ranks = new SilentGroup();
        using var buffer = ranks.Driver.Devices[0].Allocate<Half>(100);
        Assert.Contains("its input's last byte", Refused(ranks, () => ranks.AllReduce(0, buffer.Handle, buffer.Handle, 1L << 40)), StringComparison.Ordinal);
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void MisalignedAndOverlappingBuffersAreRefused()
    {
        using var ranks = new SilentGroup();
        var (input, output) = (ranks.Inputs[0].Handle, ranks.Outputs[0].Handle);
        Assert.Contains("divisible by their size, 2 bytes", Refused(ranks, () => ranks.AllReduce(0, input + 1, output, 10)), StringComparison.Ordinal);
        Assert.Contains("overlaps its input", Refused(ranks, () => ranks.AllReduce(0, input, input + 2, 10)), StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => ranks.AllReduce(0, input, output, -1));
        using var shorter = ranks.Driver.Devices[0].Allocate<Half>(5);
        Assert.Contains("4096 elements and its output 5", Refused(ranks, () => ranks.Group[0].AllReduce(ranks.Inputs[0], shorter, QuantRegime.FP, ranks.Streams[0])), StringComparison.Ordinal);
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void StreamsThatCannotWorkAreRefused()
    {
        using var two = new SilentGroup(devices: 2);
        Assert.Equal(GpuProblem.InvalidStream, Assert.Throws<GpuException>(() => two.Group[0].AllReduce(two.Inputs[0], two.Outputs[0], QuantRegime.FP, two.Streams[1])).Problem);
        Assert.Equal(GpuProblem.InvalidStream, Assert.Throws<GpuException>(() => two.AllReduce(0, two.Inputs[0].Handle, two.Outputs[0].Handle, stream: two.Streams[1].Handle)).Problem);

        using var one = new SilentGroup();
        Assert.Contains("the default stream", Assert.Throws<GpuException>(() => one.AllReduce(0, one.Inputs[0].Handle, one.Outputs[0].Handle, stream: 0)).Message, StringComparison.Ordinal);
        one.AllReduce(0);
        Assert.Contains("the stream of rank 0", Assert.Throws<GpuException>(() => one.AllReduce(1, one.Inputs[1].Handle, one.Outputs[1].Handle, stream: one.Streams[0].Handle)).Message, StringComparison.Ordinal);
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void WhatIsNotDeclaredIsRefused()
    {
        using var ranks = new SilentGroup();
        var regime = Assert.Throws<VariantNotDeclaredException>(() => ranks.Group[1].AllReduce(ranks.Inputs[1], QuantRegime.Int4, ranks.Streams[1]));
        Assert.StartsWith("Rank 1 cannot all-reduce: QuickReduce.Gpu.Tests.Silent declares no kernel for float16, Int4, 2 ranks", regime.Message, StringComparison.Ordinal);
        using var doubles = ranks.Driver.Devices[0].Allocate<double>(4);
        Assert.Contains("an unsupported type of 8 bytes", Assert.Throws<VariantNotDeclaredException>(() => ranks.Group[0].AllReduce(doubles, QuantRegime.FP, ranks.Streams[0])).Message, StringComparison.Ordinal);
        foreach (var mode in new AllReduceMode[] { new((QuantRegime)1, 32), new(QuantRegime.Int4, 7), new((QuantRegime)(-3), 0), new(QuantRegime.FP, 32) })
        {
            Assert.Throws<VariantNotDeclaredException>(() => ranks.Group[0].AllReduce((DataType)9, ranks.Inputs[0].Handle, ranks.Outputs[0].Handle, 4, mode, ranks.Streams[0].Handle));
            Assert.Throws<VariantNotDeclaredException>(() => ranks.Group[0].AllReduce(ranks.Inputs[0], mode, ranks.Streams[0]));
        }
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void ADisposedGroupRefusesEverything()
    {
        using var ranks = new SilentGroup();
        ranks.Group.Dispose();
        ranks.Group.Dispose();
        Assert.Throws<ObjectDisposedException>(() => ranks.AllReduce(0));
        Assert.Throws<ObjectDisposedException>(ranks.Group.Reset);
        Assert.Throws<ObjectDisposedException>(() => ranks.Group.Synchronize(TimeSpan.FromSeconds(1)));
    }

    private static string Launch(int device, int elements = SilentGroup.Length)
    {
        var variant = TestKernels.Variant with { Algorithm = AllReduceAlgorithm.OneShot, AtomsPerThread = 1 };
        return $"launch {variant.KernelName} on device {device}, {new KernelGeometry(variant).TileCount(elements)} blocks of 256";
    }

    private static string Refused(SilentGroup ranks, Action call)
    {
        ranks.Driver.TakeTrace();
        var exception = Assert.Throws<InvalidBufferException>(call);
        Assert.DoesNotContain("cuLaunchKernel", ranks.Driver.TakeTrace());
        Assert.Equal(0, exception.Rank);
        return exception.Message;
    }
}
