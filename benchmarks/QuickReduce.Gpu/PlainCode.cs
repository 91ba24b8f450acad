using System.Diagnostics;
using System.Runtime.InteropServices;
using QuickReduce.Devices.Gpu;
using QuickReduce.Devices.Gpu.Code;

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
        var code = new PackagedCode(AppContext.BaseDirectory).Find(new KernelUnit(PlainKernels.UnitName, string.Empty), device, out var path, out var reason)
            ?? throw new InvalidOperationException(path + " is missing. " + reason);
        _module = device.Driver.LoadModule(device.Index, code.Span, out var log);
        if (_module == 0)
        {
            throw new InvalidOperationException(path + " cannot be loaded: " + log);
        }

        _copy = device.Driver.Function(device.Index, _module, PlainKernels.CopyName);
        _empty = device.Driver.Function(device.Index, _module, PlainKernels.EmptyName);
    }

    /// <summary>Microseconds of a copy on every device at once, into its own memory or the next one's.</summary>
    /// <param name="devices">The devices, each once, in the order in which they send.</param>
    /// <param name="bytes">A multiple of what a block copies; far more than the L2 holds for the ceiling.</param>
    /// <param name="toNext">Whether each device writes to the next one's memory, the last to the first one's.</param>
    public static Statistics TimeCopies(IReadOnlyList<GpuDevice> devices, long bytes, bool toNext)
    {
        var codes = devices.Select(static device => new PlainCode(device)).ToArray();
        var streams = devices.Select(static device => device.CreateStream()).ToArray();
        var sources = devices.Select(device => device.Allocate<byte>(bytes)).ToArray();
        var destinations = devices.Select(device => device.Allocate<byte>(bytes)).ToArray();
        try
        {
            for (var i = 0; i < devices.Count; i++)
            {
                sources[i].Fill((byte)(i + 1), streams[i]);
                streams[i].Synchronize();
            }

            var samples = GraphTimer.Time(streams[0], WarmUps, Replays, calls: 1, () =>
            {
                for (var i = 0; i < devices.Count; i++)
                {
                    codes[i].LaunchCopy(sources[i], destinations[toNext ? (i + 1) % devices.Count : i], streams[i]);
                }
            }, streams);
            for (var i = 0; i < devices.Count; i++)
            {
                var receiver = toNext ? (i + 1) % devices.Count : i;
                RequireCopied(destinations[receiver], (byte)(i + 1), streams[receiver]);
            }

            return samples;
        }
        finally
        {
            foreach (var resource in codes.AsEnumerable<IDisposable>().Concat(streams).Concat(sources).Concat(destinations))
            {
                resource.Dispose();
            }
        }
    }

    /// <summary>Device microseconds of a graph node that does nothing.</summary>
    public Statistics TimeEmptyNode()
    {
        using var stream = _device.CreateStream();
        return GraphTimer.Time(stream, WarmUps, Replays, calls: 200, () =>
        {
            var arguments = default(PlainKernels.Arguments);
            var parameters = (void*)&arguments;
            _device.Driver.Launch(_device.Index, _empty, 1, PlainKernels.ThreadsPerBlock, stream.Handle, &parameters, cooperative: false);
        }, [stream]);
    }

    public void Dispose() => _device.Driver.UnloadModule(_device.Index, _module);

    private void LaunchCopy(DeviceBuffer<byte> source, DeviceBuffer<byte> destination, GpuStream stream)
    {
        var input = source.Handle;
        var output = destination.Handle;
        var arguments = stackalloc void*[] { &input, &output };
        _device.Driver.Launch(_device.Index, _copy, (int)(source.Length / PlainKernels.BytesPerBlock), PlainKernels.ThreadsPerBlock, stream.Handle, arguments, cooperative: false);
    }

    private static void RequireCopied(DeviceBuffer<byte> destination, byte expected, GpuStream stream)
    {
        byte last;
        destination.Device.Driver.CopyToHost(destination.Device.Index, &last, destination.Handle + (nint)destination.Length - 1, 1, stream.Handle);
        stream.Synchronize();
        if (last != expected)
        {
            throw new InvalidOperationException("The copy is not one.");
        }
    }
}
