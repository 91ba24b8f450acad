namespace QuickReduce.Devices.Gpu.Hip;

/// <content>Memory, of this process and of others.</content>
internal sealed unsafe partial class HipDriver
{
    private const uint UncachedMemory = 3;
    private const uint IpcLazyEnablePeerAccess = 1;

    public override nint Allocate(int device, nint bytes)
    {
        using var scope = Use(device);
        nint pointer;
        Check(_functions.Malloc(&pointer, (nuint)bytes), "hipMalloc of " + bytes + " bytes", device);
        return pointer;
    }

    /// <remarks>Uncached, so that what peers write is seen by a kernel that already runs.</remarks>
    public override nint AllocateShared(int device, nint bytes)
    {
        using var scope = Use(device);
        nint pointer;
        Check(_functions.ExtMallocWithFlags(&pointer, (nuint)bytes, UncachedMemory), "hipExtMallocWithFlags of " + bytes + " bytes", device);
        return pointer;
    }

    public override void Free(int device, nint pointer)
    {
        using var scope = Use(device);

        // As with CUDA: what waits for kernels while it frees could keep them from being released.
        _ = _functions.DeviceSynchronize();
        Check(_functions.Free(pointer), "hipFree", device);
    }

    public override void CopyFromHost(int device, nint destination, void* source, nint bytes, nint stream)
    {
        using var scope = Use(device);
        Check(_functions.MemcpyHtoDAsync(destination, source, (nuint)bytes, stream), "hipMemcpyHtoDAsync", device);
    }

    public override void CopyToHost(int device, void* destination, nint source, nint bytes, nint stream)
    {
        using var scope = Use(device);
        Check(_functions.MemcpyDtoHAsync(destination, source, (nuint)bytes, stream), "hipMemcpyDtoHAsync", device);
    }

    public override void Copy(int device, nint destination, nint source, nint bytes, nint stream)
    {
        using var scope = Use(device);
        Check(_functions.MemcpyDtoDAsync(destination, source, (nuint)bytes, stream), "hipMemcpyDtoDAsync", device);
    }

    public override void Fill(int device, nint destination, byte value, nint bytes, nint stream)
    {
        using var scope = Use(device);
        Check(_functions.MemsetD8Async(destination, value, (nuint)bytes, stream), "hipMemsetD8Async", device);
    }

    public override PointerInfo Inspect(nint pointer)
    {
        const int HostMemory = 1, DeviceMemory = 2, ManagedMemory = 3;
        HipPointerAttributes attributes;
        if (_functions.PointerGetAttributes(&attributes, pointer) != 0)
        {
            _ = _functions.GetLastError();
            return new PointerInfo(MemoryPlace.Unknown, -1, 0, 0);
        }

        nint start;
        nuint bytes;
        if (_functions.MemGetAddressRange(&start, &bytes, pointer) != 0)
        {
            _ = _functions.GetLastError();
            start = pointer;
            bytes = 0;
        }

        return attributes.Type switch
        {
            DeviceMemory or ManagedMemory => new PointerInfo(MemoryPlace.Device, attributes.Device, start, (nint)bytes),
            HostMemory => new PointerInfo(MemoryPlace.Host, -1, start, (nint)bytes),
            _ => new PointerInfo(MemoryPlace.Unknown, -1, 0, 0),
        };
    }

    public override IpcMemoryHandle ExportMemory(int device, nint allocation)
    {
        using var scope = Use(device);
        IpcMemoryHandle handle;
        Check(_functions.IpcGetMemHandle(&handle, allocation), "hipIpcGetMemHandle", device);
        return handle;
    }

    public override nint ImportMemory(int device, in IpcMemoryHandle handle)
    {
        using var scope = Use(device);
        nint pointer;
        Check(_functions.IpcOpenMemHandle(&pointer, handle, IpcLazyEnablePeerAccess), "hipIpcOpenMemHandle", device);
        return pointer;
    }

    public override void CloseImportedMemory(int device, nint pointer)
    {
        using var scope = Use(device);
        Check(_functions.IpcCloseMemHandle(pointer), "hipIpcCloseMemHandle", device);
    }
}
