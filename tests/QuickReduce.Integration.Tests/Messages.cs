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
        var magnitudes = Enumerable.Range(0, count / SpecializationRules.DefaultGroupSize + 1).Select(_ => Math.Pow(10, random.Next(-5, 4))).ToArray();
        return Make(ranks, count, i => WireOracle.Narrow(type, (float)((random.NextDouble() * 2 - 1) * magnitudes[i / SpecializationRules.DefaultGroupSize])));
    }

    /// <summary>Subnormals and zeros of both signs only.</summary>
    public static ushort[][] Tiny(Random random, DataType type, int ranks, int count) =>
        Make(ranks, count, _ => (ushort)(random.Next(ushort.MaxValue + 1) & (type == DataType.Float16 ? 0x83FF : 0x807F) & (random.Next(4) == 0 ? 0x8000 : 0xFFFF)));

    /// <summary>The same three kinds in fp32: any bits, finite values, subnormals and zeros.</summary>
    public static IEnumerable<uint[][]> Float32(Random random, int ranks, int count)
    {
        yield return Make(ranks, count, _ => (uint)random.NextInt64(1L << 32));
        yield return Make(ranks, count, _ => BitConverter.SingleToUInt32Bits((float)((random.NextDouble() * 2 - 1) * Math.Pow(10, random.Next(-30, 30)))));
        yield return Make(ranks, count, _ => (uint)random.NextInt64(1L << 32) & (random.Next(4) == 0 ? 0x80000000 : 0x807FFFFF));
    }

    private static T[][] Make<T>(int ranks, int count, Func<int, T> element) =>
        [.. Enumerable.Range(0, ranks).Select(_ => Enumerable.Range(0, count).Select(element).ToArray())];
}
