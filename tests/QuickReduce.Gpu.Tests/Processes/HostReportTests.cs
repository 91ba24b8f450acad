using QuickReduce.Collectives.Hosts;
using QuickReduce.Collectives.Processes;
using QuickReduce.Devices.Gpu.Nccl;

namespace QuickReduce.Gpu.Tests.Processes;

/// <summary>What ranks of several hosts conclude from what they tell each other, how messages are shared out, and what is missing.</summary>
public sealed class HostReportTests
{
    [Fact]
    public void ReportsSurviveTheirWay()
    {
        var report = new HostReport(new HostVerdict(FaultKind.Aborted, [3, 17], "enough"), true, long.MaxValue - 1, 0xFEDC_BA98_7654_3210, [Call(7, 100), Call(8, long.MaxValue)]);
        var read = HostReport.From(report.ToArray());
        Assert.Equal(report.ToArray(), read.ToArray());
        Assert.Equal((FaultKind.Aborted, "enough", true, long.MaxValue - 1, 2), (read.Verdict!.Kind, read.Verdict.Text, read.IsLeaving, read.Calls, read.Last.Length));
        Assert.Null(HostReport.From(new HostReport(null, false, 0, 0, []).ToArray()).Verdict);
        Assert.Throws<InvalidDataException>(() => HostReport.From(report.ToArray()[..^1]));

        // A fault of nobody's would have no rank to name.
        Assert.Throws<InvalidDataException>(() => HostReport.From((report with { Verdict = new HostVerdict(FaultKind.Died, [], string.Empty) }).ToArray()));
    }

    [Fact]
    public void TheFirstCallInWhichRanksDifferIsNamed()
    {
        HostReport[] reports = [Report([Call(1, 10), Call(2, 20)]), Report([Call(1, 10)]), Report([Call(1, 10), Call(2, 21), Call(3, 5)])];
        var verdict = HostReport.Judge(reports);
        Assert.Equal(FaultKind.Mismatch, verdict?.Kind);
        Assert.Equal("rank 0: 20 elements of float16, FP (call 2); rank 2: 21 elements of float16, FP (call 2)", verdict!.Text);
        Assert.Null(HostReport.Judge(reports[..2]));
    }

    [Fact]
    public void WhatARankSaysItselfComesFirstAndLeavingIsNoFaultAsLongAsNobodyCallsOn()
    {
        var left = Report([Call(1, 10)]) with { IsLeaving = true };
        Assert.Null(HostReport.Judge([left, Report([Call(1, 10)])]));
        var verdict = HostReport.Judge([Report([Call(1, 10), Call(2, 10)]), left]);
        Assert.Equal(FaultKind.Left, verdict?.Kind);
        Assert.Equal([1], verdict!.Ranks);
        var failed = left with { Verdict = new HostVerdict(FaultKind.Failed, [1], "no more memory") };
        Assert.Equal("no more memory", HostReport.Judge([Report([Call(1, 10), Call(2, 10)]), failed])?.Text);
    }

    [Theory]
    [InlineData(1, 2, 2)]
    [InlineData(20_001, 2, 2)]
    [InlineData(20_001, 8, 4)]
    [InlineData(1_000_003, 8, 2)]
    [InlineData(33_554_432, 4, 4)]
    public void PartsCoverTheMessageOnceAndFitTheStaging(long elements, int ranks, int elementBytes)
    {
        const long Staging = 1 << 20;
        var most = HostParts.MostElements(Staging, ranks, elementBytes);
        for (long done = 0; done < elements; done += most)
        {
            var parts = new HostParts(long.Min(most, elements - done), ranks, elementBytes);
            long next = 0;
            for (var rank = 0; rank < ranks; rank++)
            {
                Assert.True(parts.Count(rank) == 0 || parts.First(rank) == next);
                Assert.InRange(parts.Count(rank) * elementBytes, 0, Staging);
                next += parts.Count(rank);
            }

            Assert.Equal(parts.Elements, next);
        }
    }

    [Theory]
    [InlineData(DeviceKind.Cuda, "Install NCCL (package libnccl2 of NVIDIA")]
    [InlineData(DeviceKind.Hip, "Install RCCL (package rccl of ROCm)")]
    public void AMissingLibraryIsNamedWithTheRemedy(DeviceKind kind, string remedy)
    {
        var missing = Assert.Throws<NcclException>(() => NcclLibrary.Load(kind, "libno-such-nccl.so"));
        Assert.Contains("Looked for: libno-such-nccl.so. " + remedy, missing.Message, StringComparison.Ordinal);
        Assert.Contains("QUICKREDUCE_NCCL_LIBRARY", missing.Message, StringComparison.Ordinal);
        var another = Assert.Throws<NcclException>(() => NcclLibrary.Load(kind, "libc.so.6"));
        Assert.Contains("libc.so.6 does not export nccl", another.Message, StringComparison.Ordinal);
    }

    private static HostCall Call(long number, long count) => new() { CallNumber = number, ElementCount = count, DataType = (int)DataType.Float16, Regime = (byte)QuantRegime.FP, GroupSize = (short)new AllReduceMode(QuantRegime.FP).GroupSize };

    private static HostReport Report(HostCall[] calls) => new(null, false, calls.Length, 0, calls);
}
