using QuickReduce.Devices.Gpu.Code;

namespace QuickReduce.Devices.Gpu;

/// <summary>
/// What QuickReduce needs of a vendor's driver. Every operation names its device and leaves the calling thread's current
/// device as it was, so that it gets along with whatever else uses the driver in the process.
/// </summary>
/// <remarks>
/// Thread-safe. Handles (streams, events, modules …) are the vendor's own, so that those of other libraries work here
/// and the other way round. Every operation that fails throws a <see cref="GpuException"/>.
/// </remarks>
internal abstract unsafe class GpuDriver
{
    private const int OutOfMemory = 2;
    private const int NoDevice = 100;
    private const int PeerAccessUnsupported = 217;
    private const int CooperativeLaunchTooLarge = 720;

    /// <summary>The kind of devices.</summary>
    public abstract DeviceKind Kind { get; }

    /// <summary>The library that was loaded.</summary>
    public abstract string LibraryName { get; }

    /// <summary>Extension of the code objects that it loads.</summary>
    public abstract string CodeObjectExtension { get; }

    /// <summary>Number of devices.</summary>
    public abstract int DeviceCount { get; }

    /// <summary>
    /// Whether memory that peers write to (<see cref="AllocateShared"/>) is cached in the device's L2, so that little of
    /// it is better than much.
    /// </summary>
    public abstract bool CachesSharedMemory { get; }

    /// <summary>Most streams of one device whose kernels are sure to run at the same time.</summary>
    public abstract int ConcurrentStreams { get; }

    /// <summary>What to change to raise <see cref="ConcurrentStreams"/>.</summary>
    public abstract string ConcurrentStreamsRemedy { get; }

    public abstract DeviceDescription Describe(int device);

    /// <summary>Makes a device the calling thread's current one, for libraries that ask for that.</summary>
    /// <returns>What to give to <see cref="RestoreCurrent"/>.</returns>
    public abstract nint MakeCurrent(int device);

    /// <summary>Gives the thread back the device that it had.</summary>
    public abstract void RestoreCurrent(nint previous);

    /// <summary>Names a device the same way in every process, whichever devices are visible there.</summary>
    public abstract Guid IdentityOf(int device);

    // ---- memory ----

    public abstract nint Allocate(int device, nint bytes);

    /// <summary>Allocates memory that other devices write to, and this one polls, while kernels run.</summary>
    public abstract nint AllocateShared(int device, nint bytes);

    /// <summary>Frees memory; waits for the device's work where the driver does so.</summary>
    public abstract void Free(int device, nint pointer);

    public abstract void CopyFromHost(int device, nint destination, void* source, nint bytes, nint stream);

    public abstract void CopyToHost(int device, void* destination, nint source, nint bytes, nint stream);

    public abstract void Copy(int device, nint destination, nint source, nint bytes, nint stream);

    public abstract void Fill(int device, nint destination, byte value, nint bytes, nint stream);

    /// <summary>Says where a pointer points; never throws for a pointer that points nowhere.</summary>
    public abstract PointerInfo Inspect(nint pointer);

    // ---- streams and events ----

    /// <summary>Creates a stream that no other stream waits for, the default stream neither.</summary>
    public abstract nint CreateStream(int device);

    public abstract void DestroyStream(int device, nint stream);

    public abstract void SynchronizeStream(int device, nint stream);

    public abstract bool IsStreamIdle(int device, nint stream);

    /// <summary>The device of a stream; −1 for a stream of a context that is not the device's primary one.</summary>
    public abstract int DeviceOfStream(nint stream);

    public abstract nint CreateEvent(int device);

    public abstract void DestroyEvent(int device, nint @event);

    public abstract void RecordEvent(int device, nint @event, nint stream);

    public abstract void WaitForEvent(int device, nint stream, nint @event);

    public abstract void SynchronizeEvent(int device, nint @event);

    public abstract float ElapsedMilliseconds(int device, nint start, nint end);

    public abstract void SynchronizeDevice(int device);

    // ---- code ----

    /// <summary>Loads a code object, translating it for the device where needed.</summary>
    /// <param name="device">The device.</param>
    /// <param name="image">The file's bytes.</param>
    /// <param name="log">What the driver's translator says where it fails.</param>
    /// <returns>The module; 0 where the driver refuses the code, with the reason in <paramref name="log"/>.</returns>
    public abstract nint LoadModule(int device, ReadOnlySpan<byte> image, out string log);

    /// <summary>What compiles kernels for the devices in this process, found at the first call; null where nothing does.</summary>
    /// <param name="reason">Why there is none; else empty.</param>
    public abstract RuntimeCompiler? FindCompiler(out string reason);

    public abstract void UnloadModule(int device, nint module);

    /// <summary>A function of a module, loaded for good; 0 where there is none of that name.</summary>
    public abstract nint Function(int device, nint module, string name);

    /// <summary>Address of a variable of a module; 0 where there is none of that name.</summary>
    public abstract nint Global(int device, nint module, string name, out nint bytes);

    public abstract FunctionAttributes Attributes(int device, nint function);

    /// <summary>Blocks of a function that fit on one multiprocessor at the same time.</summary>
    public abstract int BlocksPerMultiprocessor(int device, nint function, int threadsPerBlock);

    /// <summary>Launches a one-dimensional grid; a cooperative one is refused where it cannot be resident at once.</summary>
    public abstract void Launch(int device, nint function, int blocks, int threadsPerBlock, nint stream, void** arguments, bool cooperative);

    // ---- graphs ----

    public abstract void BeginCapture(int device, nint stream);

    /// <summary>Ends a capture and makes it executable.</summary>
    public abstract nint EndCapture(int device, nint stream);

    /// <summary>Ends a capture that is not wanted; never throws.</summary>
    public abstract void AbandonCapture(int device, nint stream);

    /// <summary>Lets the calling thread use other streams while some thread captures, whichever way that one does it.</summary>
    public abstract void IgnoreCaptures();

    public abstract void LaunchGraph(int device, nint graph, nint stream);

    public abstract void DestroyGraph(int device, nint graph);

    // ---- other devices, other processes ----

    public abstract bool CanAccessPeer(int device, int peer);

    /// <summary>Lets kernels of <paramref name="device"/> access the memory of <paramref name="peer"/>; at once fine where they may already.</summary>
    public abstract void EnablePeerAccess(int device, int peer);

    public abstract IpcMemoryHandle ExportMemory(int device, nint allocation);

    public abstract nint ImportMemory(int device, in IpcMemoryHandle handle);

    public abstract void CloseImportedMemory(int device, nint pointer);

    /// <summary>The vendor's name and text for an error.</summary>
    protected abstract string ErrorText(int error);

    /// <summary>The exception for a call that failed. Both vendors number their errors alike.</summary>
    protected GpuException Failure(int error, string call, int device)
    {
        var (problem, remedy) = error switch
        {
            OutOfMemory => (GpuProblem.OutOfMemory, "Free device memory, or use smaller buffers."),
            NoDevice => (GpuProblem.NoDevice, "Is a GPU visible to this process (container, CUDA_VISIBLE_DEVICES, HIP_VISIBLE_DEVICES)?"),
            PeerAccessUnsupported => (GpuProblem.NoPeerAccess, "Use devices that are linked to each other."),
            CooperativeLaunchTooLarge => (GpuProblem.NotCoResident, "Lower GpuGroupOptions.MaxBlocks."),
            214 or (>= 700 and <= 702) or (>= 714 and <= 719) => (GpuProblem.DeviceLost, "The process has to be restarted to use the device again. A buffer that was freed too early is the usual cause."),
            >= 900 and <= 908 => (GpuProblem.InvalidDuringCapture, "End the capture first."),
            _ => (GpuProblem.DriverError, string.Empty),
        };
        var where = device < 0 ? string.Empty : " on " + Kind + " device " + device;
        return new GpuException(problem, call + " failed" + where + ": " + ErrorText(error) + ". " + remedy, error);
    }
}
