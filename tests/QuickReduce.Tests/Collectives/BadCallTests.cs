using System.Runtime.InteropServices;
using Xunit;

namespace QuickReduce.Tests.Collectives;

/// <summary>Calls that cannot be carried out: a typed exception on every rank, buffers untouched, group usable.</summary>
public class BadCallTests
{
    private const int Count = 100;
    private static readonly Half Untouched = (Half)42;

    [Fact]
    public void EveryRankLearnsWhatEachAskedForWhenLengthsDiffer()
    {
        using var group = AllReduceGroup.Create(TestKernels.Default, 2);
        var exceptions = FailingCall(group, rank => rank.AllReduce<Half>(QuantRegime.FP, new Half[rank.Index + 5], Output(rank.Index + 5)));

        Assert.All(exceptions, exception => Assert.Contains("rank 0: 5 elements of float16, FP; rank 1: 6 elements of float16, FP", Assert.IsType<RankMismatchException>(exception).Message, StringComparison.Ordinal));
        Assert.NotSame(exceptions[0], exceptions[1]);
    }

    [Fact]
    public void RegimesMustAgree()
    {
        using var group = AllReduceGroup.Create(TestKernels.Default, 2);
        var exceptions = FailingCall(group, rank => rank.AllReduce<Half>(rank.Index == 0 ? QuantRegime.Int4 : QuantRegime.Int8, new Half[Count], Output(Count)));

        Assert.All(exceptions, exception => Assert.IsType<RankMismatchException>(exception));
    }

    [Fact]
    public void ElementTypesMustAgree()
    {
        using var group = AllReduceGroup.Create(TestKernels.Default, 2);
        var exceptions = FailingCall(group, rank =>
        {
            if (rank.Index == 0)
            {
                rank.AllReduce<Half>(QuantRegime.FP, new Half[Count], Output(Count));
            }
            else
            {
                rank.AllReduce<BFloat16>(QuantRegime.FP, new BFloat16[Count], new BFloat16[Count]);
            }
        });

        Assert.All(exceptions, exception => Assert.Contains("rank 1: 100 elements of bfloat16", Assert.IsType<RankMismatchException>(exception).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void GroupSizesMustAgree()
    {
        using var group = AllReduceGroup.Create(TestKernels.Everything, 2);
        var exceptions = FailingCall(group, rank => rank.AllReduce<Half>(new AllReduceMode(QuantRegime.Int4, 32 << rank.Index), new Half[Count], Output(Count)));

        Assert.All(exceptions, exception => Assert.Contains(
            "rank 0: 100 elements of float16, Int4; rank 1: 100 elements of float16, Int4 in groups of 64", Assert.IsType<RankMismatchException>(exception).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void OtherElementTypesAndModesAreRefusedOnEveryRank()
    {
        using var group = AllReduceGroup.Create(TestKernels.Everything, 2);

        Refuses("float", rank => rank.AllReduce<double>(QuantRegime.FP, new double[Count], new double[Count]));
        Refuses("Regime 77", rank => rank.AllReduce<Half>((QuantRegime)77, new Half[Count], Output(Count)));
        Refuses("Group size 48", rank => rank.AllReduce<Half>(new AllReduceMode(QuantRegime.Int4, 48), new Half[Count], Output(Count)));
        Refuses("Full precision has no groups", rank => rank.AllReduce<Half>(new AllReduceMode(QuantRegime.FP, 32), new Half[Count], Output(Count)));
        Refuses("Float32 travels in full precision only", rank => rank.AllReduce<float>(QuantRegime.Int8, new float[Count], new float[Count]));
        Assert.Throws<RankMismatchException>(() => group.AllReduce<double>(QuantRegime.FP, [new double[1], new double[1]], [new double[1], new double[1]]));

        void Refuses(string why, Action<AllReduceRank> call) => Assert.All(
            FailingCall(group, call),
            exception => Assert.Contains(why, Assert.IsType<RankMismatchException>(exception).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void InputAndOutputMustHaveOneLength()
    {
        using var group = AllReduceGroup.Create(TestKernels.Default, 2);
        var exceptions = FailingCall(group, rank => rank.AllReduce<Half>(QuantRegime.Int6, new Half[Count], Output(Count - rank.Index)));

        Assert.All(exceptions, exception => Assert.Equal(1, Assert.IsType<InvalidBufferException>(exception).Rank));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(Count - 1)]
    public void OutputMayNotOverlapItsInputInPart(int shift)
    {
        using var group = AllReduceGroup.Create(TestKernels.Default, 2);
        var buffers = new[] { Output(3 * Count), Output(3 * Count) };
        var exceptions = FailingCall(group, rank => rank.AllReduce<Half>(QuantRegime.Int4, buffers[rank.Index].AsSpan(Count, Count), buffers[rank.Index].AsSpan(Count + shift, Count)));

        Assert.All(exceptions, exception => Assert.Equal(0, Assert.IsType<InvalidBufferException>(exception).Rank));
        Assert.All(buffers, AssertUntouched);
    }

    [Fact]
    public void OutputsMayNotOverlapBuffersOfOtherRanks()
    {
        using var group = AllReduceGroup.Create(TestKernels.Default, 2);
        var shared = Output(2 * Count);

        Assert.All(FailingCall(group, rank => rank.AllReduce<Half>(QuantRegime.FP, new Half[Count], shared.AsSpan(rank.Index * 50, Count))), exception => Assert.IsType<InvalidBufferException>(exception));
        Assert.All(FailingCall(group, rank => rank.AllReduce<Half>(QuantRegime.FP, shared.AsSpan(0, Count), rank.Index == 0 ? shared.AsSpan(0, Count) : Output(Count))), exception => Assert.IsType<InvalidBufferException>(exception));
        AssertUntouched(shared);
    }

    [Fact]
    public void BuffersSideBySideAreFine()
    {
        using var group = AllReduceGroup.Create(TestKernels.Default, 2);
        var memory = new Half[4 * Count];
        Assert.All(Bounded.Run(
            () => group[0].AllReduce<Half>(QuantRegime.FP, memory.AsSpan(0, Count), memory.AsSpan(Count, Count)),
            () => group[1].AllReduce<Half>(QuantRegime.FP, memory.AsSpan(2 * Count, Count), memory.AsSpan(3 * Count, Count))), Assert.Null);
    }

    [Fact]
    public void OddAddressesAreRefused()
    {
        using var group = AllReduceGroup.Create(TestKernels.Default, 2);
        var exceptions = FailingCall(group, rank => rank.AllReduce<Half>(
            QuantRegime.FP, MemoryMarshal.Cast<byte, Half>(new byte[2 * Count + 2].AsSpan(rank.Index, 2 * Count)), Output(Count)));

        Assert.All(exceptions, exception => Assert.Equal(1, Assert.IsType<InvalidBufferException>(exception).Rank));
    }

    [Fact]
    public void Float32MustBeAlignedToFourBytes()
    {
        using var group = AllReduceGroup.Create(TestKernels.Everything, 2);
        var exceptions = FailingCall(group, rank => rank.AllReduce<float>(
            QuantRegime.FP, MemoryMarshal.Cast<byte, float>(new byte[4 * Count + 4].AsSpan(2 * rank.Index, 4 * Count)), new float[Count]));

        Assert.All(exceptions, exception =>
        {
            Assert.Equal(1, Assert.IsType<InvalidBufferException>(exception).Rank);
            Assert.Contains("divisible by their size, 4 bytes", exception.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public void VariantsMustBeDeclared()
    {
        var kernels = TestKernels.Of("My.Kernels", [new KernelVariant(DataType.Float16, QuantRegime.Int4, 2)]);
        using var group = AllReduceGroup.Create(kernels, 2);
        var exceptions = Bounded.Run([.. Enumerable.Range(0, 2).Select<int, Action>(rank => () => group[rank].AllReduce<Half>(QuantRegime.Int8, new Half[Count], new Half[Count]))]);

        Assert.All(exceptions, exception => Assert.Contains("My.Kernels declares no kernel for float16, Int8, 2 ranks.", Assert.IsType<VariantNotDeclaredException>(exception).Message, StringComparison.Ordinal));
        Assert.Contains("8 ranks", Assert.Throws<VariantNotDeclaredException>(() => AllReduceGroup.Create(kernels, 8)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongArgumentsOfGroupsAreRefused()
    {
        Assert.Throws<ArgumentNullException>(() => AllReduceGroup.Create(null!, 2));
        Assert.Throws<VariantNotDeclaredException>(() => AllReduceGroup.Create(TestKernels.Default, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => AllReduceGroup.Create(TestKernels.Default, 2, new GroupOptions { MaxThreads = -1 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => AllReduceGroup.Create(TestKernels.Default, 2, new GroupOptions { Timeout = TimeSpan.Zero }));
        Assert.Throws<ArgumentOutOfRangeException>(() => AllReduceGroup.Create(TestKernels.Default, 2, new GroupOptions { Device = (DeviceKind)9 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => AllReduceGroup.Create(TestKernels.Default, 2, new GroupOptions { OneShotMaxBytes = -1 }));
        using var group = AllReduceGroup.Create(TestKernels.Default, 2);
        Assert.Throws<ArgumentOutOfRangeException>(() => group[2]);
        Assert.Throws<ArgumentOutOfRangeException>(() => group[-1]);
        await Assert.ThrowsAsync<ArgumentNullException>(() => group.RunAsync(null!));
        Assert.Throws<ArgumentException>(() => group.AllReduce<Half>(QuantRegime.FP, [new Half[1]], [new Half[1], new Half[1]]));
        Assert.Throws<ArgumentException>(() => group.AllReduce<Half>(QuantRegime.FP, [new Half[1], new Half[1]], [new Half[1], new Half[1], new Half[1]]));
        Assert.Throws<InvalidOperationException>(() => default(AllReduceRank).AllReduce<Half>(QuantRegime.FP, [], []));
    }

    [Fact]
    public void KernelSetsAreChecked()
    {
        var variant = new KernelVariant(DataType.Float16, QuantRegime.Int4, 2);
        Assert.Throws<ArgumentException>(() => new KernelSet("A", [variant, variant], []));
        Assert.Throws<ArgumentException>(() => new KernelSet("A", [variant with { WorldSize = 9 }], []));
        Assert.Throws<ArgumentException>(() => new KernelSet("../A", [variant], []));
        Assert.Throws<ArgumentException>(() => new KernelSet("A", [variant], [new KernelUnit("B.float16_int4", "x")]));
        Assert.True(new KernelSet("A", [variant], []).Contains(variant));
    }

    [Fact]
    public void ARankInTwoCallsAtOnceIsRefused()
    {
        using var group = AllReduceGroup.Create(TestKernels.Default, 2);
        using var refused = new ManualResetEventSlim();
        void CallAsRank0()
        {
            try
            {
                group[0].AllReduce<Half>(QuantRegime.FP, new Half[Count], new Half[Count]);
            }
            catch (ConcurrentCallException)
            {
                refused.Set();
                throw;
            }
        }

        var exceptions = Bounded.Run(CallAsRank0, CallAsRank0, () =>
        {
            refused.Wait();
            group[1].AllReduce<Half>(QuantRegime.FP, new Half[Count], new Half[Count]);
        });

        Assert.Single(exceptions, exception => exception is ConcurrentCallException);
        Assert.Equal(2, exceptions.Count(exception => exception is null));
    }

    [Fact]
    public void TheGroupCannotBeUsedAsAWholeWhileARankWaits()
    {
        using var group = AllReduceGroup.Create(TestKernels.Default, 2);
        var exceptions = Bounded.Run(
            () => group[0].AllReduce<Half>(QuantRegime.FP, new Half[Count], new Half[Count]),
            () =>
            {
                // Until rank 0 has arrived, a call on behalf of all is legal and harmless.
                Half[][] buffers = [new Half[1], new Half[1]];
                Assert.Throws<ConcurrentCallException>((Action)(() =>
                {
                    while (true)
                    {
                        group.AllReduce<Half>(QuantRegime.FP, [buffers[0], buffers[1]], [buffers[0], buffers[1]]);
                        Thread.Yield();
                    }
                }));
                group[1].AllReduce<Half>(QuantRegime.FP, new Half[Count], new Half[Count]);
            });

        // Rank 0 may come while a call on behalf of all is going on, and is refused in its turn.
        Assert.True(exceptions[1] is null || exceptions[0] is ConcurrentCallException);
        Assert.True(exceptions[0] is null or ConcurrentCallException);
    }

    private static Exception[] FailingCall(AllReduceGroup group, Action<AllReduceRank> call)
    {
        var exceptions = Bounded.Run([.. Enumerable.Range(0, group.WorldSize).Select<int, Action>(rank => () => call(group[rank]))]);
        Assert.All(exceptions, Assert.NotNull);
        Assert.All(exceptions, (exception, rank) => Assert.StartsWith("Rank " + rank, exception!.Message, StringComparison.Ordinal));

        // The group goes on as if nothing had happened.
        var sums = Enumerable.Range(0, group.WorldSize).Select(_ => new Half[1]).ToArray();
        Assert.All(Bounded.Run([.. Enumerable.Range(0, group.WorldSize).Select<int, Action>(rank => () => group[rank].AllReduce<Half>(QuantRegime.FP, [Half.One], sums[rank]))]), Assert.Null);
        Assert.All(sums, sum => Assert.Equal((Half)group.WorldSize, sum[0]));
        return exceptions!;
    }

    private static Half[] Output(int length)
    {
        var output = new Half[length];
        output.AsSpan().Fill(Untouched);
        return output;
    }

    private static void AssertUntouched(Half[] buffer) => Assert.All(buffer, element => Assert.Equal(Untouched, element));
}
