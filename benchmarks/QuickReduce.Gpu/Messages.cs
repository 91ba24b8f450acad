namespace QuickReduce.Gpu;

/// <summary>Messages to all-reduce, one per rank, as bit patterns.</summary>
internal static class Messages
{
    /// <summary>The kinds of messages, by name.</summary>
    public static IReadOnlyList<(string Name, Func<Random, DataType, int, int, ushort[][]> Make)> Kinds { get; } =
    [
        ("any bits", static (random, _, ranks, count) => Make(ranks, count, (_, _) => (ushort)random.Next(ushort.MaxValue + 1))),
        ("finite", Finite),
        ("tiny", static (random, type, ranks, count) => Make(ranks, count, (_, _) => (ushort)(random.Next(ushort.MaxValue + 1) & (type == DataType.Float16 ? 0x83FF : 0x807F) & (random.Next(4) == 0 ? 0x8000 : 0xFFFF)))),
        ("integers", static (random, type, ranks, count) => Integers(random, type, ranks, count)),
    ];

    /// <summary>Whole numbers whose sums over eight ranks are exact in both types.</summary>
    public static ushort[][] Integers(Random random, DataType type, int ranks, int count) =>
        Make(ranks, count, (_, _) => Narrow(type, random.Next(-16, 17)));

    /// <summary>What the managed backend makes of messages; it is the same for every rank.</summary>
    public static ushort[] Expected(DataType type, QuantRegime regime, ushort[][] messages)
    {
        using var group = AllReduceGroup.Create(GpuKernels.Kernels, messages.Length, new GroupOptions { Device = DeviceKind.Managed });
        return type == DataType.Float16 ? Reduce<Half>(group, regime, messages) : Reduce<BFloat16>(group, regime, messages);
    }

    // Magnitudes from 1e-5 to 1e3, another one every 32 elements.
    private static ushort[][] Finite(Random random, DataType type, int ranks, int count)
    {
        var magnitudes = Enumerable.Range(0, count / 32 + 1).Select(_ => Math.Pow(10, random.Next(-5, 4))).ToArray();
        return Make(ranks, count, (_, i) => Narrow(type, (float)((random.NextDouble() * 2 - 1) * magnitudes[i / 32])));
    }

    private static ushort Narrow(DataType type, float value) =>
        type == DataType.Float16 ? BitConverter.HalfToUInt16Bits((Half)value) : BFloat16.ToBits((BFloat16)value);

    private static ushort[][] Make(int ranks, int count, Func<int, int, ushort> element) =>
        [.. Enumerable.Range(0, ranks).Select(rank => Enumerable.Range(0, count).Select(i => element(rank, i)).ToArray())];

    private static ushort[] Reduce<T>(AllReduceGroup group, QuantRegime regime, ushort[][] messages)
        where T : unmanaged
    {
        var buffers = messages.Select(static message => System.Runtime.InteropServices.MemoryMarshal.Cast<ushort, T>(message).ToArray()).ToArray();
        group.AllReduce<T>(regime, [.. buffers.Select(static buffer => (ReadOnlyMemory<T>)buffer)], [.. buffers.Select(static buffer => (Memory<T>)buffer)]);
        return System.Runtime.InteropServices.MemoryMarshal.Cast<T, ushort>(buffers[0]).ToArray();
    }
}
