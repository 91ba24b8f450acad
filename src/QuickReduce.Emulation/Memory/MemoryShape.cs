namespace QuickReduce.Emulation.Memory;

/// <summary>What a load or store moves between memory and a lane's registers.</summary>
/// <param name="Bytes">Bytes in memory.</param>
/// <param name="IsSigned">Whether a narrow load is sign-extended.</param>
/// <param name="IsHigh">Whether the upper half of the register is meant.</param>
/// <param name="KeepsRest">Whether a load leaves the other half of the register as it was.</param>
internal readonly record struct MemoryShape(int Bytes, bool IsSigned = false, bool IsHigh = false, bool KeepsRest = false)
{
    /// <summary>Registers per lane.</summary>
    public int Words => (Bytes + 3) / 4;
}
