using QuickReduce.Collectives.Gpu;
using QuickReduce.Rendezvous;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Gpu.Tests.Processes;

/// <summary>What needs no second process: typed members, refusals, the choice of the device, the account of calls.</summary>
public sealed class CommunicatorTests : IDisposable
{
    private const string HostCompiler = "clang++-22";

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("quickreduce-job-");

    /// <summary>Two ranks in one process use each other's memory as it is: a driver does not map it twice.</summary>
    [RequiresProgramsFact(StandInDriver.Compiler, HostCompiler)]
    public async Task TypedRanksSumBuffersAndPointers()
    {
        using var driver = new StandInDriver(devices: 2, multiprocessors: 1, blocksPerMultiprocessor: 2);
        using var objects = CodeObjects.OfHostLibraries(TypedKernels.Kernels);
        var joining = Enumerable.Range(0, 2).Select(rank => TypedKernels.JoinGpuAsync(new RankEnvironment(rank, 2), Options(driver.Devices[rank], objects))).ToArray();
        var ranks = await Task.WhenAll(joining);
        var streams = ranks.Select(static rank => rank.Device.CreateStream()).ToArray();
        var buffers = ranks.Select(static rank => rank.Device.Allocate<Half>(3)).ToArray();
        for (var rank = 0; rank < 2; rank++)
        {
            Assert.Equal((rank, 2, rank, 1), (ranks[rank].Rank, ranks[rank].RankCount, ranks[rank].Device.Index, ranks[rank].Untyped.RanksOnDevice));
            buffers[rank].CopyFrom([(Half)(1 + rank), (Half)10, (Half)(-3)], streams[rank]);
            ranks[rank].AllReduce(buffers[rank], TypedKernels.Regime.FP, streams[rank]);
            ranks[rank].AllReduce(new DevicePointer<Half>(buffers[rank].Handle), new DevicePointer<Half>(buffers[rank].Handle), 2, TypedKernels.Regime.FP, streams[rank].Handle);
        }

        for (var rank = 0; rank < 2; rank++)
        {
            ranks[rank].Synchronize(TimeSpan.FromSeconds(60));
            var sum = new Half[3];
            buffers[rank].CopyTo(sum, streams[rank]);
            Assert.Equal([(Half)6, (Half)40, (Half)(-6)], sum);
        }

        Array.ForEach(ranks, static rank => rank.Dispose());
        Assert.Throws<ObjectDisposedException>(() => ranks[0].AllReduce(buffers[0], TypedKernels.Regime.FP, streams[0]));
        foreach (var resource in streams.AsEnumerable<GpuResource>().Concat(buffers))
        {
            resource.Dispose();
        }

        // The second rank to leave has let the first one's memory go.
        Assert.True(SpinWait.SpinUntil(() => driver.Alive == 0, TimeSpan.FromSeconds(30)), driver.Alive + " things are alive.");
    }

    [RequiresProgramsFact(StandInDriver.Compiler)]
    public async Task WhatCannotWorkIsRefusedBeforeAnyoneWaits()
    {
        using var driver = new StandInDriver();
        var direct = TestKernels.Of("QuickReduce.Gpu.Tests.Direct", [new KernelVariant(DataType.Float16, QuantRegime.FP, 2, AllReduceAlgorithm.Direct)]);
        var onlyDirect = await Assert.ThrowsAsync<VariantNotDeclaredException>(() => Join(direct, new GpuGroupOptions { Devices = [driver.Devices[0]] }));
        Assert.Contains("declares only direct kernels for 2 ranks", onlyDirect.Message, StringComparison.Ordinal);
        var askedForDirect = await Assert.ThrowsAsync<VariantNotDeclaredException>(() => Join(TestKernels.Silent, new GpuGroupOptions { Devices = [driver.Devices[0]], Algorithm = AllReduceAlgorithm.Direct }));
        Assert.Contains("GpuGroupOptions.Algorithm is Direct", askedForDirect.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<VariantNotDeclaredException>(() => GpuCommunicator.JoinAsync(TestKernels.Silent, new RankEnvironment(0, 3)));
        await Assert.ThrowsAsync<VariantNotDeclaredException>(() => GpuCommunicator.JoinAsync(TestKernels.Silent, 4, new RankEnvironment(0, 2)));
        await Assert.ThrowsAsync<ArgumentException>(() => Join(TestKernels.Silent, new GpuGroupOptions { Devices = [driver.Devices[0], driver.Devices[0]] }));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => Join(TestKernels.Silent, new GpuGroupOptions { Devices = [driver.Devices[0]], MaxBlocks = -1 }));

        static async Task Join(KernelSet kernels, GpuGroupOptions options) => await GpuCommunicator.JoinAsync(kernels, new RankEnvironment(0, 2), new JoinOptions { Gpu = options });
    }

    [RequiresProgramsTheory(StandInDriver.Compiler)]
    [InlineData(1, 3, 0)]
    [InlineData(2, 1, 1)]
    [InlineData(2, 3, 1)]
    [InlineData(4, 3, 3)]
    public void TheDeviceIsTheOneOfTheRanksNumberOnItsHost(int devices, int localRank, int expected)
    {
        using var driver = new StandInDriver(devices);
        Assert.Equal(expected, GpuFormation.DeviceOf(new RankEnvironment(7, 8) { LocalRank = localRank, LocalWorldSize = 4 }, driver.Devices).Index);
    }

    /// <summary>Blocks of ranks that do not fit on a device together are refused on every rank, by name.</summary>
    [RequiresProgramsFact(StandInDriver.Compiler)]
    public async Task RanksThatDoNotFitOnTheirDeviceAreRefused()
    {
        using var driver = new StandInDriver(multiprocessors: 1, blocksPerMultiprocessor: 1);
        using var objects = CodeObjects.ThatDoNothing(TestKernels.Silent);
        var joining = Enumerable.Range(0, 2).Select(rank => GpuCommunicator.JoinAsync(TestKernels.Silent, new RankEnvironment(rank, 2), Options(driver.Devices[0], objects))).ToArray();
        foreach (var rank in joining)
        {
            Assert.Equal(GpuProblem.NotCoResident, (await Assert.ThrowsAsync<GpuException>(() => rank)).Problem);
        }

        Assert.Equal(0, driver.Alive);
    }

    [Fact]
    public async Task ARankThatIsFarAheadWaitsAndDifferentCallsAreFoundByTheLaterRank()
    {
        using var segment = SharedSegment.Create(SharedLedger.SegmentBytes(2));
        segment.RemoveName();
        var ledgers = Enumerable.Range(0, 2).Select(rank => new SharedLedger(segment, rank, 2)).ToArray();
        for (var call = 0; call < SharedLedger.Depth; call++)
        {
            Assert.True(ledgers[0].Enter(call % 5, 100 + call, static () => { }, out _));
        }

        var ahead = Task.Run(() => ledgers[0].Enter(1, 1, static () => { }, out _));
        await Task.Delay(TimeSpan.FromMilliseconds(50));
        Assert.False(ahead.IsCompleted);
        Assert.True(ledgers[1].IsBehind(0) is false && ledgers[0].IsBehind(1));
        for (var call = 0; call < SharedLedger.Depth; call++)
        {
            Assert.True(ledgers[1].Enter(call % 5, 100 + call, static () => { }, out _));
        }

        Assert.True(await ahead);
        Assert.False(ledgers[1].Enter(1, 2, static () => { }, out var other));
        Assert.Equal((0, 1, 1), other);

        // A rank that is far ahead of one that will not come is told so.
        for (var call = 0; call < SharedLedger.Depth - 1; call++)
        {
            ledgers[1].Enter(0, 0, static () => { }, out _);
        }

        Assert.Throws<InvalidOperationException>(() =>
        {
            for (var call = 0; call < 2; call++)
            {
                ledgers[1].Enter(0, 0, static () => throw new InvalidOperationException(), out _);
            }
        });
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private JoinOptions Options(GpuDevice device, CodeObjects objects) => new()
    {
        RuntimeDirectory = _directory.FullName,
        Timeout = TimeSpan.FromSeconds(60),
        Gpu = new GpuGroupOptions { Devices = [device], LibraryDirectory = objects.Directory },
    };
}
