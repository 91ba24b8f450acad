namespace QuickReduce.Gpu.Tests;

/// <summary>Two ranks whose kernels do nothing, each with a stream and two buffers.</summary>
internal sealed class SilentGroup : IDisposable
{
    public const int Length = 4096;

    private readonly CodeObjects _objects;

    public SilentGroup(int devices = 1, DeviceKind kind = DeviceKind.Cuda, PointerChecks checks = PointerChecks.FirstUse, TimeSpan? timeout = null)
    {
        Driver = new StandInDriver(devices, kind);
        _objects = CodeObjects.ThatDoNothing(TestKernels.Silent, Driver.Architecture, Driver.Extension);
        GpuDevice[] ranks = [Driver.Devices[0], Driver.Devices[devices - 1]];
        Group = GpuGroup.Create(TestKernels.Silent, 2, new GpuGroupOptions { Devices = ranks, LibraryDirectory = _objects.Directory, PointerChecks = checks, Timeout = timeout ?? Timeout.InfiniteTimeSpan });
        Streams = [.. ranks.Select(static device => device.CreateStream())];
        Inputs = [.. ranks.Select(static device => device.Allocate<Half>(Length))];
        Outputs = [.. ranks.Select(static device => device.Allocate<Half>(Length))];
    }

    public StandInDriver Driver { get; }

    public GpuGroup Group { get; }

    public GpuStream[] Streams { get; }

    public DeviceBuffer<Half>[] Inputs { get; }

    public DeviceBuffer<Half>[] Outputs { get; }

    /// <summary>One rank's call with buffers.</summary>
    public void AllReduce(int rank) => Group[rank].AllReduce(Inputs[rank], Outputs[rank], QuantRegime.FP, Streams[rank]);

    /// <summary>One rank's call with raw pointers.</summary>
    public void AllReduce(int rank, nint input, nint output, long count = Length, nint? stream = null) =>
        Group[rank].AllReduce(DataType.Float16, input, output, count, QuantRegime.FP, stream ?? Streams[rank].Handle);

    public void Dispose()
    {
        Group.Dispose();
        foreach (var resource in Streams.AsEnumerable<GpuResource>().Concat(Inputs).Concat(Outputs))
        {
            resource.Dispose();
        }

        _objects.Dispose();
        Driver.Dispose();
    }
}
