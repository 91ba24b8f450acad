using QuickReduce.Devices.Gpu;

namespace QuickReduce.Gpu;

/// <summary>The kernels to compare with, on one device: what its memory can do, and what a launch costs.</summary>
internal sealed unsafe class PlainCode : IDisposable
{
    private const int Replays = 11;
    private const int WarmUps = 2;

    private readonly GpuDevice _device;
    private readonly nint _module;
    private readonly nint _copy;
    private readonly nint _empty;

    public PlainCode(GpuDevice device)
    {
        _device = device;
        var path = CodeObjectFile.Find(AppContext.BaseDirectory, new KernelUnit(PlainKernels.UnitName, string.Empty), device);
        _module = device.Driver.LoadModule(device.Index, File.ReadAllBytes(path), out var log);
        if (_module == 0)
        {
            throw new InvalidOperationException(path + " cannot be loaded: " + log);
        }

        _copy = device.Driver.Function(device.Index, _module, PlainKernels.CopyName);
        _empty = device.Driver.Function(device.Index, _module, PlainKernels.EmptyName);
    }

    /// <summary>Microseconds to copy a number of bytes within the device's memory.</summary>
    /// <param name="bytes">A multiple of what a block copies; far more than the L2 holds for the ceiling.</param>
    public Statistics TimeCopy(long bytes)
    {
        using var stream = _device.CreateStream();
        using var source = _device.Allocate<byte>(bytes);
        using var destination = _device.Allocate<byte>(bytes);
        source.Fill(1, stream);
        var samples = GraphTimer.Time(stream, WarmUps, Replays, calls: 1, () => Launch(_copy, (int)(bytes / PlainKernels.BytesPerBlock), stream, source.Handle, destination.Handle), [stream]);
        var last = new byte[1];
        Read(destination.Handle + (nint)bytes - 1, last, stream);
        return last[0] == 1 ? samples : throw new InvalidOperationException("The copy is not one.");
    }

    /// <summary>Host microseconds to launch a kernel that does nothing, back to back, the device's share included.</summary>
    public Statistics TimeEmptyLaunch()
    {
        const int Launches = 200;
        using var stream = _device.CreateStream();
        var samples = new double[Replays];
        for (var sample = -WarmUps; sample < Replays; sample++)
        {
            var start = System.Diagnostics.Stopwatch.GetTimestamp();
            for (var launch = 0; launch < Launches; launch++)
            {
                Launch(_empty, 1, stream, 0, 0);
            }

            stream.Synchronize();
            if (sample >= 0)
            {
                samples[sample] = System.Diagnostics.Stopwatch.GetElapsedTime(start).TotalMicroseconds / Launches;
            }
        }

        return Statistics.Of(samples);
    }

    /// <summary>Device microseconds of a graph node that does nothing.</summary>
    public Statistics TimeEmptyNode()
    {
        using var stream = _device.CreateStream();
        return GraphTimer.Time(stream, WarmUps, Replays, calls: 200, () => Launch(_empty, 1, stream, 0, 0), [stream]);
    }

    public void Dispose() => _device.Driver.UnloadModule(_device.Index, _module);

    private void Read(nint address, Span<byte> bytes, GpuStream stream)
    {
        fixed (byte* destination = bytes)
        {
            _device.Driver.CopyToHost(_device.Index, destination, address, bytes.Length, stream.Handle);
            stream.Synchronize();
        }
    }

    private void Launch(nint function, int blocks, GpuStream stream, nint input, nint output)
    {
        var arguments = stackalloc void*[] { &input, &output };
        _device.Driver.Launch(_device.Index, function, blocks, PlainKernels.ThreadsPerBlock, stream.Handle, arguments, cooperative: false);
    }
}
