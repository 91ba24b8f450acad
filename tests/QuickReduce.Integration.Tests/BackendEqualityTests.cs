using System.Runtime.InteropServices;
using QuickReduce.Tests.Oracle;
using QuickReduce.Tests.Shared;
using QuickStart;

namespace QuickReduce.Integration.Tests;

/// <summary>
/// The generated kernels, compiled for this CPU, against the managed backend and the oracle, through the typed members
/// that were generated: for every variant of the default set, bit for bit.
/// </summary>
public class BackendEqualityTests
{
    private static readonly int[] Counts = [0, 1, 31, 32, 33, 2047, 2048, 2049, 16383, 16384, 16385, 40001];

    public static TheoryData<DataType, QuantRegime, int> Variants
    {
        get
        {
            var data = new TheoryData<DataType, QuantRegime, int>();
            foreach (var variant in DefaultKernels.Kernels.Variants)
            {
                data.Add(variant.DataType, variant.Regime, variant.WorldSize);
            }

            return data;
        }
    }

    [Fact]
    public void AnAttributeWithoutArgumentsGives24Variants() => Assert.Equal(24, DefaultKernels.Kernels.Variants.Distinct().Count());

    [RequiresProgramsTheory("clang++-22")]
    [MemberData(nameof(Variants))]
    public void HostEqualsManagedEqualsOracle(DataType type, QuantRegime regime, int worldSize)
    {
        var random = new Random(HashCode.Combine(1, type, regime, worldSize));
        using var managed = Create(DeviceKind.Managed, worldSize);
        using var host = Create(DeviceKind.Host, worldSize);
        foreach (var count in Counts)
        {
            foreach (var messages in new[]
            {
                Messages.AnyBits(random, worldSize, count),
                Messages.Finite(random, type, worldSize, count),
                Messages.Tiny(random, type, worldSize, count),
            })
            {
                var expected = Reduce(managed, type, regime, messages);
                var actual = Reduce(host, type, regime, messages);
                for (var rank = 0; rank < worldSize; rank++)
                {
                    Assert.True(expected[0].AsSpan().SequenceEqual(expected[rank]), $"managed ranks 0 and {rank} differ at {count} elements");
                    Assert.True(expected[0].AsSpan().SequenceEqual(actual[rank]), $"host rank {rank} differs at {count} elements");
                }

                // The oracle is slow; the managed backend's own tests ask it more often.
                if (count <= 2 * SpecializationRules.DefaultGroupSize)
                {
                    Assert.Equal(WireOracle.AllReduce(new KernelVariant(type, regime, worldSize), messages), expected[0]);
                }
            }
        }
    }

    [RequiresProgramsTheory("clang++-22")]
    [MemberData(nameof(Variants))]
    public void RealPartialSumsHaveTheSameBitsOnBothBackends(DataType type, QuantRegime regime, int worldSize)
    {
        var file = SafeTensors.Read(Path.Combine(AppContext.BaseDirectory, "data", "partials-tp8.safetensors"));
        var tensor = file["layer5.mlp"].AsHalf().ToArray();
        var count = tensor.Length / 8;
        var messages = Enumerable.Range(0, worldSize)
            .Select(rank => Enumerable.Range(rank * count, count).Select(i => WireOracle.Narrow(type, (float)tensor[i])).ToArray())
            .ToArray();
        using var managed = Create(DeviceKind.Managed, worldSize);
        using var host = Create(DeviceKind.Host, worldSize);
        var expected = Reduce(managed, type, regime, messages)[0];
        Assert.All(Reduce(host, type, regime, messages), output => Assert.Equal(expected, output));
    }

    [RequiresProgramsFact("clang++-22")]
    public void HostTakesBuffersAlignedToElementsOnly()
    {
        var random = new Random(3);
        var messages = Messages.Finite(random, DataType.Float16, 2, 20_001);
        using var host = Create(DeviceKind.Host, 2);
        var expected = Reduce(host, DataType.Float16, QuantRegime.Int6, messages)[0];
        var inputs = messages.Select(static message => ShiftedCopy(message)).ToArray();
        host.AllReduce(
            [.. inputs.Select(static input => (ReadOnlyMemory<Half>)input)], [.. inputs], DefaultKernels.Regime.Int6);
        Assert.All(inputs, input => Assert.Equal(expected, MemoryMarshal.Cast<Half, ushort>(input.Span).ToArray()));
    }

    private static DefaultKernels.Group Create(DeviceKind device, int worldSize) =>
        DefaultKernels.CreateGroup((DefaultKernels.WorldSize)worldSize, new GroupOptions { Device = device });

    // One element into a larger buffer: aligned to an element and to nothing else.
    private static Memory<Half> ShiftedCopy(ushort[] message)
    {
        var buffer = new Half[message.Length + 1];
        MemoryMarshal.Cast<ushort, Half>(message).CopyTo(buffer.AsSpan(1));
        return buffer.AsMemory(1);
    }

    private static ushort[][] Reduce(DefaultKernels.Group group, DataType type, QuantRegime regime, ushort[][] messages) =>
        type == DataType.Float16
            ? Reduce<Half>(messages, (inputs, outputs) => group.AllReduce(inputs, outputs, (DefaultKernels.Regime)regime))
            : Reduce<BFloat16>(messages, (inputs, outputs) => group.AllReduce(inputs, outputs, (DefaultKernels.Regime)regime));

    private static ushort[][] Reduce<T>(ushort[][] messages, Action<ReadOnlyMemory<T>[], Memory<T>[]> reduce)
        where T : unmanaged
    {
        var outputs = messages.Select(static message => new T[message.Length]).ToArray();
        reduce(
            [.. messages.Select(static message => (ReadOnlyMemory<T>)MemoryMarshal.Cast<ushort, T>(message).ToArray())],
            [.. outputs.Select(static output => (Memory<T>)output)]);
        return [.. outputs.Select(static output => MemoryMarshal.Cast<T, ushort>(output).ToArray())];
    }
}
