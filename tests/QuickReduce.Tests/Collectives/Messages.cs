using System.Runtime.InteropServices;
using QuickReduce.Tests.Oracle;

namespace QuickReduce.Tests.Collectives;

/// <summary>Messages to all-reduce, and the ways to all-reduce them, all in bits.</summary>
public static class Messages
{
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

        for (var start = 0; start < count; start += RowShape.GroupSize)
        {
            // The same kind in all ranks: one arbitrary rank would make nearly every group NaN.
            var kind = random.Next(16);
            var scale = MathF.Pow(2, random.Next(-20, 12));
            foreach (var message in messages)
            {
                for (var i = start; i < Math.Min(start + RowShape.GroupSize, count); i++)
                {
                    message[i] = Element(type, random, kind, scale);
                }
            }
        }

        return messages;
    }

    /// <summary>All-reduces with every rank on a thread of its own.</summary>
    public static async Task<ushort[][]> AllReducePerRank(AllReduceGroup group, DataType type, QuantRegime regime, ushort[][] inputs, bool inPlace = false)
    {
        var outputs = inputs.Select(input => inPlace ? (ushort[])input.Clone() : new ushort[input.Length]).ToArray();
        await group.RunAsync(rank =>
        {
            var input = inPlace ? outputs[rank.Index] : inputs[rank.Index];
            if (type == DataType.Float16)
            {
                rank.AllReduce<Half>(regime, MemoryMarshal.Cast<ushort, Half>(input), MemoryMarshal.Cast<ushort, Half>(outputs[rank.Index].AsSpan()));
            }
            else
            {
                rank.AllReduce<BFloat16>(regime, MemoryMarshal.Cast<ushort, BFloat16>(input), MemoryMarshal.Cast<ushort, BFloat16>(outputs[rank.Index].AsSpan()));
            }
        });
        return outputs;
    }

    /// <summary>All-reduces from one thread.</summary>
    public static ushort[][] AllReduceAtOnce(AllReduceGroup group, DataType type, QuantRegime regime, ushort[][] inputs, bool inPlace = false) =>
        type == DataType.Float16 ? AllReduceAtOnce<Half>(group, regime, inputs, inPlace) : AllReduceAtOnce<BFloat16>(group, regime, inputs, inPlace);

    /// <summary>What the oracle says that every rank gets.</summary>
    public static ushort[] Expected(DataType type, QuantRegime regime, ushort[][] inputs) => WireOracle.AllReduce(type, regime, inputs);

    private static ushort[][] AllReduceAtOnce<T>(AllReduceGroup group, QuantRegime regime, ushort[][] inputs, bool inPlace)
        where T : unmanaged
    {
        var sources = inputs.Select(input => MemoryMarshal.Cast<ushort, T>(input).ToArray()).ToArray();
        var targets = inPlace ? sources : sources.Select(source => new T[source.Length]).ToArray();
        group.AllReduce<T>(regime, sources.Select(source => (ReadOnlyMemory<T>)source).ToArray(), targets.Select(target => (Memory<T>)target).ToArray());
        return targets.Select(target => MemoryMarshal.Cast<T, ushort>(target.AsSpan()).ToArray()).ToArray();
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
