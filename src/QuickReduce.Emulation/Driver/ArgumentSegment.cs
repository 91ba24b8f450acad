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

    /// <summary>With a pointer to each argument, as HIP has it.</summary>
    public ArgumentSegment(KernelDescription kernel, int blocks, int blockSize, void** arguments)
        : this(kernel, blocks, blockSize)
    {
        var next = 0;
        foreach (var argument in kernel.Arguments.Where(static argument => !argument.IsHidden))
        {
            new ReadOnlySpan<byte>(arguments[next++], argument.Bytes).CopyTo(Bytes.AsSpan(argument.Offset));
        }
    }

    /// <summary>With the arguments as they lie in memory.</summary>
    /// <exception cref="ArgumentException">There are too few.</exception>
    public ArgumentSegment(KernelDescription kernel, int blocks, int blockSize, ReadOnlySpan<byte> arguments)
        : this(kernel, blocks, blockSize)
    {
        foreach (var argument in kernel.Arguments.Where(static argument => !argument.IsHidden))
        {
            if (argument.Offset + argument.Bytes > arguments.Length)
            {
                throw new ArgumentException(kernel.Name + " takes at least " + (argument.Offset + argument.Bytes) + " bytes of arguments, not " + arguments.Length + ".");
            }

            arguments.Slice(argument.Offset, argument.Bytes).CopyTo(Bytes.AsSpan(argument.Offset));
        }
    }

    private ArgumentSegment(KernelDescription kernel, int blocks, int blockSize)
    {
        PacketOffset = (kernel.ArgumentBytes + PacketBytes - 1) / PacketBytes * PacketBytes;
        Bytes = new byte[PacketOffset + PacketBytes];
        foreach (var argument in kernel.Arguments.Where(static argument => argument.IsHidden))
        {
            Hidden(argument.Kind, blocks, blockSize, Bytes.AsSpan(argument.Offset, argument.Bytes));
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
