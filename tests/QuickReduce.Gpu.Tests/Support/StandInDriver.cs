using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using QuickReduce.Devices.Gpu;
using QuickReduce.Devices.Gpu.Cuda;
using QuickReduce.Devices.Gpu.Hip;

namespace QuickReduce.Gpu.Tests;

/// <summary>
/// The stand-in for a vendor's driver (<c>native/fake_driver.c</c>): compiled once, loaded anew for every test, so that
/// tests see nothing of each other.
/// </summary>
internal sealed unsafe class StandInDriver : IDisposable
{
    /// <summary>What compiles it.</summary>
    public const string Compiler = "clang-22";

    private static Lazy<string> _compiled = new(static () => NativeLibraryOfTests.Compile("fake_driver.c"));

    private readonly DeviceKind _kind;
    private readonly string? _architecture;
    private readonly IReadOnlyList<string> _compilers;
    private readonly string _path;
    private readonly nint _handle;
    private IReadOnlyList<GpuDevice>? _devices;

    /// <summary>Loads a driver.</summary>
    /// <param name="devices">Number of devices.</param>
    /// <param name="kind">Whose driver it stands for.</param>
    /// <param name="capability">Compute capability of the devices.</param>
    /// <param name="multiprocessors">Multiprocessors of each device.</param>
    /// <param name="blocksPerMultiprocessor">Blocks that fit on each at the same time.</param>
    /// <param name="memoryBytes">Memory of all devices together.</param>
    /// <param name="architecture">What an AMD device says it is; null for a gfx942 with its usual features.</param>
    /// <param name="compilers">Names or paths of hipRTC; null for none.</param>
    public StandInDriver(
        int devices = 1, DeviceKind kind = DeviceKind.Cuda, int capability = 90, int multiprocessors = 4, int blocksPerMultiprocessor = 4, long memoryBytes = 1L << 30, string? architecture = null, IReadOnlyList<string>? compilers = null)
    {
        _kind = kind;
        _architecture = architecture;
        _compilers = compilers ?? [];
        _path = Path.Combine(Path.GetTempPath(), "quickreduce-driver-" + Guid.NewGuid().ToString("N") + ".so");
        File.Copy(Library, _path);
        _handle = NativeLibrary.Load(_path);
        ((delegate* unmanaged<int, int, int, int, nint, void>)Export("fake_configure"))(devices, capability, multiprocessors, blocksPerMultiprocessor, (nint)memoryBytes);
        if (architecture is not null)
        {
            var name = Marshal.StringToCoTaskMemUTF8(architecture);
            ((delegate* unmanaged<nint, void>)Export("fake_set_architecture"))(name);
            Marshal.FreeCoTaskMem(name);
        }
    }

    /// <summary>The compiled library, from which every driver is copied; processes that a test starts are told where it is.</summary>
    public static string Library
    {
        get => _compiled.Value;
        set => _compiled = new Lazy<string>(value);
    }

    /// <summary>Its devices.</summary>
    public IReadOnlyList<GpuDevice> Devices => _devices ??= GpuDevice.Of(Load());

    /// <summary>Extension of the code objects that it loads.</summary>
    public string Extension => _kind == DeviceKind.Cuda ? ".ptx" : ".hsaco";

    /// <summary>What the devices' code is compiled for, as the build names the folder.</summary>
    public string Architecture => _kind == DeviceKind.Cuda ? "sm_90" : _architecture?.Split(':')[0] ?? "gfx942";

    /// <summary>How many allocations, streams, events, modules and graphs there are.</summary>
    public int Alive => ((delegate* unmanaged<int>)Export("fake_alive"))();

    /// <summary>Address of the function that enqueues a call on a stream.</summary>
    public nint CallQueue => Export("fake_enqueue_call");

    /// <summary>The calling thread's current context.</summary>
    public nint CurrentContext
    {
        get
        {
            nint context;
            _ = ((delegate* unmanaged<nint*, int>)Export("cuCtxGetCurrent"))(&context);
            return context;
        }
        set => _ = ((delegate* unmanaged<nint, int>)Export("cuCtxSetCurrent"))(value);
    }

    /// <summary>The primary context of a device.</summary>
    public nint ContextOf(int device)
    {
        nint context;
        _ = ((delegate* unmanaged<nint*, int, int>)Export("cuDevicePrimaryCtxRetain"))(&context, device);
        return context;
    }

    /// <summary>The calls since the last time, in order.</summary>
    public string[] TakeTrace()
    {
        var trace = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)Export("fake_trace"))())!.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        ((delegate* unmanaged<void>)Export("fake_clear_trace"))();
        return trace;
    }

    /// <summary>Lets the next call of a function fail.</summary>
    public void Fail(string function, int error)
    {
        var name = Marshal.StringToCoTaskMemUTF8(function);
        ((delegate* unmanaged<nint, int, void>)Export("fake_fail"))(name, error);
        Marshal.FreeCoTaskMem(name);
    }

    /// <summary>Loads it as the run time does.</summary>
    public GpuDriver Load() => _kind == DeviceKind.Cuda ? CudaDriver.Load([_path]) : HipDriver.Load([_path], _compilers);

    // Not unloaded: the run time keeps drivers for the process's life, and finalizers may still call.
    public void Dispose() => File.Delete(_path);

    private nint Export(string name) => NativeLibrary.GetExport(_handle, name);
}
