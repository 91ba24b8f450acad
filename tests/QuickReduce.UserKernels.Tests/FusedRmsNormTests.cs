using System.Runtime.InteropServices;
using FusedRmsNorm;
using QuickReduce.Tests.Shared;

namespace QuickReduce.UserKernels.Tests;

/// <summary>The sample's kernel on this processor, to the bit.</summary>
public sealed class FusedRmsNormTests
{
    private const float Epsilon = 1e-5f;

    private static readonly KernelLaunchOptions OneThread = new() { MaxThreads = 1 };

    [RequiresProgramsTheory("clang++-22")]
    [InlineData(384, 5)]
    [InlineData(1000, 3)]
    [InlineData(4096, 2)]
    [InlineData(8192, 17)]
    public void TheKernelGivesTheBitsOfTheReference(int hiddenSize, int rows)
    {
        Check(ElementTypes.Float16, hiddenSize, rows);
        Check(ElementTypes.BFloat16, hiddenSize, rows);
    }

    [RequiresProgramsFact("clang++-22")]
    public void NothingOutsideTheBuffersIsTouched()
    {
        const int size = 1000, rows = 3, guard = 40;
        var sentinel = (Half)123.5f;
        var (residual, output) = (new Half[rows * size + 2 * guard], new Half[rows * size + 2 * guard]);
        residual.AsSpan().Fill(sentinel);
        output.AsSpan().Fill(sentinel);

        // An odd element offset, so that no row is aligned to a vector.
        Norms.FusedRmsNorm(new Half[rows * size], residual.AsSpan(guard - 1, rows * size), Ones(size), output.AsSpan(guard - 1, rows * size), rows, size, Epsilon);
        foreach (var buffer in new[] { residual, output })
        {
            Assert.All(buffer[..(guard - 1)], x => Assert.Equal(sentinel, x));
            Assert.All(buffer[(guard - 1 + rows * size)..], x => Assert.Equal(sentinel, x));
        }

        Assert.DoesNotContain(sentinel, output[(guard - 1)..(guard - 1 + rows * size)]);
    }

    [RequiresProgramsFact("clang++-22")]
    public void AnyNumberOfThreadsGivesTheSameBits()
    {
        var (input, residual) = Data(ElementTypes.Float16, 384, 100);
        var outputs = new[] { 1, 2, 3, 16, 0 }.Select(threads =>
        {
            var (sums, output) = ((Half[])residual.Clone(), new Half[input.Length]);
            Norms.FusedRmsNorm(input, sums, Ones(384), output, 100, 384, Epsilon, new KernelLaunchOptions { MaxThreads = threads });
            return output;
        }).ToArray();
        Assert.All(outputs, output => Assert.Equal(outputs[0], output));
    }

    [RequiresProgramsFact("clang++-22")]
    public async Task CallsFromManyThreadsDoNotDisturbEachOther() => await Task.WhenAll(Enumerable.Range(1, 8).Select(rows => Task.Run(() =>
    {
        for (var i = 0; i < 10; i++)
        {
            Check(ElementTypes.BFloat16, 384, rows);
        }
    })));

    [RequiresProgramsFact("clang++-22")]
    public void ALaunchOnTheCallingThreadAllocatesNothing()
    {
        var (input, residual) = Data(ElementTypes.Float16, 384, 4);
        var (weight, output) = (Ones(384), new Half[input.Length]);
        Norms.FusedRmsNorm(input, residual, weight, output, 4, 384, Epsilon, OneThread);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            Norms.FusedRmsNorm(input, residual, weight, output, 4, 384, Epsilon, OneThread);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [RequiresProgramsFact("clang++-22")]
    public void NoRowsAreNoWork() => Norms.FusedRmsNorm<Half>([], [], Ones(384), [], 0, 384, Epsilon);

    [RequiresProgramsFact("clang++-22")]
    public void NanAndInfinityStayVisible()
    {
        var (input, residual) = Data(ElementTypes.BFloat16, 384, 3);
        residual[100] = BFloat16.NaN;
        residual[384 + 7] = BFloat16.PositiveInfinity;
        var output = new BFloat16[input.Length];
        Norms.FusedRmsNorm(input, residual, Enumerable.Repeat(BFloat16.One, 384).ToArray(), output, 3, 384, Epsilon);
        Assert.All(output[..384], x => Assert.True(BFloat16.IsNaN(x)));
        Assert.True(BFloat16.IsNaN(output[384 + 7]));
        Assert.All(output[(2 * 384)..], x => Assert.True(BFloat16.IsFinite(x)));
    }

    private static void Check<T>(ElementType<T> type, int hiddenSize, int rows)
        where T : unmanaged
    {
        var (input, residual) = Data(type, hiddenSize, rows);
        var weight = Enumerable.Range(0, hiddenSize).Select(i => type.Round(1 + 0.5f * MathF.Sin(i))).ToArray();
        var (sums, output) = ((T[])residual.Clone(), new T[input.Length]);
        Norms.FusedRmsNorm(input, sums, weight, output, rows, hiddenSize, Epsilon);

        var (expectedSums, expectedOutput) = ((T[])residual.Clone(), new T[input.Length]);
        Reference.Run(type, input, expectedSums, weight, expectedOutput, rows, hiddenSize, Epsilon);
        Assert.Equal(MemoryMarshal.Cast<T, ushort>(expectedSums), MemoryMarshal.Cast<T, ushort>(sums));
        Assert.Equal(MemoryMarshal.Cast<T, ushort>(expectedOutput), MemoryMarshal.Cast<T, ushort>(output));
        Assert.InRange(Reference.WorstUlps<T>(type, sums, weight, output, rows, hiddenSize, Epsilon), 0, 0.51);
    }

    private static (T[] Input, T[] Residual) Data<T>(ElementType<T> type, int hiddenSize, int rows)
    {
        // Magnitudes from row to row, within what float16 holds after the sum.
        var random = new Random(hiddenSize + rows);
        T[] Values() => [.. Enumerable.Range(0, rows * hiddenSize).Select(i => type.Round((float)((random.NextDouble() * 2 - 1) * Math.Pow(10, i / hiddenSize % 7 - 3))))];
        return (Values(), Values());
    }

    private static Half[] Ones(int count) => [.. Enumerable.Repeat((Half)1, count)];
}
