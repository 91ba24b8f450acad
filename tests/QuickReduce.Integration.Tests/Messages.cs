using QuickReduce.Tests.Oracle;

namespace QuickReduce.Integration.Tests;

/// <summary>Messages to all-reduce, one per rank, as bit patterns.</summary>
internal static class Messages
{
    /// <summary>Every bit pattern alike: NaN, infinities, subnormals and maxima are frequent.</summary>
    public static ushort[][] AnyBits(Random random, int ranks, int count) =>
        Make(ranks, count, _ => (ushort)random.Next(ushort.MaxValue + 1));

    /// <summary>Finite values around a magnitude that changes from group to group, from 1e-5 to 1e3.</summary>
    public static ushort[][] Finite(Random random, DataType type, int ranks, int count)
    {
        var magnitudes = Enumerable.Range(0, count / RowShape.GroupSize + 1).Select(_ => Math.Pow(10, random.Next(-5, 4))).ToArray();
        return Make(ranks, count, i => WireOracle.Narrow(type, (float)((random.NextDouble() * 2 - 1) * magnitudes[i / RowShape.GroupSize])));
    }

    /// <summary>Subnormals and zeros of both signs only.</summary>
    public static ushort[][] Tiny(Random random, DataType type, int ranks, int count) =>
        Make(ranks, count, _ => (ushort)(random.Next(ushort.MaxValue + 1) & (type == DataType.Float16 ? 0x83FF : 0x807F) & (random.Next(4) == 0 ? 0x8000 : 0xFFFF)));

    private static ushort[][] Make(int ranks, int count, Func<int, ushort> element) =>
        [.. Enumerable.Range(0, ranks).Select(_ => Enumerable.Range(0, count).Select(element).ToArray())];
}
