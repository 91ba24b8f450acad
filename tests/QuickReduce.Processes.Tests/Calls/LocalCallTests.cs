using QuickReduce.Processes.Tests.Support;
using QuickReduce.Processes.Worker;
using Xunit;

namespace QuickReduce.Processes.Tests.Calls;

public class LocalCallTests
{
    public static TheoryData<DataType, QuantRegime, int> Variants
    {
        get
        {
            var data = new TheoryData<DataType, QuantRegime, int>();
            foreach (var (type, regime, worldSize) in WorkerKernels.All.Variants.Select(variant => (variant.DataType, variant.Regime, variant.WorldSize)).Distinct())
            {
                data.Add(type, regime, worldSize);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Variants))]
    public void EveryVariantGivesTheBitsOfAnInProcessGroup(DataType type, QuantRegime regime, int worldSize)
    {
        foreach (var algorithm in SpecializationRules.Algorithms)
        {
            var options = new GroupOptions { Algorithm = algorithm, Timeout = TimeSpan.FromSeconds(60) };
            using var group = AllReduceGroup.Create(WorkerKernels.All, worldSize, options);
            using var ranks = new LocalRanks(worldSize, options: options);
            foreach (var variant in WorkerKernels.All.Variants.Where(variant => (variant.DataType, variant.Regime, variant.WorldSize, variant.Algorithm) == (type, regime, worldSize, algorithm)))
            {
                foreach (var count in new[] { 0, 1, 33, 2048, 20_001, 800_000 / worldSize })
                {
                    Compare(group, ranks, variant, count);
                }
            }
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void EpochsWrapAround(int worldSize)
    {
        using var group = AllReduceGroup.Create(WorkerKernels.All, worldSize);
        using var ranks = new LocalRanks(worldSize, epoch: uint.MaxValue - 20);
        var messages = new Messages(WorkerKernels.All, worldSize, seed: 5);
        var outputs = new byte[worldSize][];
        for (var call = 0; call < 40; call++)
        {
            Assert.All(ranks.Run(rank => outputs[rank.Rank] = messages.Make(rank, call)), Assert.Null);
            var expected = messages.Expected(group, call);
            Assert.All(outputs, output => Assert.Equal(expected, output));
        }
    }

    [Fact]
    public void UnalignedBuffersAreSummedToo()
    {
        const int Count = 1_500_001;
        using var ranks = new LocalRanks(2);
        var outputs = new Half[2][];
        Assert.All(ranks.Run(rank =>
        {
            var input = new Half[Count + 3];
            input.AsSpan().Fill((Half)(rank.Rank + 1));
            outputs[rank.Rank] = new Half[Count + 1];
            rank.AllReduce<Half>(QuantRegime.FP, input.AsSpan(3), outputs[rank.Rank].AsSpan(1));
        }), Assert.Null);
        Assert.All(outputs, output => Assert.True(output.AsSpan(1).IndexOfAnyExcept((Half)3) < 0 && output[0] == (Half)0));
    }

    [Theory]
    [InlineData(1_000)]
    [InlineData(300_000)]
    public void ACallAllocatesNothing(int count)
    {
        using var ranks = new LocalRanks(2);
        var allocated = new long[2];
        Assert.All(ranks.Run(rank =>
        {
            var buffer = new Half[count];
            for (var round = 0; round < 2; round++)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                for (var call = 0; call < 50; call++)
                {
                    rank.AllReduce<Half>(QuantRegime.FP, buffer);
                    rank.AllReduce<Half>(QuantRegime.Int4, buffer);
                }

                allocated[rank.Rank] = GC.GetAllocatedBytesForCurrentThread() - before;
            }
        }), Assert.Null);
        Assert.All(allocated, bytes => Assert.Equal(0, bytes));
    }

    /// <summary>A limit makes chunks smaller, and changes no bit.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(100_000)]
    public void ALimitChangesNoBit(long maxBytes)
    {
        var options = new GroupOptions { Policy = new AllReducePolicy { MaxBytes = maxBytes }, Timeout = TimeSpan.FromSeconds(60) };
        using var group = AllReduceGroup.Create(WorkerKernels.All, 3);
        using var ranks = new LocalRanks(3, options: options);
        foreach (var algorithm in new[] { AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot })
        {
            Compare(group, ranks, new KernelVariant(DataType.Float16, QuantRegime.Int4, 3, algorithm), 100_001);
        }

        Compare(group, ranks, new KernelVariant(DataType.Float32, QuantRegime.FP, 3), 100_001);
    }

    /// <summary>Calls that name no regime do what a call does that names the chosen one, and allocate nothing either.</summary>
    [Fact]
    public void APolicyChooses()
    {
        const int Count = 10_000;
        var policy = new AllReducePolicy { Regime = QuantRegime.Int4, MinBytes = 2 * Count };
        using var ranks = new LocalRanks(2, options: new GroupOptions { Policy = policy, Timeout = TimeSpan.FromSeconds(60) });
        var allocated = new long[2];
        Assert.All(ranks.Run(rank =>
        {
            var random = new Random(rank.Rank);
            var input = Enumerable.Range(0, Count).Select(_ => (Half)(random.NextSingle() - 0.5f)).ToArray();
            var (chosen, named) = (new Half[Count], new Half[Count]);
            foreach (var (count, regime) in new[] { (Count, QuantRegime.Int4), (Count - 1, QuantRegime.FP) })
            {
                Assert.Equal(regime, rank.Explain(DataType.Float16, count).Mode.Regime);
                rank.AllReduce<Half>(regime, input.AsSpan(0, count), named.AsSpan(0, count));
                rank.AllReduce<Half>(input.AsSpan(0, count), chosen.AsSpan(0, count));
                Assert.Equal(named.Select(BitConverter.HalfToUInt16Bits), chosen.Select(BitConverter.HalfToUInt16Bits));
            }

            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var call = 0; call < 50; call++)
            {
                rank.AllReduce<Half>(chosen.AsSpan(0, Count - (call & 1)));
            }

            allocated[rank.Rank] = GC.GetAllocatedBytesForCurrentThread() - before;
        }), Assert.Null);
        Assert.All(allocated, static bytes => Assert.Equal(0, bytes));
    }

    [Fact]
    public void RanksThatNameARegimeAndRanksThatDoNotAreToldSo()
    {
        using var ranks = new LocalRanks(2);
        var exceptions = ranks.Run(static rank =>
        {
            if (rank.Rank == 0)
            {
                rank.AllReduce<Half>(QuantRegime.FP, new Half[8]);
            }
            else
            {
                rank.AllReduce<Half>(new Half[8]);
            }
        });
        Assert.All(exceptions, static exception => Assert.Contains("8 elements of float16, FP by policy", Assert.IsType<RankMismatchException>(exception).Message, StringComparison.Ordinal));
    }

    private static void Compare(AllReduceGroup group, LocalRanks ranks, KernelVariant variant, int count)
    {
        var messages = new Messages(WorkerKernels.All, variant.WorldSize, seed: count);
        var inputs = Enumerable.Range(0, variant.WorldSize).Select(rank => messages.Elements(call: count % 2 == 0 ? 1 : 8, rank, variant.DataType, count)).ToArray();
        var outputs = inputs.Select(input => new byte[input.Length]).ToArray();
        var inPlace = inputs.Select(input => (byte[])input.Clone()).ToArray();
        Assert.All(ranks.Run(rank =>
        {
            Messages.Make(rank, variant, inputs[rank.Rank], outputs[rank.Rank]);
            Messages.Make(rank, variant, inPlace[rank.Rank], inPlace[rank.Rank]);
        }), Assert.Null);
        var expected = Messages.Expected(group, variant, inputs);
        Assert.All(outputs, output => Assert.True(expected.AsSpan().SequenceEqual(output), variant + " differs at " + count));
        Assert.All(inPlace, output => Assert.True(expected.AsSpan().SequenceEqual(output), variant + " differs at " + count + ", in place"));
    }
}
