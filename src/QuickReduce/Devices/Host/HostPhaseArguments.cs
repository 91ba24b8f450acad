using System.Runtime.InteropServices;

namespace QuickReduce.Devices.Host;

/// <summary>What a phase function of a generated kernel is given; <c>Arguments</c> in the generated source.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct HostPhaseArguments
{
    /// <summary>This rank's elements, aligned to their size.</summary>
    public byte* Input;

    /// <summary>Where this rank's sum goes; may equal <see cref="Input"/>.</summary>
    public byte* Output;

    /// <summary>This rank's workspace, aligned to 256; layout as <see cref="KernelGeometry"/> says.</summary>
    public byte* Workspace;

    /// <summary>Elements in the whole message.</summary>
    public ulong ElementCount;

    /// <summary>This rank.</summary>
    public uint Rank;

    /// <summary>Zero.</summary>
    public uint Reserved;
}
