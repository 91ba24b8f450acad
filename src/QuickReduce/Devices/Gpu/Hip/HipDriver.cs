using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace QuickReduce.Devices.Gpu.Hip;

/// <summary>AMD GPUs through the HIP run time of ROCm 6 or later. Needs no headers and no compiler.</summary>
internal sealed unsafe partial class HipDriver : GpuDriver
{
    private const int PeerAccessAlreadyEnabled = 704;
    private const int DefaultQueues = 4;
    private const string QueuesVariable = "GPU_MAX_HW_QUEUES";

    private readonly DriverLibrary _library;
    private readonly HipFunctions _functions;

    private HipDriver(DriverLibrary library, IReadOnlyList<string>? compilers)
    {
        _library = library;
        _compilers = compilers;
        LibraryName = library.Name;
        _functions = new HipFunctions(library);
        Check(_functions.Init(0), "hipInit");
        int count;
        Check(_functions.GetDeviceCount(&count), "hipGetDeviceCount");
        DeviceCount = count;
    }

    public override DeviceKind Kind => DeviceKind.Hip;

    public override string LibraryName { get; }

    public override string CodeObjectExtension => ".hsaco";

    public override int DeviceCount { get; }

    public override bool CachesSharedMemory => false;

    public override int ConcurrentStreams =>
        int.TryParse(Environment.GetEnvironmentVariable(QueuesVariable), NumberStyles.None, CultureInfo.InvariantCulture, out var queues)
            ? int.Max(queues, 1)
            : DefaultQueues;

    public override string ConcurrentStreamsRemedy => "Start the process with " + QueuesVariable + " set to the number of ranks.";

    /// <summary>Loads the run time.</summary>
    /// <param name="libraries">Names or paths of its library, best first; null for the usual ones.</param>
    /// <param name="compilers">Names or paths of hipRTC, best first; null for the usual ones.</param>
    /// <exception cref="GpuException">It is not installed, is too old, or does not start.</exception>
    public static HipDriver Load(IReadOnlyList<string>? libraries = null, IReadOnlyList<string>? compilers = null) => new(
        DriverLibrary.Load("The HIP run time", libraries ?? RocmLibraries.Candidates("amdhip64"), "Install ROCm 6 or later, or set ROCM_PATH to where it is."),
        compilers);

    public override DeviceDescription Describe(int device)
    {
        // hipDeviceProp_tR0600: the name comes first, the architecture has a fixed place, and room is left for what later
        // versions append.
        const int ArchitectureOffset = 1160, PropertiesBytes = 4096;
        const int L2CacheSize = 19, MultiprocessorCount = 63;
        var properties = stackalloc byte[PropertiesBytes];
        new Span<byte>(properties, PropertiesBytes).Clear();
        nuint memory;
        Check(_functions.GetDeviceProperties(properties, device), "hipGetDeviceProperties", device);
        Check(_functions.DeviceTotalMem(&memory, device), "hipDeviceTotalMem", device);
        return new DeviceDescription(
            Marshal.PtrToStringUTF8((nint)properties)!,
            Marshal.PtrToStringUTF8((nint)properties + ArchitectureOffset)!,
            (long)memory,
            Attribute(MultiprocessorCount),
            Attribute(L2CacheSize));

        int Attribute(int attribute)
        {
            int value;
            Check(_functions.DeviceGetAttribute(&value, attribute, device), "hipDeviceGetAttribute", device);
            return value;
        }
    }

    public override Guid IdentityOf(int device)
    {
        Guid identity;
        Check(_functions.DeviceGetUuid(&identity, device), "hipDeviceGetUuid", device);
        return identity;
    }

    public override void SynchronizeDevice(int device)
    {
        using var scope = Use(device);
        Check(_functions.DeviceSynchronize(), "hipDeviceSynchronize", device);
    }

    public override bool CanAccessPeer(int device, int peer)
    {
        int can;
        Check(_functions.DeviceCanAccessPeer(&can, device, peer), "hipDeviceCanAccessPeer", device);
        return can != 0;
    }

    public override void EnablePeerAccess(int device, int peer)
    {
        using var scope = Use(device);
        var result = _functions.DeviceEnablePeerAccess(peer, 0);
        if (result == PeerAccessAlreadyEnabled)
        {
            _ = _functions.GetLastError();
            return;
        }

        Check(result, "hipDeviceEnablePeerAccess to device " + peer, device);
    }

    public override nint MakeCurrent(int device)
    {
        int previous;
        Check(_functions.GetDevice(&previous), "hipGetDevice", device);
        Check(_functions.SetDevice(device), "hipSetDevice", device);
        return previous;
    }

    public override void RestoreCurrent(nint previous) => _ = _functions.SetDevice((int)previous);

    protected override string ErrorText(int error) =>
        Marshal.PtrToStringUTF8((nint)_functions.GetErrorName(error)) + ", " + Marshal.PtrToStringUTF8((nint)_functions.GetErrorString(error))
        + " (" + error.ToString(CultureInfo.InvariantCulture) + ")";

    private CurrentDevice Use(int device)
    {
        int previous;
        Check(_functions.GetDevice(&previous), "hipGetDevice", device);
        if (previous == device)
        {
            return default;
        }

        Check(_functions.SetDevice(device), "hipSetDevice", device);
        return new CurrentDevice(_functions, previous);
    }

    private void Check(int result, string call, int device = -1)
    {
        if (result != 0)
        {
            _ = _functions.GetLastError();
            throw Failure(result, call, device);
        }
    }

    /// <summary>Gives the thread back the device that it had.</summary>
    private readonly ref struct CurrentDevice(HipFunctions functions, int previous)
    {
        private readonly HipFunctions? _functions = functions;

        public void Dispose()
        {
            if (_functions is not null)
            {
                _ = _functions.SetDevice(previous);
            }
        }
    }
}
