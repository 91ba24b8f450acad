using QuickReduce.Tests.Shared;

namespace QuickReduce.Gpu.Tests;

/// <summary>Groups over device memory that choose by policy.</summary>
public sealed class PolicyTests
{
    private const string HostCompiler = "clang++-22";
    private const int Length = 50_001;

    private static readonly AllReducePolicy Int4 = new() { Regime = QuantRegime.Int4, MinBytes = 2 * Length };

    /// <summary>A message is cut into launches of whole tiles, and every bit is as without.</summary>
    [RequiresProgramsTheory(StandInDriver.Compiler, HostCompiler)]
    [InlineData(AllReduceAlgorithm.TwoShot, QuantRegime.FP, 1)]
    [InlineData(AllReduceAlgorithm.TwoShot, QuantRegime.Int4, 40_000)]
    [InlineData(AllReduceAlgorithm.OneShot, QuantRegime.Int4, 40_000)]
    [InlineData(AllReduceAlgorithm.Direct, QuantRegime.FP, 40_000)]
    [InlineData(AllReduceAlgorithm.TwoShot, QuantRegime.Int4, 200_000)]
    public void LargeMessagesAreCutWithoutAChangeToAnyBit(AllReduceAlgorithm algorithm, QuantRegime regime, long maxBytes)
    {
        using var ranks = new RealGroup(Length, algorithm, policy: new AllReducePolicy { MaxBytes = maxBytes });
        var tile = new KernelGeometry(new KernelVariant(DataType.Float16, regime, 2, algorithm)).ElementsPerTile;
        var chunk = Math.Max(1, maxBytes / 2 / tile) * tile;
        ranks.Driver.TakeTrace();
        ranks.RequireRight(regime, seed: 1, algorithm);
        Assert.Equal(2 * ((Length + chunk - 1) / chunk), ranks.Driver.TakeTrace().Count(static call => call.StartsWith("launch ", StringComparison.Ordinal)));
    }

    [RequiresProgramsFact(StandInDriver.Compiler, HostCompiler)]
    public void CallsWithoutARegimeGetTheOneThatIsChosen()
    {
        using var ranks = new RealGroup(Length, policy: Int4);
        foreach (var (count, regime) in new[] { (Length, QuantRegime.Int4), (Length - 1, QuantRegime.FP) })
        {
            Assert.Equal(regime, ranks.Group[0].Explain(DataType.Float16, count).Mode.Regime);
            var messages = ranks.Messages(seed: count);
            ranks.Write(messages);
            for (var rank = 0; rank < 2; rank++)
            {
                var buffer = ranks.Buffers[rank];
                if (count == Length)
                {
                    ranks.Group[rank].AllReduce(buffer, ranks.Streams[rank]);
                }
                else
                {
                    ranks.Group[rank].AllReduce(DataType.Float16, buffer.Handle, buffer.Handle, count, ranks.Streams[rank].Handle);
                }
            }

            var expected = RealGroup.Expected([messages[0][..count], messages[1][..count]], regime, algorithm: null);
            Assert.All(ranks.Read(), sum => Assert.Equal(expected, sum[..count]));
        }
    }

    /// <summary>A rank that leaves the choice to the policy and one that names what it chooses run the same kernel.</summary>
    [RequiresProgramsFact(StandInDriver.Compiler, HostCompiler)]
    public void TypedRanksChooseToo()
    {
        using var driver = new StandInDriver(multiprocessors: 2, blocksPerMultiprocessor: 2);
        using var objects = CodeObjects.OfHostLibraries(TypedKernels.Kernels);
        var options = new GpuGroupOptions { Devices = [driver.Devices[0], driver.Devices[0]], LibraryDirectory = objects.Directory, Policy = Int4 with { MinBytes = 0 } };
        using var group = TypedKernels.CreateGpuGroup(TypedKernels.WorldSize.Two, options);
        using var first = group[0].Device.CreateStream();
        using var second = group[1].Device.CreateStream();
        using var left = group[0].Device.Allocate<Half>(64);
        using var right = group[1].Device.Allocate<Half>(64);
        left.CopyFrom(Enumerable.Repeat((Half)(-8), 64).ToArray(), first);
        right.CopyFrom(Enumerable.Repeat((Half)(-16), 64).ToArray(), second);
        Assert.Equal(QuantRegime.Int4, group[0].Explain(DataType.Float16, 64).Mode.Regime);
        group[0].AllReduce(left, first);
        group[1].AllReduce(new DevicePointer<Half>(right.Handle), new DevicePointer<Half>(right.Handle), 64, second.Handle);
        group.Synchronize(TimeSpan.FromSeconds(60));
        var sum = new Half[64];
        right.CopyTo(sum, second);
        Assert.All(sum, static element => Assert.Equal((Half)(-24), element));
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void APolicyThatCannotBeMetIsRefusedBeforeAnythingIsLoaded()
    {
        using var driver = new StandInDriver();
        using var objects = CodeObjects.ThatDoNothing(TestKernels.Silent);
        var refused = Assert.Throws<VariantNotDeclaredException>(() => Create(Int4));
        Assert.Contains("Int4 (AllReducePolicy.Regime): it declares FP.", refused.Message, StringComparison.Ordinal);

        var profile = new TuningProfile
        {
            Machine = MachineFingerprint.Of(driver.Devices) with { Gpus = [new GpuFingerprint(DeviceKind.Cuda, "Another GPU", "sm_90")] },
            LibraryVersion = "0.1.0",
            Created = DateTimeOffset.UnixEpoch,
            Entries = [],
        };
        var other = Assert.Throws<TuningProfileException>(() => Create(new AllReducePolicy { Profile = profile }));
        Assert.Equal(TuningProfileProblem.OtherMachine, other.Problem);
        Assert.Contains("Another GPU (sm_90)", other.Message, StringComparison.Ordinal);
        Assert.Contains(driver.Devices[0].Name, other.Message, StringComparison.Ordinal);
        Assert.Equal(0, driver.Alive);
        using var group = Create(new AllReducePolicy { Profile = profile with { Machine = MachineFingerprint.Of(driver.Devices) } });

        GpuGroup Create(AllReducePolicy policy) => GpuGroup.Create(
            TestKernels.Silent, 2, new GpuGroupOptions { Devices = [driver.Devices[0], driver.Devices[0]], LibraryDirectory = objects.Directory, Policy = policy });
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public void ACallByPolicyAllocatesNothing()
    {
        using var ranks = new SilentGroup();
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
                    ranks.Group[rank].AllReduce(ranks.Inputs[rank], ranks.Outputs[rank], ranks.Streams[rank]);
                }
            }
        }
    }
}
