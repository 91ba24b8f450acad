using System.Runtime.InteropServices;
using QuickReduce.Tests.Collectives;
using Xunit;

namespace QuickReduce.Tests.Policy;

/// <summary>Groups that choose by policy: the same bits as when what was chosen is asked for.</summary>
public sealed class PolicyGroupTests
{
    private static readonly AllReducePolicy Int4From4K = new() { Regime = QuantRegime.Int4, MinBytes = 4096 };

    [Theory]
    [InlineData(DataType.Float16, 2047, QuantRegime.FP)]
    [InlineData(DataType.Float16, 2048, QuantRegime.Int4)]
    [InlineData(DataType.BFloat16, 100_000, QuantRegime.Int4)]
    public async Task CallsWithoutARegimeGetTheOneThatIsChosen(DataType type, int count, QuantRegime regime)
    {
        var inputs = Messages.Random(type, 4, count, seed: count);
        using var plain = AllReduceGroup.Create(TestKernels.Everything, 4);
        using var group = AllReduceGroup.Create(TestKernels.Everything, 4, new GroupOptions { Policy = Int4From4K });
        var expected = Messages.AllReduceAtOnce(plain, type, regime, inputs);
        Assert.Equal(regime, group.Explain(type, count).Mode.Regime);
        Assert.Equal(regime, group[0].Explain(type, count).Mode.Regime);
        if (type == DataType.Float16)
        {
            Assert.Equal(expected, await PerRank<Half>(group, inputs));
            Assert.Equal(expected, AtOnce<Half>(group, inputs));
        }
        else
        {
            Assert.Equal(expected, await PerRank<BFloat16>(group, inputs));
            Assert.Equal(expected, AtOnce<BFloat16>(group, inputs));
        }
    }

    /// <summary>Cut at any limit, on one thread or several: bit for bit what one all-reduce gives.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(10_000)]
    [InlineData(131_072)]
    [InlineData(1_000_000)]
    public void LargeMessagesAreCutWithoutAChangeToAnyBit(long maxBytes)
    {
        foreach (var algorithm in SpecializationRules.Algorithms)
        {
            foreach (var mode in new AllReduceMode[] { QuantRegime.FP, QuantRegime.Int4, new(QuantRegime.Int7, 128) })
            {
                if (algorithm == AllReduceAlgorithm.Direct && mode.Regime != QuantRegime.FP)
                {
                    continue;
                }

                var inputs = Messages.Random(DataType.Float16, 3, 300_001, seed: 7);
                using var whole = AllReduceGroup.Create(TestKernels.Everything, 3, new GroupOptions { Algorithm = algorithm });
                var expected = Messages.AllReduceAtOnce(whole, DataType.Float16, mode, inputs);
                foreach (var threads in new[] { 1, 3 })
                {
                    var options = new GroupOptions { Algorithm = algorithm, MaxThreads = threads, Policy = new AllReducePolicy { Regime = mode, MinBytes = 0, MaxBytes = maxBytes } };
                    using var cut = AllReduceGroup.Create(TestKernels.Everything, 3, options);
                    Assert.Equal(expected, Messages.AllReduceAtOnce(cut, DataType.Float16, mode, inputs, inPlace: true));
                    Assert.Equal(expected, AtOnce<Half>(cut, inputs));
                    Assert.Equal(maxBytes < 600_002, cut.Explain(DataType.Float16, 300_001).Chunks > 1);
                }
            }
        }
    }

    [Fact]
    public void RanksThatNameARegimeAndRanksThatDoNotAreToldSo()
    {
        using var group = AllReduceGroup.Create(TestKernels.Everything, 2, new GroupOptions { Policy = Int4From4K with { MinBytes = 0 } });
        var exceptions = Bounded.Run([
            () => group[0].AllReduce<Half>(QuantRegime.Int4, new Half[8], new Half[8]),
            () => group[1].AllReduce<Half>(new Half[8], new Half[8]),
        ]);
        Assert.All(exceptions, static exception => Assert.Contains(
            "rank 0: 8 elements of float16, Int4; rank 1: 8 elements of float16, Int4 by policy", Assert.IsType<RankMismatchException>(exception).Message, StringComparison.Ordinal));
    }

    /// <summary>A group without a policy is in full precision, if that is declared; existing sets without it work as before.</summary>
    [Fact]
    public void WithoutAPolicyItIsFullPrecisionOrAClearError()
    {
        using var plain = AllReduceGroup.Create(TestKernels.Default, 2);
        Assert.Equal(QuantRegime.FP, plain.Explain(DataType.BFloat16, 1 << 28).Mode.Regime);

        using var group = AllReduceGroup.Create(TestKernels.Of("My.Kernels", [new KernelVariant(DataType.Float16, QuantRegime.Int4, 2)]), 2);
        group.AllReduce<Half>(QuantRegime.Int4, [new Half[8], new Half[8]], [new Half[8], new Half[8]]);
        var exceptions = Bounded.Run([.. Enumerable.Range(0, 2).Select<int, Action>(rank => () => group[rank].AllReduce<Half>(new Half[8], new Half[8]))]);
        Assert.All(exceptions, static exception => Assert.Contains(
            "cannot all-reduce: My.Kernels declares no kernel in full precision for float16 and 2 ranks, and the call names no regime.", Assert.IsType<VariantNotDeclaredException>(exception).Message, StringComparison.Ordinal));
        Assert.Throws<VariantNotDeclaredException>(() => group.Explain(DataType.Float16, 8));
        Assert.Throws<RankMismatchException>(() => group.AllReduce<long>(new ReadOnlyMemory<long>[2], new Memory<long>[2]));
    }

    [Fact]
    public void GroupOptionsWinOverThePolicy()
    {
        var policy = new AllReducePolicy { Algorithm = AllReduceAlgorithm.OneShot, OneShotMaxBytes = 10 };
        using var group = AllReduceGroup.Create(TestKernels.Everything, 2, new GroupOptions { Policy = policy, Algorithm = AllReduceAlgorithm.Direct });
        Assert.Equal(AllReduceAlgorithm.Direct, group.Explain(DataType.Float16, 1).Algorithm);
        using var limited = AllReduceGroup.Create(TestKernels.Everything, 2, new GroupOptions { Policy = policy with { Algorithm = null }, OneShotMaxBytes = 100 });
        Assert.Equal(AllReduceAlgorithm.OneShot, limited.Explain(DataType.Float16, 50).Algorithm);
        Assert.Equal(AllReduceAlgorithm.Direct, limited.Explain(DataType.Float16, 51).Algorithm);
    }

    private static async Task<ushort[][]> PerRank<T>(AllReduceGroup group, ushort[][] inputs)
        where T : unmanaged
    {
        var outputs = inputs.Select(static input => new ushort[input.Length]).ToArray();
        await group.RunAsync(rank => rank.AllReduce(MemoryMarshal.Cast<ushort, T>(inputs[rank.Index]), MemoryMarshal.Cast<ushort, T>(outputs[rank.Index].AsSpan())));
        return outputs;
    }

    private static ushort[][] AtOnce<T>(AllReduceGroup group, ushort[][] inputs)
        where T : unmanaged
    {
        var sources = inputs.Select(static input => (ReadOnlyMemory<T>)MemoryMarshal.Cast<ushort, T>(input).ToArray()).ToArray();
        var targets = inputs.Select(static input => new T[input.Length]).ToArray();
        group.AllReduce<T>(sources, targets.Select(static target => (Memory<T>)target).ToArray());
        return targets.Select(static target => MemoryMarshal.Cast<T, ushort>(target).ToArray()).ToArray();
    }
}
