namespace QuickReduce.Devices.Gpu.Cuda;

/// <content>Memory, of this process and of others.</content>
internal sealed unsafe partial class CudaDriver
{
    private const uint IpcLazyEnablePeerAccess = 1;

    public override nint Allocate(int device, nint bytes)
    {
        using var scope = Use(device);
        nint pointer;
        Check(_functions.MemAlloc(&pointer, (nuint)bytes), "cuMemAlloc of " + bytes + " bytes", device);
        return pointer;
    }

    public override nint AllocateShared(int device, nint bytes) => Allocate(device, bytes);

    public override void Free(int device, nint pointer)
    {
        using var scope = Use(device);

        // Freeing waits for all kernels, and lets no other call pass meanwhile: not those that release a kernel which waits for
        // a rank that is gone. Waiting for them first does. What it returns, freeing returns as well.
        _ = _functions.CtxSynchronize();
        Check(_functions.MemFree(pointer), "cuMemFree", device);
    }

    public override void CopyFromHost(int device, nint destination, void* source, nint bytes, nint stream)
    {
        using var scope = Use(device);
        Check(_functions.MemcpyHtoDAsync(destination, source, (nuint)bytes, stream), "cuMemcpyHtoDAsync", device);
    }

    public override void CopyToHost(int device, void* destination, nint source, nint bytes, nint stream)
    {
        using var scope = Use(device);
        Check(_functions.MemcpyDtoHAsync(destination, source, (nuint)bytes, stream), "cuMemcpyDtoHAsync", device);
    }

    public override void Copy(int device, nint destination, nint source, nint bytes, nint stream)
    {
        using var scope = Use(device);
        Check(_functions.MemcpyDtoDAsync(destination, source, (nuint)bytes, stream), "cuMemcpyDtoDAsync", device);
    }

    public override void Fill(int device, nint destination, byte value, nint bytes, nint stream)
    {
        using var scope = Use(device);
        Check(_functions.MemsetD8Async(destination, value, (nuint)bytes, stream), "cuMemsetD8Async", device);
    }

    public override PointerInfo Inspect(nint pointer)
    {
        const int Count = 5, HostMemory = 1;
        var attributes = stackalloc int[Count] { 2 /* memory type */, 8 /* managed */, 9 /* device */, 11 /* range start */, 12 /* range size */ };
        uint type = 0, managed = 0;
        var device = -1;
        nint start = 0, bytes = 0;
        var values = stackalloc void*[Count] { &type, &managed, &device, &start, &bytes };
        if (_functions.PointerGetAttributes(Count, attributes, values, pointer) != 0 || (type == 0 && managed == 0))
        {
            return new PointerInfo(MemoryPlace.Unknown, -1, 0, 0);
        }

        return type == HostMemory && managed == 0
            ? new PointerInfo(MemoryPlace.Host, -1, start, bytes)
            : new PointerInfo(MemoryPlace.Device, device, start, bytes);
    }

    public override IpcMemoryHandle ExportMemory(int device, nint allocation)
    {
        using var scope = Use(device);
        IpcMemoryHandle handle;
        Check(_functions.IpcGetMemHandle(&handle, allocation), "cuIpcGetMemHandle", device);
        return handle;
    }

    public override nint ImportMemory(int device, in IpcMemoryHandle handle)
    {
        using var scope = Use(device);
        nint pointer;
        Check(_functions.IpcOpenMemHandle(&pointer, handle, IpcLazyEnablePeerAccess), "cuIpcOpenMemHandle", device);
        return pointer;
    }

    public override void CloseImportedMemory(int device, nint pointer)
    {
        using var scope = Use(device);
        Check(_functions.IpcCloseMemHandle(pointer), "cuIpcCloseMemHandle", device);
    }
}
