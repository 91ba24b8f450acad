using System.Runtime.InteropServices;
using QuickReduce.Tests.Oracle;

namespace QuickReduce.Tests.Collectives;

/// <summary>Messages to all-reduce, and the ways to all-reduce them, all in bits.</summary>
public static class Messages
{
    private const int GroupSize = SpecializationRules.DefaultGroupSize;

    /// <summary>
    /// One message per rank with all that 16 bits can hold: ordinary numbers of every magnitude, subnormals, zeros of both
    /// signs, the largest numbers and, now and then, infinities, NaNs and arbitrary bits.
    /// </summary>
    public static ushort[][] Random(DataType type, int worldSize, int count, int seed)
    {
        var random = new Random(seed);
        var messages = new ushort[worldSize][];
        for (var rank = 0; rank < worldSize; rank++)
        {
            messages[rank] = new ushort[count];
        }

        for (var start = 0; start < count; start += GroupSize)
        {
            // The same kind in all ranks: one arbitrary rank would make nearly every group NaN.
            var kind = random.Next(16);
            var scale = MathF.Pow(2, random.Next(-20, 12));
            foreach (var message in messages)
            {
                for (var i = start; i < Math.Min(start + GroupSize, count); i++)
                {
                    message[i] = Element(type, random, kind, scale);
                }
            }
        }

        return messages;
    }

    /// <summary>
    /// The same in fp32: ordinary numbers of every magnitude and, now and then, subnormals, infinities and NaNs of any payload.
    /// </summary>
    public static uint[][] RandomFloat32(int worldSize, int count, int seed)
    {
        var random = new Random(seed);
        var messages = Enumerable.Range(0, worldSize).Select(_ => new uint[count]).ToArray();
        for (var i = 0; i < count; i++)
        {
            var arbitrary = random.Next(16) == 0;
            var scale = MathF.Pow(2, random.Next(-140, 127));
            foreach (var message in messages)
            {
                message[i] = arbitrary ? (uint)random.NextInt64(1L << 32) : BitConverter.SingleToUInt32Bits((random.NextSingle() * 2 - 1) * scale);
            }
        }

        return messages;
    }

    /// <summary>All-reduces with every rank on a thread of its own.</summary>
    public static Task<ushort[][]> AllReducePerRank(AllReduceGroup group, DataType type, AllReduceMode mode, ushort[][] inputs, bool inPlace = false) =>
        type == DataType.Float16
            ? AllReducePerRank<Half, ushort>(group, mode, inputs, inPlace)
            : AllReducePerRank<BFloat16, ushort>(group, mode, inputs, inPlace);

    /// <summary>All-reduces fp32 with every rank on a thread of its own.</summary>
    public static Task<uint[][]> AllReducePerRank(AllReduceGroup group, uint[][] inputs, bool inPlace = false) =>
        AllReducePerRank<float, uint>(group, QuantRegime.FP, inputs, inPlace);

    /// <summary>All-reduces from one thread.</summary>
    public static ushort[][] AllReduceAtOnce(AllReduceGroup group, DataType type, AllReduceMode mode, ushort[][] inputs, bool inPlace = false) =>
        type == DataType.Float16
            ? AllReduceAtOnce<Half, ushort>(group, mode, inputs, inPlace)
            : AllReduceAtOnce<BFloat16, ushort>(group, mode, inputs, inPlace);

    /// <summary>All-reduces fp32 from one thread.</summary>
    public static uint[][] AllReduceAtOnce(AllReduceGroup group, uint[][] inputs, bool inPlace = false) =>
        AllReduceAtOnce<float, uint>(group, QuantRegime.FP, inputs, inPlace);

    /// <summary>What the oracle says that every rank gets from two shots.</summary>
    public static ushort[] Expected(DataType type, AllReduceMode mode, ushort[][] inputs) =>
        WireOracle.AllReduce(new KernelVariant(type, mode, inputs.Length), inputs);

    private static async Task<TBits[][]> AllReducePerRank<T, TBits>(AllReduceGroup group, AllReduceMode mode, TBits[][] inputs, bool inPlace)
        where T : unmanaged
        where TBits : unmanaged
    {
        var outputs = inputs.Select(input => inPlace ? (TBits[])input.Clone() : new TBits[input.Length]).ToArray();
        await group.RunAsync(rank =>
        {
            var input = inPlace ? outputs[rank.Index] : inputs[rank.Index];
            rank.AllReduce<T>(mode, MemoryMarshal.Cast<TBits, T>(input), MemoryMarshal.Cast<TBits, T>(outputs[rank.Index].AsSpan()));
        });
        return outputs;
    }

    private static TBits[][] AllReduceAtOnce<T, TBits>(AllReduceGroup group, AllReduceMode mode, TBits[][] inputs, bool inPlace)
        where T : unmanaged
        where TBits : unmanaged
    {
        var sources = inputs.Select(input => MemoryMarshal.Cast<TBits, T>(input).ToArray()).ToArray();
        var targets = inPlace ? sources : sources.Select(source => new T[source.Length]).ToArray();
        group.AllReduce<T>(mode, sources.Select(source => (ReadOnlyMemory<T>)source).ToArray(), targets.Select(target => (Memory<T>)target).ToArray());
        return targets.Select(target => MemoryMarshal.Cast<T, TBits>(target.AsSpan()).ToArray()).ToArray();
    }

    private static ushort Element(DataType type, Random random, int kind, float scale)
    {
        var ordinary = WireOracle.Narrow(type, (float)((random.NextDouble() * 2 - 1) * scale));
        var maximum = (ushort)(type == DataType.Float16 ? 0x7BFF : 0x7F7F);
        var infinity = (ushort)(maximum + 1);
        var sign = (ushort)(random.Next(2) << 15);
        return kind switch
        {
            0 => sign,
            1 => (ushort)(random.Next(type == DataType.Float16 ? 0x400 : 0x80) | sign),
            2 => (ushort)(maximum | sign),
            3 => random.Next(64) == 0 ? (ushort)(infinity | sign) : ordinary,
            4 => random.Next(64) == 0 ? (ushort)((infinity + 1 + random.Next(0x3F)) | sign) : ordinary,
            5 => (ushort)random.Next(0x10000),
            6 => random.Next(4) == 0 ? ordinary : sign,
            _ => ordinary,
        };
    }
}
