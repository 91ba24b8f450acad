using System.Text.Json;
using QuickReduce.Accuracy.Tests.Support;

namespace QuickReduce.Accuracy.Tests;

public class AccuracyStudyTests
{
    private const int WindowCount = 2;

    private static readonly AccuracyCase[] Cases =
    [
        new(DataType.Float16, QuantRegime.FP, 2),
        new(DataType.Float16, QuantRegime.Int8, 8),
        new(DataType.BFloat16, QuantRegime.Int6, 4),
        new(DataType.BFloat16, QuantRegime.Int4, 8),
    ];

    [Fact]
    public async Task RegimesCostWhatTheirBitsSay()
    {
        var figures = await Study().RunAsync(Cases).ToListAsync();

        Assert.Equal([AccuracyCase.Baseline, .. Cases], figures.Select(static figure => figure.Case));
        var baseline = figures[0].NatsPerByte;
        Assert.Equal(1, figures[0].Top1);

        // Of two windows, which are a harder text than most; the whole text is in docs/accuracy.md.
        Assert.InRange(baseline, 1.10, 1.11);
        foreach (var (figure, more, agreement) in figures.Skip(1).Zip([0.0005, 0.002, 0.005, 0.03], [0.998, 0.99, 0.97, 0.9]).Select(static row => (row.First, row.Second, row.Third)))
        {
            Assert.InRange(Math.Abs(figure.NatsPerByte - baseline), 0, more);
            Assert.InRange(figure.Top1, agreement, 1);
        }

        Assert.True(figures[2].Top1 > figures[4].Top1, "Eight bits agree more often than four.");
    }

    [Fact]
    public async Task FiguresAreTheSameInEveryRun()
    {
        AccuracyCase[] cases = [new(DataType.Float16, QuantRegime.Int4, 4)];
        var first = await Study().RunAsync(cases).ToListAsync();
        var second = await Study().RunAsync(cases).ToListAsync();

        Assert.Equal(first.Select(static figure => figure with { Elapsed = default }), second.Select(static figure => figure with { Elapsed = default }));
    }

    [Fact]
    public async Task ProgressCountsEveryWindowOfEveryCase()
    {
        var reports = new List<AccuracyProgress>();
        await Study().RunAsync(Cases[..1], new Recorder(reports)).ToListAsync();

        Assert.Equal(Enumerable.Range(1, 2 * WindowCount), reports.Select(static report => report.WindowsDone).Order());
        Assert.All(reports, static report => Assert.Equal(2 * WindowCount, report.WindowsTotal));
    }

    [Fact]
    public async Task CancellationEndsItBetweenTheRanks()
    {
        using var source = new CancellationTokenSource();
        var reports = new List<AccuracyProgress>();
        var study = Study().RunAsync(Cases, new Recorder(reports, () => source.Cancel(), after: WindowCount + 1), source.Token).ToListAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => study.AsTask());
        Assert.InRange(reports.Count, WindowCount + 1, WindowCount + 2);
    }

    [Fact]
    public async Task WhatCannotBeSplitIsSaidBeforeTheWork()
    {
        var reports = new List<AccuracyProgress>();
        await Assert.ThrowsAsync<ArgumentException>(
            async () => await Study().RunAsync([.. Cases, new(DataType.Float16, QuantRegime.FP, 3)], new Recorder(reports)).ToListAsync());
        Assert.Empty(reports);
    }

    [Fact]
    public async Task TheFileHoldsTheFigures()
    {
        var path = Path.GetTempFileName();
        var figures = await Study().RunAsync([new(DataType.BFloat16, QuantRegime.Int8, 2)]).ToListAsync();
        AccuracyFile.Write(path, figures);

        using var file = JsonDocument.Parse(File.ReadAllBytes(path));
        var last = file.RootElement[1];
        Assert.Equal(2, file.RootElement.GetArrayLength());
        Assert.Equal(("bfloat16", "int8", 2), (last.GetProperty("dtype").GetString(), last.GetProperty("regime").GetString(), last.GetProperty("worldSize").GetInt32()));
        Assert.Equal(figures[1].NatsPerByte, last.GetProperty("natsPerByte").GetDouble(), 6);
        Assert.Equal(figures[1].Top1, last.GetProperty("top1").GetDouble(), 6);
        File.Delete(path);
    }

    [Fact]
    public void AFileIsThereAsAWholeOrNotAtAll()
    {
        var directory = Directory.CreateTempSubdirectory("quickreduce-accuracy-").FullName;
        var path = Path.Combine(directory, "figures.json");
        File.WriteAllText(path, "before");

        Assert.Throws<IOException>(() => WholeFile.Write(path, static stream =>
        {
            stream.WriteByte(1);
            throw new IOException("disk full");
        }));

        Assert.Equal([path], Directory.GetFiles(directory));
        Assert.Equal("before", File.ReadAllText(path));
        Directory.Delete(directory, recursive: true);
    }

    private static AccuracyStudy Study() => new(SampleModel.Model, SampleModel.Windows(WindowCount), CollectiveRankGroups.Create);

    private sealed class Recorder(List<AccuracyProgress> reports, Action? act = null, int after = 0) : IProgress<AccuracyProgress>
    {
        public void Report(AccuracyProgress value)
        {
            lock (reports)
            {
                reports.Add(value);
                if (reports.Count == after)
                {
                    act?.Invoke();
                }
            }
        }
    }
}
