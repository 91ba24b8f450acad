using System.Buffers.Binary;
using QuickReduce.Emulation.CodeObjects;

namespace QuickReduce.Emulation.Driver;

/// <summary>
/// What a kernel is launched with, as it lies in memory: its arguments, also those that the run time fills in, and the
/// packet that describes the dispatch (HSA, "Platform System Architecture", Kernel dispatch packet).
/// </summary>
internal readonly unsafe struct ArgumentSegment
{
    private const int PacketBytes = 64;

    public ArgumentSegment(KernelDescription kernel, int blocks, int blockSize, void** arguments)
    {
        PacketOffset = (kernel.ArgumentBytes + PacketBytes - 1) / PacketBytes * PacketBytes;
        Bytes = new byte[PacketOffset + PacketBytes];
        var next = 0;
        foreach (var argument in kernel.Arguments)
        {
            var place = Bytes.AsSpan(argument.Offset, argument.Bytes);
            if (argument.IsHidden)
            {
                Hidden(argument.Kind, blocks, blockSize, place);
            }
            else
            {
                new ReadOnlySpan<byte>(arguments[next++], argument.Bytes).CopyTo(place);
            }
        }

        var packet = Bytes.AsSpan(PacketOffset);
        BinaryPrimitives.WriteUInt16LittleEndian(packet[2..], 1);
        BinaryPrimitives.WriteUInt16LittleEndian(packet[4..], (ushort)blockSize);
        BinaryPrimitives.WriteUInt16LittleEndian(packet[6..], 1);
        BinaryPrimitives.WriteUInt16LittleEndian(packet[8..], 1);
        BinaryPrimitives.WriteUInt32LittleEndian(packet[12..], (uint)blocks * (uint)blockSize);
        BinaryPrimitives.WriteUInt32LittleEndian(packet[16..], 1);
        BinaryPrimitives.WriteUInt32LittleEndian(packet[20..], 1);
    }

    public byte[] Bytes { get; }

    public int PacketOffset { get; }

    // Those that are not here concern features that are not modelled, and are zero.
    private static void Hidden(string kind, int blocks, int blockSize, Span<byte> place)
    {
        switch (kind)
        {
            case "hidden_block_count_x":
                BinaryPrimitives.WriteUInt32LittleEndian(place, (uint)blocks);
                break;
            case "hidden_block_count_y" or "hidden_block_count_z":
                BinaryPrimitives.WriteUInt32LittleEndian(place, 1);
                break;
            case "hidden_group_size_x":
                BinaryPrimitives.WriteUInt16LittleEndian(place, (ushort)blockSize);
                break;
            case "hidden_group_size_y" or "hidden_group_size_z" or "hidden_grid_dims":
                BinaryPrimitives.WriteUInt16LittleEndian(place, 1);
                break;
        }
    }
}
