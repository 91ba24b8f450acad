using System.Runtime.InteropServices;

namespace QuickReduce.Collectives.Gpu;

/// <summary>What a generated kernel is launched with; <c>Arguments</c> in the generated source.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AllReduceArguments
{
    /// <summary>This rank's elements, aligned to an element.</summary>
    public nint Input;

    /// <summary>Where this rank's sum goes; may equal <see cref="Input"/>.</summary>
    public nint Output;

    /// <summary>This rank's workspace; layout as <see cref="KernelGeometry"/> says.</summary>
    public nint Workspace;

    /// <summary>Elements in the message.</summary>
    public ulong ElementCount;

    /// <summary>This rank.</summary>
    public uint Rank;

    /// <summary>Blocks in the grid, the same on every rank.</summary>
    public uint BlockCount;
}
