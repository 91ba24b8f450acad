using System.Runtime.InteropServices;

namespace QuickReduce.Processes.Worker;

/// <summary>Calls that every process can work out for itself: what is asked for in call n, and what each rank's elements are.</summary>
public sealed class Messages(KernelSet kernels, int worldSize, int seed)
{
    private static readonly int[] Edges = [0, 1, 2, 31, 32, 33, 2047, 2048, 2049, 8192, 65_536, 262_144, 262_145];

    private readonly KernelVariant[] _variants = [.. kernels.Variants.Where(variant => variant.WorldSize == worldSize)];

    /// <summary>What all ranks ask for in a call.</summary>
    public (KernelVariant Variant, int Count, bool InPlace) Call(int number)
    {
        var random = new Random(Seed(number, rank: -1));
        var variant = _variants[random.Next(_variants.Length)];
        var count = random.Next(8) switch
        {
            0 => Edges[random.Next(Edges.Length)],
            1 => random.Next(600_000),
            2 or 3 => random.Next(40_000),
            _ => random.Next(3_000),
        };
        return (variant, count, random.Next(2) == 0);
    }

    /// <summary>A rank's elements, as bits: ordinary numbers, and now and then whatever 16 bits can hold.</summary>
    public ushort[] Elements(int call, int rank, DataType type, int count)
    {
        var random = new Random(Seed(call, rank));
        var elements = new ushort[count];
        if (call % 8 == 0)
        {
            random.NextBytes(MemoryMarshal.AsBytes(elements.AsSpan()));
            return elements;
        }

        for (var i = 0; i < count; i++)
        {
            var value = (float)(random.NextDouble() - 0.5) * 8;
            elements[i] = type == DataType.Float16
                ? BitConverter.HalfToUInt16Bits((Half)value)
                : (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16);
        }

        return elements;
    }

    /// <summary>The sum that an in-process group makes of all ranks' elements.</summary>
    public ushort[] Expected(AllReduceGroup group, int call)
    {
        var (variant, count, _) = Call(call);
        var inputs = Enumerable.Range(0, worldSize).Select(rank => Elements(call, rank, variant.DataType, count)).ToArray();
        return variant.DataType == DataType.Float16 ? Expected<Half>(group, variant, inputs) : Expected<BFloat16>(group, variant, inputs);
    }

    /// <summary>Makes a call as one rank.</summary>
    public ushort[] Make(Communicator communicator, int call)
    {
        var (variant, count, inPlace) = Call(call);
        var input = Elements(call, communicator.Rank, variant.DataType, count);
        var output = inPlace ? input : new ushort[count];
        var mode = new AllReduceMode(variant.Regime, variant.GroupSize);
        if (variant.DataType == DataType.Float16)
        {
            communicator.AllReduce(mode, MemoryMarshal.Cast<ushort, Half>(input), MemoryMarshal.Cast<ushort, Half>(output.AsSpan()));
        }
        else
        {
            communicator.AllReduce(mode, MemoryMarshal.Cast<ushort, BFloat16>(input), MemoryMarshal.Cast<ushort, BFloat16>(output.AsSpan()));
        }

        return output;
    }

    /// <summary>The same in every process, which a hash code is not.</summary>
    private int Seed(int call, int rank) => unchecked((seed * 1_000_003 + call) * 31 + rank);

    private static ushort[] Expected<T>(AllReduceGroup group, KernelVariant variant, ushort[][] inputs)
        where T : unmanaged
    {
        var sources = inputs.Select(input => (ReadOnlyMemory<T>)MemoryMarshal.Cast<ushort, T>(input).ToArray()).ToArray();
        var targets = inputs.Select(input => new Memory<T>(new T[input.Length])).ToArray();
        group.AllReduce<T>(new AllReduceMode(variant.Regime, variant.GroupSize), sources, targets);
        return MemoryMarshal.Cast<T, ushort>(targets[0].Span).ToArray();
    }
}
