using System.Globalization;
using System.Runtime.InteropServices;

namespace QuickReduce.Devices.Gpu.Cuda;

/// <summary>NVIDIA GPUs through the CUDA driver API. Needs the display or data-centre driver, no toolkit.</summary>
/// <remarks>
/// Uses every device's primary context, the one that the CUDA runtime API and all frameworks on it use, so that their
/// memory and streams can be passed in.
/// </remarks>
internal sealed unsafe partial class CudaDriver : GpuDriver
{
    private const int PeerAccessAlreadyEnabled = 704;
    private const int DefaultConnections = 8;
    private const string ConnectionsVariable = "CUDA_DEVICE_MAX_CONNECTIONS";

    private readonly CudaFunctions _functions;
    private readonly nint[] _contexts;

    private CudaDriver(DriverLibrary library)
    {
        LibraryName = library.Name;
        _functions = new CudaFunctions(library);
        Check(_functions.Init(0), "cuInit");
        int count;
        Check(_functions.DeviceGetCount(&count), "cuDeviceGetCount");
        _contexts = new nint[count];
    }

    public override DeviceKind Kind => DeviceKind.Cuda;

    public override string LibraryName { get; }

    public override string CodeObjectExtension => ".ptx";

    public override int DeviceCount => _contexts.Length;

    public override bool CachesSharedMemory => true;

    public override int ConcurrentStreams =>
        int.TryParse(Environment.GetEnvironmentVariable(ConnectionsVariable), NumberStyles.None, CultureInfo.InvariantCulture, out var connections)
            ? int.Clamp(connections, 1, 32)
            : DefaultConnections;

    public override string ConcurrentStreamsRemedy => "Start the process with " + ConnectionsVariable + " set to the number of ranks, at most 32.";

    /// <summary>Loads the driver.</summary>
    /// <param name="libraries">Names or paths of its library, best first; null for the usual ones.</param>
    /// <exception cref="GpuException">It is not installed, is too old, or does not start.</exception>
    public static CudaDriver Load(IReadOnlyList<string>? libraries = null) => new(DriverLibrary.Load(
        "The NVIDIA driver",
        libraries ?? (OperatingSystem.IsWindows() ? ["nvcuda.dll"] : ["libcuda.so.1", "libcuda.so"]),
        "Install an NVIDIA driver for CUDA 12 or later; no toolkit is needed."));

    public override DeviceDescription Describe(int device)
    {
        const int MultiprocessorCount = 16, L2CacheSize = 38, ComputeCapabilityMajor = 75, ComputeCapabilityMinor = 76;
        const int NameBytes = 256;
        var name = stackalloc byte[NameBytes];
        nuint memory;
        Check(_functions.DeviceGetName(name, NameBytes, Handle(device)), "cuDeviceGetName", device);
        Check(_functions.DeviceTotalMem(&memory, Handle(device)), "cuDeviceTotalMem", device);
        var architecture = string.Create(CultureInfo.InvariantCulture, $"sm_{Attribute(ComputeCapabilityMajor)}{Attribute(ComputeCapabilityMinor)}");
        return new DeviceDescription(Marshal.PtrToStringUTF8((nint)name)!, architecture, (long)memory, Attribute(MultiprocessorCount), Attribute(L2CacheSize));

        int Attribute(int attribute)
        {
            int value;
            Check(_functions.DeviceGetAttribute(&value, attribute, Handle(device)), "cuDeviceGetAttribute", device);
            return value;
        }
    }

    public override Guid IdentityOf(int device)
    {
        Guid identity;
        Check(_functions.DeviceGetUuid(&identity, Handle(device)), "cuDeviceGetUuid", device);
        return identity;
    }

    public override void SynchronizeDevice(int device)
    {
        using var scope = Use(device);
        Check(_functions.CtxSynchronize(), "cuCtxSynchronize", device);
    }

    public override bool CanAccessPeer(int device, int peer)
    {
        int can;
        Check(_functions.DeviceCanAccessPeer(&can, Handle(device), Handle(peer)), "cuDeviceCanAccessPeer", device);
        return can != 0;
    }

    public override void EnablePeerAccess(int device, int peer)
    {
        var peerContext = Context(peer);
        using var scope = Use(device);
        var result = _functions.CtxEnablePeerAccess(peerContext, 0);
        if (result != PeerAccessAlreadyEnabled)
        {
            Check(result, "cuCtxEnablePeerAccess to device " + peer, device);
        }
    }

    protected override string ErrorText(int error)
    {
        byte* name, text;
        var known = _functions.GetErrorName(error, &name) == 0 && _functions.GetErrorString(error, &text) == 0
            ? Marshal.PtrToStringUTF8((nint)name) + ", " + Marshal.PtrToStringUTF8((nint)text)
            : "unknown error";
        return known + " (" + error.ToString(CultureInfo.InvariantCulture) + ")";
    }

    private int Handle(int device)
    {
        int handle;
        Check(_functions.DeviceGet(&handle, device), "cuDeviceGet", device);
        return handle;
    }

    private nint Context(int device)
    {
        var context = Volatile.Read(ref _contexts[device]);
        return context != 0 ? context : RetainContext(device);
    }

    private nint RetainContext(int device)
    {
        // Retained once per process and kept: others use the primary context too, and it ends with the process.
        lock (_contexts)
        {
            if (_contexts[device] == 0)
            {
                nint context;
                Check(_functions.DevicePrimaryCtxRetain(&context, Handle(device)), "cuDevicePrimaryCtxRetain", device);
                Volatile.Write(ref _contexts[device], context);
            }

            return _contexts[device];
        }
    }

    public override nint MakeCurrent(int device)
    {
        var context = Context(device);
        nint previous;
        Check(_functions.CtxGetCurrent(&previous), "cuCtxGetCurrent", device);
        Check(_functions.CtxSetCurrent(context), "cuCtxSetCurrent", device);
        return previous;
    }

    public override void RestoreCurrent(nint previous) => _ = _functions.CtxSetCurrent(previous);

    private CurrentContext Use(int device)
    {
        var context = Context(device);
        nint previous;
        Check(_functions.CtxGetCurrent(&previous), "cuCtxGetCurrent", device);
        if (previous == context)
        {
            return default;
        }

        Check(_functions.CtxSetCurrent(context), "cuCtxSetCurrent", device);
        return new CurrentContext(_functions, previous);
    }

    private void Check(int result, string call, int device = -1)
    {
        if (result != 0)
        {
            throw Failure(result, call, device);
        }
    }

    /// <summary>Gives the thread back the context that it had.</summary>
    private readonly ref struct CurrentContext(CudaFunctions functions, nint previous)
    {
        private readonly CudaFunctions? _functions = functions;

        public void Dispose()
        {
            if (_functions is not null)
            {
                _ = _functions.CtxSetCurrent(previous);
            }
        }
    }
}
