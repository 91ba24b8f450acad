using System.Runtime.InteropServices;

namespace QuickReduce.Measurement;

/// <summary>Messages to all-reduce, one per rank, as bytes.</summary>
internal static class Messages
{
    /// <summary>The kinds of messages, by name.</summary>
    public static IReadOnlyList<(string Name, Func<Random, DataType, int, int, byte[][]> Make)> Kinds { get; } =
    [
        ("any bits", AnyBits),
        ("finite", Finite),
        ("tiny", Tiny),
        ("integers", Integers),
    ];

    /// <summary>Whole numbers whose sums over eight ranks are exact in every type.</summary>
    public static byte[][] Integers(Random random, DataType type, int ranks, int count) =>
        Make(type, ranks, count, (_, _) => Narrow(type, random.Next(-16, 17)));

    /// <summary>Moderate numbers of both signs, from 2⁻⁸ up to 32.</summary>
    public static byte[] Moderate(Random random, DataType type, int count) =>
        Make(type, 1, count, (_, _) => Narrow(type, MathF.ScaleB(random.NextSingle() - 0.5f, random.Next(-6, 7))))[0];

    /// <summary>Numbers of a normal distribution with mean 0 and deviation 1: what partial sums look like at their best.</summary>
    public static byte[] Gaussian(Random random, DataType type, int count) =>
        Make(type, 1, count, (_, _) => Narrow(type, (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()))))[0];

    /// <summary>What the managed backend makes of messages; it is the same for every rank.</summary>
    public static byte[] Expected(KernelSet kernels, KernelVariant variant, byte[][] messages)
    {
        using var group = AllReduceGroup.Create(kernels, messages.Length, new GroupOptions { Device = DeviceKind.Managed, Algorithm = variant.Algorithm });
        var mode = variant.Mode;
        return variant.DataType switch
        {
            DataType.Float16 => Reduce<Half>(group, mode, messages),
            DataType.BFloat16 => Reduce<BFloat16>(group, mode, messages),
            _ => Reduce<float>(group, mode, messages),
        };
    }

    /// <summary>An element as a number.</summary>
    public static float Widen(DataType type, ReadOnlySpan<byte> message, int index) => type switch
    {
        DataType.Float16 => (float)MemoryMarshal.Cast<byte, Half>(message)[index],
        DataType.BFloat16 => (float)MemoryMarshal.Cast<byte, BFloat16>(message)[index],
        _ => MemoryMarshal.Cast<byte, float>(message)[index],
    };

    private static byte[][] AnyBits(Random random, DataType type, int ranks, int count)
    {
        var messages = Make(type, ranks, count, static (_, _) => 0);
        Array.ForEach(messages, random.NextBytes);
        return messages;
    }

    // Magnitudes from 1e-5 to 1e3, another one every 32 elements.
    private static byte[][] Finite(Random random, DataType type, int ranks, int count)
    {
        var magnitudes = Enumerable.Range(0, count / 32 + 1).Select(_ => MathF.Pow(10, random.Next(-5, 4))).ToArray();
        return Make(type, ranks, count, (_, i) => Narrow(type, (random.NextSingle() * 2 - 1) * magnitudes[i / 32]));
    }

    // Subnormals and zeros, and near them.
    private static byte[][] Tiny(Random random, DataType type, int ranks, int count)
    {
        var (mask, sign) = type switch
        {
            DataType.Float16 => (0x83FFu, 0x8000u),
            DataType.BFloat16 => (0x807Fu, 0x8000u),
            _ => (0x807FFFFFu, 0x80000000u),
        };
        return Make(type, ranks, count, (_, _) => (uint)random.NextInt64(1L << 32) & mask & (random.Next(4) == 0 ? sign : ~0u));
    }

    private static uint Narrow(DataType type, float value) => type switch
    {
        DataType.Float16 => BitConverter.HalfToUInt16Bits((Half)value),
        DataType.BFloat16 => BFloat16.ToBits((BFloat16)value),
        _ => BitConverter.SingleToUInt32Bits(value),
    };

    private static byte[][] Make(DataType type, int ranks, int count, Func<int, int, uint> element)
    {
        var messages = new byte[ranks][];
        for (var rank = 0; rank < ranks; rank++)
        {
            messages[rank] = new byte[count * WireFormat.SizeOf(type)];
            for (var i = 0; i < count; i++)
            {
                var bits = element(rank, i);
                if (type == DataType.Float32)
                {
                    MemoryMarshal.Cast<byte, uint>(messages[rank].AsSpan())[i] = bits;
                }
                else
                {
                    MemoryMarshal.Cast<byte, ushort>(messages[rank].AsSpan())[i] = (ushort)bits;
                }
            }
        }

        return messages;
    }

    private static byte[] Reduce<T>(AllReduceGroup group, AllReduceMode mode, byte[][] messages)
        where T : unmanaged
    {
        var buffers = messages.Select(static message => MemoryMarshal.Cast<byte, T>(message).ToArray()).ToArray();
        group.AllReduce<T>(mode, [.. buffers.Select(static buffer => (ReadOnlyMemory<T>)buffer)], [.. buffers.Select(static buffer => (Memory<T>)buffer)]);
        return MemoryMarshal.AsBytes<T>(buffers[0]).ToArray();
    }
}
