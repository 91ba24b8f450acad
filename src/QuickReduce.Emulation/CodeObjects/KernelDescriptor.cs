using System.Buffers.Binary;

namespace QuickReduce.Emulation.CodeObjects;

/// <summary>
/// The 64 bytes that tell the hardware how a kernel starts (LLVM, "User Guide for AMDGPU Backend", Kernel Descriptor).
/// </summary>
internal sealed class KernelDescriptor
{
    public const int Bytes = 64;

    private const uint DefaultDenormals = 0xF; // kept, in and out, in fp32 and in fp16/fp64

    private readonly uint _resources1;
    private readonly uint _resources2;
    private readonly ushort _properties;

    /// <exception cref="CodeObjectException">The kernel needs something that is not modelled.</exception>
    public KernelDescriptor(ReadOnlySpan<byte> bytes)
    {
        GroupSegmentBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes);
        var privateBytes = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
        EntryOffset = BinaryPrimitives.ReadInt64LittleEndian(bytes[16..]);
        var resources3 = BinaryPrimitives.ReadUInt32LittleEndian(bytes[44..]);
        _resources1 = BinaryPrimitives.ReadUInt32LittleEndian(bytes[48..]);
        _resources2 = BinaryPrimitives.ReadUInt32LittleEndian(bytes[52..]);
        _properties = BinaryPrimitives.ReadUInt16LittleEndian(bytes[56..]);
        AccumulatorOffset = ((int)(resources3 & 0x3f) + 1) * 4;
        VectorRegisters = ((int)(_resources1 & 0x3f) + 1) * 8;
        Refuse(privateBytes > 0 || (_resources2 & 1) != 0, "it uses scratch memory (" + privateBytes + " bytes per lane)");
        Refuse((BinaryPrimitives.ReadUInt16LittleEndian(bytes[58..]) & 0x7f) != 0, "it wants its arguments preloaded into registers");
        Refuse((_resources1 >> 12 & 0xf) != 0, "it rounds other than to nearest even");
        Refuse((_resources1 >> 16 & 0xf) != DefaultDenormals, "it flushes subnormals");
        Refuse((_resources1 >> 26 & 1) != 0, "it saturates fp16 overflow");
    }

    /// <summary>LDS, in bytes.</summary>
    public int GroupSegmentBytes { get; }

    /// <summary>Where the code begins, relative to the descriptor.</summary>
    public long EntryOffset { get; }

    /// <summary>Vector registers that are allocated for a lane, accumulation registers included.</summary>
    public int VectorRegisters { get; }

    /// <summary>The vector register that is accumulation register 0.</summary>
    public int AccumulatorOffset { get; }

    public bool HasPrivateSegmentBuffer => (_properties & 1) != 0;

    public bool HasDispatchPointer => (_properties & 2) != 0;

    public bool HasQueuePointer => (_properties & 4) != 0;

    public bool HasArgumentPointer => (_properties & 8) != 0;

    public bool HasDispatchId => (_properties & 16) != 0;

    public bool HasFlatScratch => (_properties & 32) != 0;

    public bool HasPrivateSegmentSize => (_properties & 64) != 0;

    /// <summary>Whether a scalar register has the number of the workgroup in a dimension.</summary>
    public bool HasWorkgroupId(int dimension) => (_resources2 >> (7 + dimension) & 1) != 0;

    public bool HasWorkgroupInfo => (_resources2 >> 10 & 1) != 0;

    private static void Refuse(bool condition, string what)
    {
        if (condition)
        {
            throw new CodeObjectException(what + ", which is not modelled");
        }
    }
}
