using System.Runtime.InteropServices;

namespace QuickReduce.Collectives.Hosts;

/// <summary>What one host's processes say of a call to those of other hosts.</summary>
[StructLayout(LayoutKind.Sequential, Size = 32)]
internal struct HostCall
{
    public long CallNumber;
    public long ElementCount;
    public int DataType;
    public byte Regime;
    public byte ScaleFormat;
    public short GroupSize;

    /// <summary>1 where the host's own ranks could not add up theirs.</summary>
    public int HasFailed;

    public readonly bool AsksTheSame(in HostCall other) =>
        CallNumber == other.CallNumber && ElementCount == other.ElementCount && DataType == other.DataType && Regime == other.Regime && GroupSize == other.GroupSize && ScaleFormat == other.ScaleFormat;

    public readonly string Describe() => ElementCount + " elements of " + KernelVariant.NameOf((DataType)DataType) + ", " + new AllReduceMode((QuantRegime)Regime, GroupSize, (ScaleFormat)ScaleFormat) + " (call " + CallNumber + ")";
}
