using System.Runtime.InteropServices;

namespace QuickReduce.Gpu.Tests;

/// <summary>Two ranks on one device of the stand-in, whose kernels are the generated ones, built for this processor.</summary>
internal sealed class RealGroup : IDisposable
{
    private readonly StandInDriver _driver = new(multiprocessors: 2, blocksPerMultiprocessor: 2);
    private readonly CodeObjects _objects = CodeObjects.OfHostLibraries(RealKernels.Kernels);

    public RealGroup(int length, AllReduceAlgorithm? algorithm = null, TimeSpan? timeout = null, AllReducePolicy? policy = null)
    {
        GpuDevice[] ranks = [_driver.Devices[0], _driver.Devices[0]];
        Group = GpuGroup.Create(RealKernels.Kernels, 2, new GpuGroupOptions
        {
            Devices = ranks,
            LibraryDirectory = _objects.Directory,
            Algorithm = algorithm,
            Policy = policy,
            Timeout = timeout ?? Timeout.InfiniteTimeSpan,
        });
        Streams = [.. ranks.Select(static device => device.CreateStream())];
        Buffers = [.. ranks.Select(device => device.Allocate<Half>(length))];
    }

    public GpuGroup Group { get; }

    public GpuStream[] Streams { get; }

    public DeviceBuffer<Half>[] Buffers { get; }

    public StandInDriver Driver => _driver;

    /// <summary>All-reduces messages in place and compares with what the managed backend makes of them.</summary>
    public void RequireRight(QuantRegime regime, int seed, AllReduceAlgorithm? algorithm = null)
    {
        var messages = Messages(seed);
        Write(messages);
        AllReduce(0, regime);
        AllReduce(1, regime);
        Assert.All(Read(), sum => Assert.Equal(Expected(messages, regime, algorithm), sum));
    }

    public void AllReduce(int rank, QuantRegime regime) => Group[rank].AllReduce(Buffers[rank], regime, Streams[rank]);

    /// <summary>Numbers of very different magnitude.</summary>
    public Half[][] Messages(int seed) =>
        [.. Enumerable.Range(0, 2).Select(rank =>
        {
            var random = new Random(seed + rank);
            return Enumerable.Range(0, (int)Buffers[rank].Length).Select(_ => (Half)MathF.ScaleB(random.NextSingle() - 0.5f, random.Next(-9, 9))).ToArray();
        })];

    public void Write(Half[][] messages)
    {
        for (var rank = 0; rank < 2; rank++)
        {
            Buffers[rank].CopyFrom(messages[rank].AsSpan(), Streams[rank]);
        }
    }

    /// <summary>Waits for both ranks, and gives what is in their buffers, as bits.</summary>
    public ushort[][] Read() =>
        [.. Enumerable.Range(0, 2).Select(rank =>
        {
            var sum = new Half[Buffers[rank].Length];
            Buffers[rank].CopyTo(sum, Streams[rank]);
            return MemoryMarshal.Cast<Half, ushort>(sum.AsSpan()).ToArray();
        })];

    public static ushort[] Expected(Half[][] messages, QuantRegime regime, AllReduceAlgorithm? algorithm)
    {
        using var group = AllReduceGroup.Create(RealKernels.Kernels, 2, new GroupOptions { Device = DeviceKind.Managed, Algorithm = algorithm });
        Half[][] sums = [[.. messages[0]], [.. messages[1]]];
        group.AllReduce<Half>(regime, [sums[0], sums[1]], [sums[0], sums[1]]);
        return MemoryMarshal.Cast<Half, ushort>(sums[0].AsSpan()).ToArray();
    }

    public void Dispose()
    {
        Group.Dispose();
        foreach (var resource in Streams.AsEnumerable<GpuResource>().Concat(Buffers))
        {
            resource.Dispose();
        }

        Assert.Equal(0, _driver.Alive);
        _objects.Dispose();
        _driver.Dispose();
    }
}
