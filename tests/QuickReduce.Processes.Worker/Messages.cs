using System.Runtime.InteropServices;

namespace QuickReduce.Processes.Worker;

/// <summary>
/// Calls that every process can work out for itself: what is asked for in call n, and what each rank's elements are, as
/// bytes.
/// </summary>
public sealed class Messages(KernelSet kernels, int worldSize, int seed)
{
    private static readonly int[] Edges = [0, 1, 2, 31, 32, 33, 2047, 2048, 2049, 8192, 65_536, 262_144, 262_145];

    private readonly KernelVariant[] _variants = [.. kernels.Variants.Where(variant => variant.WorldSize == worldSize)];

    /// <summary>What all ranks ask for in a call.</summary>
    public (KernelVariant Variant, int Count, bool InPlace) Call(int number)
    {
        var random = new Random(Seed(number, rank: -1));
        var variant = _variants[random.Next(_variants.Length)];
        if (random.Next(4) == 0)
        {
            variant = _variants.First(other => other.Regime == QuantRegime.FP && other.DataType == variant.DataType);
        }

        var count = random.Next(8) switch
        {
            0 => Edges[random.Next(Edges.Length)],
            1 => random.Next(600_000),
            2 or 3 => random.Next(40_000),
            _ => random.Next(3_000),
        };
        return (variant, count, random.Next(2) == 0);
    }

    /// <summary>A rank's elements: ordinary numbers, and now and then whatever their bits can hold.</summary>
    public byte[] Elements(int call, int rank, DataType type, int count)
    {
        var random = new Random(Seed(call, rank));
        var elements = new byte[count * WireFormat.SizeOf(type)];
        if (call % 8 == 0)
        {
            random.NextBytes(elements);
            return elements;
        }

        for (var i = 0; i < count; i++)
        {
            var value = (float)(random.NextDouble() - 0.5) * 8;
            switch (type)
            {
                case DataType.Float16:
                    BitConverter.TryWriteBytes(elements.AsSpan(2 * i), (Half)value);
                    break;
                case DataType.BFloat16:
                    BitConverter.TryWriteBytes(elements.AsSpan(2 * i), (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
                    break;
                default:
                    BitConverter.TryWriteBytes(elements.AsSpan(4 * i), value);
                    break;
            }
        }

        return elements;
    }

    /// <summary>The sum that an in-process group makes of all ranks' elements in a call.</summary>
    public byte[] Expected(AllReduceGroup group, int call)
    {
        var (variant, count, _) = Call(call);
        return Expected(group, variant, [.. Enumerable.Range(0, worldSize).Select(rank => Elements(call, rank, variant.DataType, count))]);
    }

    /// <summary>Makes a call as one rank.</summary>
    public byte[] Make(Communicator communicator, int call)
    {
        var (variant, count, inPlace) = Call(call);
        var input = Elements(call, communicator.Rank, variant.DataType, count);
        var output = inPlace ? input : new byte[input.Length];
        Make(communicator, variant, input, output);
        return output;
    }

    /// <summary>The sum that an in-process group makes.</summary>
    public static byte[] Expected(AllReduceGroup group, KernelVariant variant, byte[][] inputs) => variant.DataType switch
    {
        DataType.Float16 => Expected<Half>(group, variant, inputs),
        DataType.BFloat16 => Expected<BFloat16>(group, variant, inputs),
        _ => Expected<float>(group, variant, inputs),
    };

    /// <summary>Makes a call as one rank.</summary>
    public static void Make(Communicator communicator, KernelVariant variant, byte[] input, byte[] output)
    {
        switch (variant.DataType)
        {
            case DataType.Float16:
                Make<Half>(communicator, variant, input, output);
                break;
            case DataType.BFloat16:
                Make<BFloat16>(communicator, variant, input, output);
                break;
            default:
                Make<float>(communicator, variant, input, output);
                break;
        }
    }

    private static void Make<T>(Communicator communicator, KernelVariant variant, byte[] input, byte[] output)
        where T : unmanaged => communicator.AllReduce(
            variant.Mode, MemoryMarshal.Cast<byte, T>(input), MemoryMarshal.Cast<byte, T>(output.AsSpan()));

    private static byte[] Expected<T>(AllReduceGroup group, KernelVariant variant, byte[][] inputs)
        where T : unmanaged
    {
        var sources = inputs.Select(input => (ReadOnlyMemory<T>)MemoryMarshal.Cast<byte, T>(input).ToArray()).ToArray();
        var targets = inputs.Select(input => new Memory<T>(new T[input.Length / WireFormat.SizeOf(variant.DataType)])).ToArray();
        group.AllReduce<T>(variant.Mode, sources, targets);
        return MemoryMarshal.AsBytes(targets[0].Span).ToArray();
    }

    /// <summary>The same in every process, which a hash code is not.</summary>
    private int Seed(int call, int rank) => unchecked((seed * 1_000_003 + call) * 31 + rank);
}
