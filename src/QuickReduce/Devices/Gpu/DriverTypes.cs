using System.Runtime.InteropServices;

namespace QuickReduce.Devices.Gpu;

/// <summary>What a driver says of a device.</summary>
/// <param name="Name">Marketing name.</param>
/// <param name="Architecture"><c>sm_90</c>, or <c>gfx942:sramecc+:xnack-</c> with features.</param>
/// <param name="MemoryBytes">Size of its memory.</param>
/// <param name="Multiprocessors">Multiprocessors (NVIDIA) or compute units (AMD).</param>
/// <param name="L2CacheBytes">Size of its level-2 cache.</param>
internal sealed record DeviceDescription(string Name, string Architecture, long MemoryBytes, int Multiprocessors, int L2CacheBytes);

/// <summary>What a function of a module needs, per thread or block.</summary>
/// <param name="Registers">Registers per thread.</param>
/// <param name="LocalBytes">Local memory per thread, in bytes: spills.</param>
/// <param name="SharedBytes">Shared memory per block, in bytes.</param>
internal readonly record struct FunctionAttributes(int Registers, int LocalBytes, int SharedBytes);

/// <summary>Where a pointer points.</summary>
internal enum MemoryPlace
{
    /// <summary>To nothing that the driver knows: plain host memory, or freed memory.</summary>
    Unknown,

    /// <summary>To host memory that the driver knows.</summary>
    Host,

    /// <summary>To a device's memory, or to managed memory.</summary>
    Device,
}

/// <summary>What a driver says of a pointer.</summary>
/// <param name="Place">Where it points.</param>
/// <param name="Device">The device, where <paramref name="Place"/> is one; else −1.</param>
/// <param name="Base">Start of the allocation that it points into; 0 where unknown.</param>
/// <param name="Bytes">Size of that allocation.</param>
internal readonly record struct PointerInfo(MemoryPlace Place, int Device, nint Base, nint Bytes)
{
    /// <summary>Whether a range of addresses lies within the allocation.</summary>
    public bool Covers(nint pointer, nint bytes) => pointer >= Base && bytes <= Bytes - (pointer - Base);
}

/// <summary>Names device memory to another process of the same machine (64 bytes for both vendors).</summary>
internal unsafe struct IpcMemoryHandle
{
    /// <summary>Bytes of a handle.</summary>
    public const int Size = 64;

    public fixed byte Bytes[Size];

    /// <summary>A handle that another process has sent.</summary>
    public static IpcMemoryHandle From(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<IpcMemoryHandle>(bytes);

    /// <summary>The bytes to send.</summary>
    public readonly byte[] ToArray()
    {
        fixed (byte* bytes = Bytes)
        {
            return new ReadOnlySpan<byte>(bytes, Size).ToArray();
        }
    }
}
