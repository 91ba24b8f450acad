using System.Runtime.InteropServices;
using QuickReduce.Emulation.Execution;

namespace QuickReduce.Emulation.Memory;

/// <summary>The memory that the waves of a workgroup share. Nobody has written it when the workgroup starts.</summary>
internal sealed unsafe class LdsMemory : IDisposable
{
    private readonly int _bytes;

    public LdsMemory(int bytes)
    {
        _bytes = bytes;
        Data = (byte*)NativeMemory.AllocZeroed((nuint)int.Max(2 * bytes, 1));
        Defined = Data + bytes;
    }

    ~LdsMemory() => NativeMemory.Free(Data);

    public byte* Data { get; }

    /// <summary>1 for every byte that was written.</summary>
    public byte* Defined { get; }

    /// <summary>An address as an offset that is within bounds.</summary>
    /// <exception cref="Fault">It is not.</exception>
    public int Require(uint address, int bytes, string access) => address + (ulong)bytes <= (ulong)_bytes
        ? (int)address
        : throw new Fault(EmulationProblem.OutOfBounds, "LDS " + access + " of " + bytes + " bytes at " + address + " of " + _bytes);

    public void Dispose()
    {
        NativeMemory.Free(Data);
        GC.SuppressFinalize(this);
    }
}
