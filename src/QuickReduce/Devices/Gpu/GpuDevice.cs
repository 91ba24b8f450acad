using QuickReduce.Devices.Gpu;
using QuickReduce.Devices.Gpu.Cuda;
using QuickReduce.Devices.Gpu.Hip;

namespace QuickReduce;

/// <summary>A GPU of this machine. Immutable and thread-safe; the same object every time it is discovered.</summary>
/// <remarks>
/// No toolkit is needed: NVIDIA's driver (CUDA 12 or later) or AMD's HIP run time (ROCm 6 or later) is loaded when a
/// device is first asked for.
/// </remarks>
public sealed class GpuDevice
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<DeviceKind, IReadOnlyList<GpuDevice>> Discovered = [];

    private readonly DeviceDescription _description;

    private GpuDevice(GpuDriver driver, int index)
    {
        Driver = driver;
        Index = index;
        _description = driver.Describe(index);
    }

    /// <summary><see cref="DeviceKind.Cuda"/> or <see cref="DeviceKind.Hip"/>.</summary>
    public DeviceKind Kind => Driver.Kind;

    /// <summary>The driver's number for it, from 0, among those visible to this process.</summary>
    public int Index { get; }

    /// <summary>Its name, for example <c>NVIDIA H100 80GB HBM3</c>.</summary>
    public string Name => _description.Name;

    /// <summary>
    /// What its code is compiled for: <c>sm_90</c>, or AMD's with features, <c>gfx942:sramecc+:xnack-</c>.
    /// </summary>
    public string Architecture => _description.Architecture;

    /// <summary>Size of its memory, in bytes.</summary>
    public long MemoryBytes => _description.MemoryBytes;

    /// <summary>Number of multiprocessors (AMD: compute units).</summary>
    public int Multiprocessors => _description.Multiprocessors;

    /// <summary>Size of its level-2 cache, in bytes.</summary>
    public int L2CacheBytes => _description.L2CacheBytes;

    internal GpuDriver Driver { get; }

    /// <summary>The GPUs of a kind.</summary>
    /// <param name="kind">
    /// <see cref="DeviceKind.Cuda"/> or <see cref="DeviceKind.Hip"/>, of which there must be one; <see cref="DeviceKind.Auto"/>
    /// for those of both, or none where there are none.
    /// </param>
    /// <exception cref="GpuException">There is no driver, or no device, of the kind asked for.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="kind"/> is not a kind of GPU.</exception>
    public static IReadOnlyList<GpuDevice> Discover(DeviceKind kind = DeviceKind.Auto) => kind switch
    {
        DeviceKind.Auto => [.. OrNone(DeviceKind.Cuda, out _), .. OrNone(DeviceKind.Hip, out _)],
        DeviceKind.Cuda or DeviceKind.Hip => DiscoverOnce(kind),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Kinds of GPU are Cuda and Hip; Auto for both."),
    };

    /// <summary>Says, in a line for each vendor, which GPUs were found, or what was looked for and why there are none.</summary>
    public static string Explain()
    {
        return Line(DeviceKind.Cuda) + Environment.NewLine + Line(DeviceKind.Hip);

        static string Line(DeviceKind kind) => kind + ": " + (OrNone(kind, out var reason) is { Count: > 0 } devices ? string.Join("; ", devices) : reason + Remedy(kind));

        static string Remedy(DeviceKind kind) => kind == DeviceKind.Hip && AmdSystem.Examine().Remedy is { } remedy ? " " + remedy : string.Empty;
    }

    /// <summary>Allocates memory on the device. Its content is undefined.</summary>
    /// <typeparam name="T">Type of the elements.</typeparam>
    /// <param name="length">Number of elements, at least 0.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="length"/> is negative.</exception>
    /// <exception cref="GpuException">There is not enough memory.</exception>
    public DeviceBuffer<T> Allocate<T>(long length)
        where T : unmanaged => new(this, length);

    /// <summary>Creates a stream.</summary>
    /// <exception cref="GpuException">The driver cannot.</exception>
    public GpuStream CreateStream() => new(this, Driver.CreateStream(Index), owned: true);

    /// <summary>Wraps a stream of another library (PyTorch, ONNX Runtime, the vendor's own), which stays its owner.</summary>
    /// <param name="handle">A <c>CUstream</c>, <c>cudaStream_t</c> or <c>hipStream_t</c> of this device; 0 for the default stream.</param>
    public GpuStream WrapStream(nint handle) => new(this, handle, owned: false);

    /// <summary>Creates an event, to measure time or to let one stream wait for another.</summary>
    /// <exception cref="GpuException">The driver cannot.</exception>
    public GpuEvent CreateEvent() => new(this);

    /// <summary>
    /// Makes the device the calling thread's current one, as <c>cudaSetDevice</c> and <c>hipSetDevice</c> do, until the result is
    /// disposed. Never needed: calls see to it that their device is current, and leave the thread as it was. But on a thread
    /// that has another current device, or none, that takes each call one to three tenths of a microsecond (H200).
    /// </summary>
    /// <exception cref="GpuException">The driver cannot.</exception>
    public CurrentDevice MakeCurrent() => new(Driver, Index);

    /// <summary>Waits until the device has done all that was enqueued.</summary>
    /// <exception cref="GpuException">Something enqueued earlier failed.</exception>
    public void Synchronize() => Driver.SynchronizeDevice(Index);

    /// <summary>Whether kernels on this device can access another's memory.</summary>
    /// <exception cref="ArgumentNullException"><paramref name="peer"/> is null.</exception>
    public bool CanAccess(GpuDevice peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return ReferenceEquals(this, peer) || (ReferenceEquals(Driver, peer.Driver) && Driver.CanAccessPeer(Index, peer.Index));
    }

    /// <inheritdoc/>
    public override string ToString() => Kind + " device " + Index + " (" + Name + ", " + Architecture + ")";

    /// <summary>The devices of a driver.</summary>
    internal static IReadOnlyList<GpuDevice> Of(GpuDriver driver)
    {
        if (driver.DeviceCount == 0)
        {
            throw new GpuException(GpuProblem.NoDevice, "The driver " + driver.LibraryName + " has no device. Is a GPU visible to this process (container, CUDA_VISIBLE_DEVICES, HIP_VISIBLE_DEVICES)?");
        }

        return Array.AsReadOnly([.. Enumerable.Range(0, driver.DeviceCount).Select(index => new GpuDevice(driver, index))]);
    }

    private static IReadOnlyList<GpuDevice> DiscoverOnce(DeviceKind kind)
    {
        lock (Gate)
        {
            if (!Discovered.TryGetValue(kind, out var devices))
            {
                devices = Of(kind == DeviceKind.Cuda ? CudaDriver.Load() : HipDriver.Load());
                Discovered.Add(kind, devices);
            }

            return devices;
        }
    }

    private static IReadOnlyList<GpuDevice> OrNone(DeviceKind kind, out string reason)
    {
        try
        {
            reason = string.Empty;
            return DiscoverOnce(kind);
        }
        catch (GpuException exception)
        {
            reason = exception.Message;
            return [];
        }
    }
}
