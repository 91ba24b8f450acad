using System.Globalization;
using QuickReduce.Cli.Bench;
using QuickReduce.Cli.Bench.Cpu;
using QuickReduce.Cli.Kernels;

namespace QuickReduce.Cli.Tests;

/// <summary>What measuring rests on: expectations that find a wrong bit, plans that fit the machine, ends that leave nothing.</summary>
public sealed class BenchSweepTests
{
    private static readonly KernelVariant Variant = new(DataType.Float16, QuantRegime.Int8, 2);

    [Fact]
    public void One_wrong_bit_anywhere_is_found()
    {
        var item = new BenchCase(Variant, 2 * (2 * Expectations.PatternElements + 100));
        var expectations = new Expectations(ToolKernels.Kernels);
        var (head, tail) = expectations.Of(item);
        Assert.Equal(200, tail.Length);
        using var buffers = new RankBuffers(item.Bytes);
        buffers.Poison(item.Bytes);
        Assert.False(buffers.OutputIs(head, tail, item.Bytes));
        var output = buffers.Output<byte>(0, (int)item.Bytes);
        head.CopyTo(output);
        head.CopyTo(output[head.Length..]);
        tail.CopyTo(output[(2 * head.Length)..]);
        Assert.True(buffers.OutputIs(head, tail, item.Bytes));
        foreach (var place in new[] { 0, head.Length - 1, head.Length, 2 * head.Length, output.Length - 1 })
        {
            output[place] ^= 1;
            Assert.False(buffers.OutputIs(head, tail, item.Bytes));
            output[place] ^= 1;
        }
    }

    [Fact]
    public void The_tail_of_a_long_message_is_what_a_whole_computation_gives()
    {
        var item = new BenchCase(Variant, 2 * (Expectations.PatternElements + 100));
        var expectations = new Expectations(ToolKernels.Kernels);
        var (head, tail) = expectations.Of(item);
        byte[][] messages = [.. Enumerable.Range(0, 2).Select(rank => (byte[])[.. expectations.Pattern(DataType.Float16, rank), .. expectations.Pattern(DataType.Float16, rank)[..200]])];
        Assert.Equal((byte[])[.. head, .. tail], Measurement.Messages.Expected(ToolKernels.Kernels, Variant, messages));
    }

    [Fact]
    public void Signal_to_noise_is_against_the_exact_sum()
    {
        var fp32 = new KernelVariant(DataType.Float32, QuantRegime.FP, 2);
        var expectations = new Expectations(ToolKernels.Kernels);
        var (head, _) = expectations.Of(new BenchCase(fp32, 4096));
        var sum = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, float>(head.AsSpan());
        Assert.True(expectations.SnrDb(fp32, head) is > 120);
        foreach (ref var element in sum)
        {
            element *= 1.01f;
        }

        Assert.Equal(40, expectations.SnrDb(fp32, head)!.Value, 0.01);
    }

    [Fact]
    public void The_default_sweep_is_cut_by_memory_with_a_note_and_sizes_asked_for_are_refused()
    {
        var managed = new BenchDevice(DeviceKind.Managed, []);
        var sizes = new[] { 2048L, managed.UsableBytes() / 4 * 4 };
        var axes = new BenchAxes([2, 4], [DataType.Float16], [QuantRegime.FP], [MeasuredAlgorithm.TwoShot], sizes, MayCutSizes: true);
        var plan = BenchPlan.Create(ToolKernels.Kernels, axes, managed);
        Assert.Equal([2048L, 2048L], plan.Cases.Select(static item => item.Bytes));
        Assert.Contains("Too large", Assert.Single(plan.Notes), StringComparison.Ordinal);
        Assert.Throws<ImpossibleRequestException>(() => BenchPlan.Create(ToolKernels.Kernels, axes with { MayCutSizes = false }, managed));
    }

    [Fact]
    public void Auto_is_what_a_group_chooses_and_nothing_is_measured_twice()
    {
        var axes = new BenchAxes([2], [DataType.Float16], [QuantRegime.FP, QuantRegime.Int4], [MeasuredAlgorithm.Auto, MeasuredAlgorithm.OneShot, MeasuredAlgorithm.Direct], [2048, 4 << 20], MayCutSizes: false);
        var plan = BenchPlan.Create(ToolKernels.Kernels, axes, new BenchDevice(DeviceKind.Managed, []));
        Assert.Equal(plan.Cases.Distinct(), plan.Cases);
        Assert.Contains(new BenchCase(new KernelVariant(DataType.Float16, QuantRegime.Int4, 2, AllReduceAlgorithm.TwoShot), 4 << 20), plan.Cases);
        Assert.DoesNotContain(new BenchCase(new KernelVariant(DataType.Float16, QuantRegime.FP, 2, AllReduceAlgorithm.TwoShot), 4 << 20), plan.Cases);
        Assert.DoesNotContain(plan.Cases, static item => item.Variant.Algorithm == AllReduceAlgorithm.TwoShot && item.Bytes == 2048);
        Assert.Empty(plan.Notes);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Cancellation_ends_a_sweep_and_leaves_no_process(bool processes)
    {
        if (processes && !OperatingSystem.IsLinux())
        {
            return;
        }

        var options = new SweepOptions(DeviceKind.Managed, ToolKernels.Kernels, AppContext.BaseDirectory, Seconds: 600, MemoryBytes: 1 << 30);
        ISweep sweep = processes ? new ProcessSweep(options) : new ThreadSweep(options);
        using var cancellation = new CancellationTokenSource(TimeSpan.FromSeconds(2));

        // A case takes a limited number of samples, however long it may take: many keep a fast machine busy as well.
        var cases = Enumerable.Repeat(new BenchCase(Variant, 32 << 20), 500).ToArray();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var _ in sweep.RunAsync(cases, cancellation.Token))
            {
            }
        });
        Assert.Empty(RankProcessesOfThisOne());
    }

    [Fact]
    public async Task A_rank_that_fails_is_heard_and_the_others_end()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        // Kernels for nine ranks there are not.
        var options = new SweepOptions(DeviceKind.Managed, ToolKernels.Kernels, AppContext.BaseDirectory, Seconds: 1, MemoryBytes: 1 << 30);
        var failure = await Assert.ThrowsAsync<RankProcessException>(async () =>
        {
            await foreach (var _ in new ProcessSweep(options).RunAsync([new BenchCase(new KernelVariant(DataType.Float16, QuantRegime.FP, 9), 2048)], default))
            {
            }
        });
        Assert.Contains("9 ranks", failure.Message, StringComparison.Ordinal);
        Assert.Empty(RankProcessesOfThisOne());
    }

    private static int[] RankProcessesOfThisOne() => !OperatingSystem.IsLinux() ? [] :
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(static folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
            .Where(static id => id > 0 && TryRead($"/proc/{id}/cmdline").Contains(RankCommand.Name, StringComparison.Ordinal)
                && TryRead($"/proc/{id}/status").Contains($"PPid:\t{Environment.ProcessId}\n", StringComparison.Ordinal)),
    ];

    private static string TryRead(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return string.Empty;
        }
    }
}
