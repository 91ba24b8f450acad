namespace QuickReduce.Devices;

/// <summary>What runs a group's kernels: finds them, and says what scratch memory a thread needs for them.</summary>
/// <remarks>Thread-safe. Holds nothing that must be released.</remarks>
internal abstract unsafe class Device
{
    /// <summary>Which device this is; never <see cref="DeviceKind.Auto"/>.</summary>
    public abstract DeviceKind Kind { get; }

    /// <summary>Bytes of scratch memory, aligned to 256, that one thread needs for any of the group's kernels.</summary>
    public abstract nuint ScratchBytes { get; }

    /// <summary>Prepares zeroed scratch memory, once; it then serves calls of all kernels.</summary>
    public abstract void PrepareScratch(byte* scratch);

    /// <summary>The kernel of a declared variant with the group's world size.</summary>
    /// <exception cref="NativeLibraryException">It needs a native library that cannot be used.</exception>
    public abstract VariantKernel Kernel(KernelVariant variant);

    /// <summary>Creates the device of a group.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="kind"/> is not defined.</exception>
    /// <exception cref="NativeLibraryException">This platform has no such device.</exception>
    public static Device Create(DeviceKind kind, KernelSet kernels, int worldSize, string libraryDirectory) => kind switch
    {
        DeviceKind.Auto or DeviceKind.Managed => new Managed.ManagedDevice(worldSize),
        DeviceKind.Host => new Host.HostDevice(kernels, worldSize, libraryDirectory),
        DeviceKind.Cuda or DeviceKind.Hip => throw new ArgumentOutOfRangeException(nameof(kind), kind, "A group over host memory runs on the CPU. GpuGroup reduces device memory."),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Unknown device."),
    };
}
