using System.Runtime.InteropServices;
using QuickReduce.Integration.Kernels;
using QuickReduce.Tests.Oracle;
using QuickReduce.Tests.Shared;

namespace QuickReduce.Integration.Tests;

/// <summary>
/// Kernels all along the axes, compiled for this CPU, against the managed backend and the oracle: variant by variant,
/// also those that differ in tuning only, bit for bit.
/// </summary>
public class AxisEqualityTests
{
    private static readonly KernelSet[] Sets = [SampleKernels.Kernels, WideKernels.Kernels];

    public static TheoryData<string> Variants => new(Sets.SelectMany(static set => set.Variants).Select(static variant => variant.KernelName).Distinct());

    [Fact]
    public void EveryValueOfEveryAxisIsThere()
    {
        var all = Sets.SelectMany(static set => set.Variants).ToArray();
        Assert.Empty(SpecializationRules.DataTypes.Except(all.Select(static v => v.DataType)));
        Assert.Empty(SpecializationRules.Regimes.Except(all.Select(static v => v.Regime)));
        Assert.Empty(SpecializationRules.BlockSizes.Except(all.Select(static v => v.BlockSize)));
        Assert.Empty(SpecializationRules.AtomsPerThread.Except(all.Select(static v => v.AtomsPerThread)));
        foreach (var algorithm in SpecializationRules.Algorithms)
        {
            var some = all.Where(v => v.Algorithm == algorithm).ToArray();
            Assert.Empty(SpecializationRules.WorldSizes.Except(some.Select(static v => v.WorldSize)));
            if (algorithm != AllReduceAlgorithm.Direct)
            {
                Assert.Empty(SpecializationRules.GroupSizes.Except(some.Select(static v => v.GroupSize)));
                Assert.Empty(SpecializationRules.Regimes.Except(some.Select(static v => v.Regime)));
                Assert.Empty(SpecializationRules.ScaleFormats.Except(some.Select(static v => v.ScaleFormat)));
            }
        }

        Assert.Empty(SpecializationRules.Modes.Except(all.Select(static v => v.Mode)));
    }

    [RequiresProgramsTheory("clang++-22")]
    [MemberData(nameof(Variants))]
    public void HostEqualsManagedEqualsOracle(string kernelName)
    {
        var (set, variant) = Find(kernelName);
        var kernels = new KernelSet(set.Name, [variant], [.. set.Units.Where(unit => unit.Name == set.Name + "." + variant.UnitName)]);
        using var managed = AllReduceGroup.Create(kernels, variant.WorldSize, new GroupOptions { Device = DeviceKind.Managed });
        using var host = AllReduceGroup.Create(kernels, variant.WorldSize, new GroupOptions { Device = DeviceKind.Host });
        var geometry = new KernelGeometry(variant);
        var row = geometry.Wire.ElementsPerRow;
        var random = new Random(variant.GetHashCode());
        foreach (var count in new[] { 0, 1, 129, row - 1, row + 1, geometry.ElementsPerTile, geometry.ElementsPerTile + row + 3 }.Distinct())
        {
            if (variant.DataType == DataType.Float32)
            {
                foreach (var messages in Messages.Float32(random, variant.WorldSize, count))
                {
                    Check<float, uint>(managed, host, variant, messages);
                }
            }
            else
            {
                foreach (var messages in new[]
                {
                    Messages.AnyBits(random, variant.WorldSize, count),
                    Messages.Finite(random, variant.DataType, variant.WorldSize, count),
                    Messages.Tiny(random, variant.DataType, variant.WorldSize, count),
                })
                {
                    if (variant.DataType == DataType.Float16)
                    {
                        Check<Half, ushort>(managed, host, variant, messages);
                    }
                    else
                    {
                        Check<BFloat16, ushort>(managed, host, variant, messages);
                    }
                }
            }
        }
    }

    private static (KernelSet Set, KernelVariant Variant) Find(string kernelName)
    {
        foreach (var set in Sets)
        {
            foreach (var variant in set.Variants)
            {
                if (variant.KernelName == kernelName)
                {
                    return (set, variant);
                }
            }
        }

        throw new ArgumentException(kernelName, nameof(kernelName));
    }

    private static void Check<T, TBits>(AllReduceGroup managed, AllReduceGroup host, KernelVariant variant, TBits[][] messages)
        where T : unmanaged
        where TBits : unmanaged
    {
        var count = messages[0].Length;
        var expected = Reduce<T, TBits>(managed, variant, messages)[0];
        foreach (var actual in Reduce<T, TBits>(host, variant, messages))
        {
            Assert.True(MemoryMarshal.AsBytes(expected.AsSpan()).SequenceEqual(MemoryMarshal.AsBytes(actual.AsSpan())), $"host differs at {count} elements");
        }

        // The oracle is slow; the managed backend's own tests ask it more often.
        if (count <= 129)
        {
            Assert.Equal(WireOracle.AllReduce(variant, messages), expected);
        }
    }

    // In place, one element into larger buffers: aligned to an element and to nothing else.
    private static TBits[][] Reduce<T, TBits>(AllReduceGroup group, KernelVariant variant, TBits[][] messages)
        where T : unmanaged
        where TBits : unmanaged
    {
        var buffers = messages.Select(static message => new T[message.Length + 1].AsMemory(1)).ToArray();
        for (var rank = 0; rank < buffers.Length; rank++)
        {
            MemoryMarshal.Cast<TBits, T>(messages[rank]).CopyTo(buffers[rank].Span);
        }

        group.AllReduce<T>(variant.Mode, [.. buffers.Select(static buffer => (ReadOnlyMemory<T>)buffer)], buffers);
        return [.. buffers.Select(static buffer => MemoryMarshal.Cast<T, TBits>(buffer.Span).ToArray())];
    }
}
