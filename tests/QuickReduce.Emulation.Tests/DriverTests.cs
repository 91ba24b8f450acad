using QuickReduce.Tests.Shared;

namespace QuickReduce.Emulation.Tests;

/// <summary>Emulated devices as users of the run time see them: groups, buffers, and what goes wrong.</summary>
public class DriverTests
{
    private const int Length = 3000;

    [RequiresProgramsFact("clang++-22")]
    public async Task ATypedGroupRunsOnEmulatedDevicesWithAThreadForEachRank()
    {
        var machine = new EmulatedMachine(new EmulationOptions { Devices = 2, Seed = 3, Skew = true, WeakMemory = true });
        using var group = GpuGroup.Create(EmulatedKernels.Kernels, 2, new GpuGroupOptions { Devices = machine.Devices, Algorithm = AllReduceAlgorithm.TwoShot, MaxBlocks = 2 });
        var sums = new Half[2][];
        await Task.WhenAll(Enumerable.Range(0, 2).Select(rank => Task.Run(() =>
        {
            using var stream = machine.Devices[rank].CreateStream();
            using var buffer = machine.Devices[rank].Allocate<Half>(Length);
            buffer.CopyFrom(Enumerable.Range(0, Length).Select(i => (Half)(i % 7 + rank)).ToArray(), stream);
            group[rank].AllReduce(buffer, QuantRegime.FP, stream);
            sums[rank] = new Half[Length];
            buffer.CopyTo(sums[rank], stream);
        })));
        Assert.Equal(Enumerable.Range(0, Length).Select(static i => (Half)(2 * (i % 7) + 1)), sums[0]);
        Assert.Equal(sums[0], sums[1]);
        Assert.True(machine.Instructions > 0);
        Assert.Null(machine.Problem);
    }

    [RequiresProgramsFact("clang++-22")]
    public void ARankThatDoesNotCallIsATimeoutAndTheGroupWorksAfterReset()
    {
        var machine = new EmulatedMachine(new EmulationOptions { Devices = 2, LivelockInstructions = long.MaxValue });
        using var group = GpuGroup.Create(EmulatedKernels.Kernels, 2, new GpuGroupOptions { Devices = machine.Devices, Algorithm = AllReduceAlgorithm.TwoShot, MaxBlocks = 1 });
        using var streams = new Disposables<GpuStream>(machine.Devices.Select(static device => device.CreateStream()));
        using var buffers = new Disposables<DeviceBuffer<Half>>(machine.Devices.Select(static device => device.Allocate<Half>(Length)));
        var ones = Enumerable.Repeat((Half)1, Length).ToArray();
        buffers[0].CopyFrom(ones, streams[0]);
        group[0].AllReduce(buffers[0], QuantRegime.FP, streams[0]);
        var timeout = Assert.Throws<RankTimeoutException>(() => group.Synchronize(TimeSpan.FromMilliseconds(200)));
        Assert.Equal([1], timeout.MissingRanks);
        group.Reset();
        for (var rank = 0; rank < 2; rank++)
        {
            buffers[rank].CopyFrom(ones, streams[rank]);
            group[rank].AllReduce(buffers[rank], QuantRegime.FP, streams[rank]);
        }

        var sum = new Half[Length];
        buffers[1].CopyTo(sum, streams[1]);
        Assert.All(sum, static element => Assert.Equal((Half)2, element));
    }

    [RequiresProgramsFact("clang++-22")]
    public void AMessageThatNobodyWroteIsFoundWhenItsSumIsRead()
    {
        var machine = new EmulatedMachine(new EmulationOptions { Devices = 2 });
        using var group = GpuGroup.Create(EmulatedKernels.Kernels, 2, new GpuGroupOptions { Devices = machine.Devices, Algorithm = AllReduceAlgorithm.OneShot });
        using var streams = new Disposables<GpuStream>(machine.Devices.Select(static device => device.CreateStream()));
        using var buffers = new Disposables<DeviceBuffer<Half>>(machine.Devices.Select(static device => device.Allocate<Half>(Length)));
        buffers[0].CopyFrom(new Half[Length], streams[0]);
        group[0].AllReduce(buffers[0], QuantRegime.FP, streams[0]);
        group[1].AllReduce(buffers[1], QuantRegime.FP, streams[1]);
        var error = Assert.Throws<GpuException>(() => buffers[0].CopyTo(new Half[Length], streams[0]));
        Assert.Equal(GpuProblem.DeviceLost, error.Problem);
        Assert.Equal(EmulationProblem.UndefinedValue, Assert.IsType<EmulationException>(error.InnerException).Problem);
    }

    [RequiresProgramsFact("clang++-22")]
    public void MemoryThatIsFreedOrTooShortIsFoundWhereTheKernelAccessesIt()
    {
        var machine = new EmulatedMachine(new EmulationOptions { Devices = 2 });
        using var group = GpuGroup.Create(EmulatedKernels.Kernels, 2, new GpuGroupOptions { Devices = machine.Devices, Algorithm = AllReduceAlgorithm.Direct, PointerChecks = PointerChecks.Never });
        using var streams = new Disposables<GpuStream>(machine.Devices.Select(static device => device.CreateStream()));
        using var buffers = new Disposables<DeviceBuffer<float>>(machine.Devices.Select(static device => device.Allocate<float>(Length)));
        for (var rank = 0; rank < 2; rank++)
        {
            buffers[rank].CopyFrom(new float[Length], streams[rank]);
            group[rank].AllReduce(DataType.Float32, buffers[rank].Handle, buffers[rank].Handle, Length + 1, QuantRegime.FP, streams[rank].Handle);
        }

        var error = Assert.Throws<GpuException>(streams[0].Synchronize);
        Assert.Contains("past the end of a buffer of device", error.Message);
        Assert.Contains("direct_all_reduce_float32_fp_world2", error.Message);
        Assert.Equal(EmulationProblem.OutOfBounds, machine.Problem!.Problem);
        Assert.Throws<GpuException>(streams[1].Synchronize);
    }

    [RequiresProgramsFact("clang++-22")]
    public void CodeObjectsThatCannotBeUsedAreRefusedWithTheReason()
    {
        var variant = new KernelVariant(DataType.Float16, QuantRegime.FP, 2);
        var good = File.ReadAllBytes(CodeObjectFiles.PathOf(variant));
        Assert.Contains("truncated or damaged", Refusal(good[..2000]));
        Assert.Contains("no 64-bit ELF file", Refusal([1, 2, 3]));
        Assert.Contains("compiled for gfx950", Refusal(File.ReadAllBytes(CodeObjectFiles.PathOf(variant, "gfx950"))));
        Assert.Contains("clang-offload-bundler", Refusal([.. "__CLANG_OFFLOAD_BUNDLE__"u8, .. good]));
        var random = new Random(4);
        for (var i = 0; i < 200; i++)
        {
            // Whatever the file holds: refused, or loaded, never anything else.
            var damaged = good.ToArray();
            for (var change = 0; change < 8; change++)
            {
                damaged[random.Next(4096)] = (byte)random.Next(256);
            }

            _ = Refusal(damaged);
        }

        static string Refusal(byte[] file)
        {
            var driver = new EmulatedMachine().Devices[0].Driver;
            return driver.LoadModule(0, file, out var log) == 0 ? log : string.Empty;
        }
    }

    [RequiresProgramsFact("clang++-22")]
    public void ATrialCanBeCancelled()
    {
        using var cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        var trial = new Trials.AllReduceTrial(EmulatedKernels.Kernels, new KernelVariant(DataType.Float16, QuantRegime.FP, 2), AppContext.BaseDirectory);
        Assert.Throws<OperationCanceledException>(() => trial.Run(1, cancellation.Token));
    }

    private sealed class Disposables<T>(IEnumerable<T> items) : IDisposable
        where T : IDisposable
    {
        private readonly T[] _items = [.. items];

        public T this[int index] => _items[index];

        public void Dispose() => Array.ForEach(_items, static item => item.Dispose());
    }
}
