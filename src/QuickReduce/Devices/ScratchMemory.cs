using System.Runtime.InteropServices;

namespace QuickReduce.Devices;

/// <summary>Zeroed native memory, aligned to 256 bytes: a thread's scratch memory on a device.</summary>
internal sealed unsafe class ScratchMemory : IDisposable
{
    private const nuint Alignment = 256;

    private byte* _memory;

    /// <summary>Allocates what <paramref name="device"/> asks for and has it prepared.</summary>
    /// <exception cref="OutOfMemoryException">There is not enough memory.</exception>
    public ScratchMemory(Device device)
    {
        _memory = (byte*)NativeMemory.AlignedAlloc(device.ScratchBytes, Alignment);
        NativeMemory.Clear(_memory, device.ScratchBytes);
        device.PrepareScratch(_memory);
    }

    /// <summary>Frees the memory of a group that was not disposed.</summary>
    ~ScratchMemory() => Free();

    /// <summary>Start of the memory; null once disposed.</summary>
    public byte* Memory => _memory;

    /// <summary>Frees the memory. No thread may be using it.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        NativeMemory.AlignedFree(_memory);
        _memory = null;
    }
}
