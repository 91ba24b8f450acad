using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using QuickReduce.Processes.Tests.Support;
using QuickReduce.Processes.Worker;
using Xunit;

namespace QuickReduce.Processes.Tests.Calls;

/// <summary>Buffers in memory that all ranks see: the bits of private ones, and what happens where ranks differ.</summary>
public class SharedBufferTests
{
    /// <summary>Elements of a call and where its buffers begin in their shared buffers: some travel in one hop, most do not.</summary>
    private static readonly (int Count, int Input, int Output)[] Shapes =
        [(0, 0, 0), (1, 3, 1), (4_000, 0, 0), (8_193, 1, 2), (20_001, 0, 7), (65_536, 64, 0), (300_007, 5, 5), (1_500_001, 0, 33)];

    public static TheoryData<DataType, int> TypesAndRanks
    {
        get
        {
            var data = new TheoryData<DataType, int>();
            foreach (var type in SpecializationRules.DataTypes)
            {
                foreach (var worldSize in new[] { 2, 3, 4, 8 })
                {
                    data.Add(type, worldSize);
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(TypesAndRanks))]
    public void TheBitsAreThoseOfPrivateBuffers(DataType type, int worldSize)
    {
        switch (type)
        {
            case DataType.Float16:
                Compare<Half>(type, worldSize);
                break;
            case DataType.BFloat16:
                Compare<BFloat16>(type, worldSize);
                break;
            default:
                Compare<float>(type, worldSize);
                break;
        }
    }

    /// <summary>Private buffers on some ranks, other places on others: whatever they pass, all get the same sum.</summary>
    [Theory]
    [InlineData("private input of rank 1")]
    [InlineData("private output of rank 0")]
    [InlineData("other place on rank 1")]
    [InlineData("other buffer on rank 2")]
    [InlineData("in place on rank 2")]
    [InlineData("disposed on rank 1")]
    public void RanksWhoseBuffersLieElsewhereGetTheSameSum(string what)
    {
        const int Count = 100_001;
        using var ranks = new LocalRanks(3);
        var outputs = new Half[3][];
        Assert.All(ranks.Run(rank =>
        {
            using var first = rank.AllocateShared<Half>(Count + 1);
            using var second = rank.AllocateShared<Half>(Count + 1);
            for (var call = 0; call < 3; call++)
            {
                if (what == "disposed on rank 1" && rank.Rank == 1)
                {
                    first.Dispose();
                }

                var input = what == "disposed on rank 1" && rank.Rank == 1 ? new Half[Count] : first.Span[..Count];
                var output = second.Span[..Count];
                switch (what, rank.Rank)
                {
                    case ("private input of rank 1", 1):
                        input = new Half[Count];
                        break;
                    case ("private output of rank 0", 0):
                        output = new Half[Count];
                        break;
                    case ("other place on rank 1", 1):
                        input = first.Span[1..];
                        break;
                    case ("other buffer on rank 2", 2):
                        input = second.Span[..Count];
                        output = first.Span[..Count];
                        break;
                    case ("in place on rank 2", 2):
                        output = input;
                        break;
                }

                Fill(input, rank.Rank, call);
                rank.AllReduce<Half>(QuantRegime.FP, input, output);
                outputs[rank.Rank] = output.ToArray();
                var expected = new Half[Count];
                Fill(expected, rank.Rank, call);
                rank.AllReduce<Half>(QuantRegime.FP, expected);
                Assert.True(Same(expected, output), what + ", call " + call);
            }
        }), Assert.Null);
        Assert.All(outputs, output => Assert.True(Same(outputs[0], output)));
    }

    [Fact]
    public void DifferentLengthsAreNamedOnEveryRankAndTheGroupGoesOn()
    {
        using var ranks = new LocalRanks(3);
        var exceptions = ranks.Run(static rank => rank.AllocateShared<Half>(rank.Rank == 1 ? 99 : 100).Dispose());
        foreach (var exception in exceptions)
        {
            var mismatch = Assert.IsType<RankMismatchException>(exception);
            Assert.Contains("rank 0: a shared buffer of 100 elements of 2 bytes", mismatch.Message, StringComparison.Ordinal);
            Assert.Contains("rank 1: a shared buffer of 99 elements of 2 bytes", mismatch.Message, StringComparison.Ordinal);
        }

        exceptions = ranks.Run(static rank =>
        {
            if (rank.Rank == 2)
            {
                rank.AllReduce<Half>(QuantRegime.FP, new Half[100]);
            }
            else
            {
                rank.AllocateShared<Half>(100).Dispose();
            }
        });
        Assert.All(exceptions, static exception => Assert.IsType<RankMismatchException>(exception));
        exceptions = ranks.Run(static rank => rank.AllocateShared<float>(-1).Dispose());
        Assert.All(exceptions, static exception => Assert.IsType<ArgumentOutOfRangeException>(exception));
        Works(ranks);
    }

    [Fact]
    public void MemoryThatIsLackingIsNamedOnEveryRankAndTheGroupGoesOn()
    {
        using var ranks = new LocalRanks(2);
        var before = Files();
        var exceptions = ranks.Run(static rank => rank.AllocateShared<Kilobyte>(int.MaxValue).Dispose());
        Assert.All(exceptions, static exception => Assert.Contains("/dev/shm", Assert.IsType<SharedMemoryException>(exception).Message, StringComparison.Ordinal));
        Assert.Single(exceptions.Select(static exception => ((SharedMemoryException)exception!).Rank).Distinct());

        // Those of other jobs, which meanwhile may form on this machine, have a name only until they have.
        var named = Files().Except(before).ToArray();
        Assert.True(SpinWait.SpinUntil(() => !named.Intersect(Files()).Any(), TimeSpan.FromSeconds(30)), string.Join(", ", named.Intersect(Files())));
        Works(ranks);
    }

    [Fact]
    public void ARankThatDoesNotComeToAnAllocationIsNamed()
    {
        using var ranks = new LocalRanks(2, options: new GroupOptions { Timeout = TimeSpan.FromMilliseconds(300) });
        var exceptions = ranks.Run(static rank =>
        {
            if (rank.Rank == 0)
            {
                rank.AllocateShared<Half>(100).Dispose();
            }
        });
        var late = Assert.IsType<RankTimeoutException>(exceptions[0]);
        Assert.Equal([1], late.MissingRanks);
        Assert.Contains("the allocation of a shared buffer of 100 elements", late.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10_000)]
    [InlineData(300_000)]
    public void ACallAllocatesNothingWhetherRanksShareAlikeOrNot(int count)
    {
        using var ranks = new LocalRanks(2);
        var allocated = new long[2];
        Assert.All(ranks.Run(rank =>
        {
            using var shared = rank.AllocateShared<Half>(count);
            var own = new Half[count];
            for (var round = 0; round < 2; round++)
            {
                var before = GC.GetAllocatedBytesForCurrentThread();
                for (var call = 0; call < 50; call++)
                {
                    rank.AllReduce<Half>(QuantRegime.FP, shared);
                    rank.AllReduce<Half>(QuantRegime.FP, shared, own);
                    rank.AllReduce<Half>(QuantRegime.FP, rank.Rank == 0 ? shared : own);
                    rank.AllReduce<Half>(QuantRegime.Int4, shared);
                }

                allocated[rank.Rank] = GC.GetAllocatedBytesForCurrentThread() - before;
            }
        }), Assert.Null);
        Assert.All(allocated, static bytes => Assert.Equal(0, bytes));
    }

    /// <summary>What a rank writes to its input after a call has returned, no peer may still be reading.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void BuffersMayBeWrittenAsSoonAsACallReturns(int worldSize)
    {
        const int Count = 30_011;
        using var ranks = new LocalRanks(worldSize, epoch: uint.MaxValue - 20);
        Assert.All(ranks.Run(rank =>
        {
            using var input = rank.AllocateShared<float>(Count);
            using var output = rank.AllocateShared<float>(Count);
            output.Span.Fill(-2);
            for (var call = 0; call < 300; call++)
            {
                var isInPlace = call % 3 == 0;
                input.Span.Fill(call * 16 + rank.Rank);
                rank.AllReduce<float>(QuantRegime.FP, input, isInPlace ? input : output);
                var expected = call * 16 * worldSize + worldSize * (worldSize - 1) / 2;
                if (isInPlace)
                {
                    Assert.True(input.Span.IndexOfAnyExcept(expected) < 0, "call " + call);
                }

                input.Span.Fill(-1);
                Assert.True(output.Span.IndexOfAnyExcept(isInPlace ? -2 : expected) < 0, "call " + call);
                output.Span.Fill(-2);
            }
        }), Assert.Null);
    }

    [Fact]
    public void BuffersAndCommunicatorsGoInAnyOrder()
    {
        using var ranks = new LocalRanks(2);
        Assert.All(ranks.Run(static rank =>
        {
            var first = rank.AllocateShared<Half>(50_000);
            var second = rank.AllocateShared<Half>(50_000);
            first.Span.Fill((Half)1);
            second.Span.Fill((Half)2);

            // Ranks dispose at different times, one of them twice; what the other has mapped stays.
            if (rank.Rank == 0)
            {
                first.Dispose();
                first.Dispose();
            }

            rank.AllReduce<Half>(QuantRegime.FP, second);
            Assert.Equal((Half)4, second.Span[49_999]);
            Assert.Throws<ObjectDisposedException>(() => (rank.Rank == 0 ? first : Disposed(first)).Span.Length);
            var third = rank.AllocateShared<Half>(50_000);
            Assert.True(third.Span.IndexOfAnyExcept((Half)0) < 0);
            rank.Dispose();
            Assert.Equal((Half)4, second.Span[0]);
            second.Dispose();
            third.Dispose();
            Assert.Throws<ObjectDisposedException>(() => rank.AllocateShared<Half>(1));
        }), Assert.Null);

        static SharedBuffer<Half> Disposed(SharedBuffer<Half> buffer)
        {
            buffer.Dispose();
            return buffer;
        }
    }

    private static void Compare<T>(DataType type, int worldSize)
        where T : unmanaged
    {
        // Chunks that are smaller, too: then a message has several, wherever it lies.
        foreach (var policy in new[] { new AllReducePolicy(), new AllReducePolicy { MaxBytes = 100_000 } })
        {
            var options = new GroupOptions { Policy = policy, Timeout = TimeSpan.FromSeconds(60) };
            using var group = AllReduceGroup.Create(WorkerKernels.All, worldSize);
            using var ranks = new LocalRanks(worldSize, options: options);
            var variant = new KernelVariant(type, QuantRegime.FP, worldSize);
            var messages = new Messages(WorkerKernels.All, worldSize, seed: 11);
            var inputs = Shapes.Select(shape => Enumerable.Range(0, worldSize).Select(rank => messages.Elements(shape.Count % 2 * 8, rank, type, shape.Count)).ToArray()).ToArray();
            var expected = inputs.Select(parts => Messages.Expected(group, variant, parts)).ToArray();
            Assert.All(ranks.Run(rank =>
            {
                var longest = Shapes.Max(static shape => shape.Count) + 64;
                using var first = rank.AllocateShared<T>(longest);
                using var second = rank.AllocateShared<T>(longest);
                for (var number = 0; number < Shapes.Length; number++)
                {
                    var (count, from, to) = Shapes[number];
                    var elements = MemoryMarshal.Cast<byte, T>(inputs[number][rank.Rank]);
                    var input = first.Span.Slice(from, count);
                    var output = second.Span.Slice(to, count);
                    var own = new T[count];
                    foreach (var way in new[] { "shared", "input shared", "output shared", "in place" })
                    {
                        elements.CopyTo(input);
                        second.Span.Clear();
                        var sum = way switch { "input shared" => own, "in place" => input, _ => output };
                        rank.AllReduce(QuantRegime.FP, way == "output shared" ? elements : input, sum);
                        Assert.True(expected[number].AsSpan().SequenceEqual(MemoryMarshal.AsBytes(sum)), $"{way}: {count} elements differ");
                        Assert.True(way == "in place" || elements.SequenceEqual(input), way + ": the input has changed");
                        Assert.True(IsZero(second.Span[..to]) && IsZero(second.Span[(to + count)..]), way + ": written beside the output");
                    }
                }
            }), Assert.Null);
        }
    }

    private static bool IsZero<T>(ReadOnlySpan<T> elements)
        where T : unmanaged => MemoryMarshal.AsBytes(elements).IndexOfAnyExcept((byte)0) < 0;

    private static bool Same(ReadOnlySpan<Half> left, ReadOnlySpan<Half> right) => MemoryMarshal.AsBytes(left).SequenceEqual(MemoryMarshal.AsBytes(right));

    private static void Fill(Span<Half> elements, int rank, int call)
    {
        var random = new Random(call * 8 + rank);
        foreach (ref var element in elements)
        {
            element = (Half)(random.NextSingle() - 0.5f);
        }
    }

    private static string[] Files() => Directory.GetFiles("/dev/shm", "quickreduce-*");

    private static void Works(LocalRanks ranks) => Assert.All(ranks.Run(static rank =>
    {
        using var buffer = rank.AllocateShared<Half>(40_000);
        buffer.Span.Fill((Half)1);
        rank.AllReduce<Half>(QuantRegime.FP, buffer);
        Assert.True(buffer.Span.IndexOfAnyExcept((Half)rank.WorldSize) < 0);
    }), Assert.Null);

    // As many as there can be of them are more than any machine has.
    [InlineArray(1024)]
    private struct Kilobyte
    {
        private byte _first;
    }
}
