using System.Diagnostics;
using System.Runtime.InteropServices;
using QuickReduce.Collectives.Gpu;
using QuickReduce.Devices.Gpu.Code;

namespace QuickReduce.Gpu;

/// <summary>
/// Launches of an all-reduce's kernel through the driver's own function, with nothing around them: in a loop in C where there
/// is a C compiler, otherwise in one in C#. The messages have no elements, so that the kernels end at once.
/// </summary>
internal sealed unsafe class RawLaunches : IDisposable
{
    private const int WorkspaceBytes = 1 << 20;

    private readonly GpuDevice _device;
    private readonly LaunchLoop? _loop;
    private readonly DeviceBuffer<byte> _workspace;
    private readonly nint _module;
    private readonly nint _function;
    private readonly nint _launch;
    private readonly int _threads;

    public RawLaunches(GpuDevice device, KernelSet kernels, KernelVariant variant, TextWriter output)
    {
        _device = device;
        _threads = variant.BlockSize;
        _launch = NativeLibrary.GetExport(NativeLibrary.Load(device.Driver.LibraryName), device.Kind == DeviceKind.Cuda ? "cuLaunchKernel" : "hipModuleLaunchKernel");
        var code = new PackagedCode(AppContext.BaseDirectory).Find(kernels.UnitOf(variant)!, device, out var path, out var reason)
            ?? throw new InvalidOperationException(path + " is missing. " + reason);
        _module = device.Driver.LoadModule(device.Index, code.Span, out var log);
        _function = _module == 0
            ? throw new InvalidOperationException(path + " cannot be loaded: " + log)
            : device.Driver.Function(device.Index, _module, variant.KernelName);
        _workspace = device.Allocate<byte>(WorkspaceBytes);
        using (var stream = device.CreateStream())
        {
            _workspace.Fill(0, stream);
            stream.Synchronize();
        }

        _loop = LaunchLoop.TryCreate(output);
    }

    /// <summary>Whether the loop is in C.</summary>
    public bool AreFromC => _loop is not null;

    /// <summary>Host microseconds of one launch, on some streams in turn, without waiting for the device, which is current.</summary>
    public double Time(ReadOnlySpan<nint> streams, int calls)
    {
        if (_loop is not null)
        {
            return _loop.Run(_launch, _function, _threads, _workspace.Handle, streams, calls);
        }

        var launch = (delegate* unmanaged<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)_launch;
        var arguments = new AllReduceArguments { Workspace = _workspace.Handle, BlockCount = 1 };
        var parameters = (void*)&arguments;
        var start = Stopwatch.GetTimestamp();
        for (var call = 0; call < calls; call++)
        {
            foreach (var stream in streams)
            {
                var error = launch(_function, 1, 1, 1, (uint)_threads, 1, 1, 0, stream, &parameters, null);
                if (error != 0)
                {
                    throw new InvalidOperationException("The driver refuses a launch with error " + error + ".");
                }
            }
        }

        return Stopwatch.GetElapsedTime(start).TotalMicroseconds / (calls * streams.Length);
    }

    public void Dispose()
    {
        _loop?.Dispose();
        _workspace.Dispose();
        _device.Driver.UnloadModule(_device.Index, _module);
    }
}
