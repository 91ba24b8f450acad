using System.Text.Json;
using QuickReduce.Cli.Bench;
using QuickReduce.Cli.Bench.Compare;

namespace QuickReduce.Cli.Tests;

public sealed class CompareTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(100, 90, 110, "same")] // overlaps
    [InlineData(130, 105, 140, "same")] // overlaps, however slow its median
    [InlineData(130, 125, 140, "slower")]
    [InlineData(108, 107, 109, "same")] // apart, but within ten percent
    [InlineData(80, 70, 90, "faster")]
    public void A_change_is_told_from_noise(double median, double p10, double p90, string verdict)
    {
        File.WriteAllText(_folder["base.json"], BenchFiles.Json([Record(100, 95, 106)]));
        File.WriteAllText(_folder["new.json"], BenchFiles.Json([Record(median, p10, p90)]));
        var result = Tool.Run("bench", "compare", _folder["base.json"], _folder["new.json"], "--json").Expect(verdict == "slower" ? 4 : 0);
        var record = Assert.Single(JsonDocument.Parse(result.Output).RootElement.GetProperty("records").EnumerateArray().ToArray());
        Assert.Equal(verdict, record.GetProperty("verdict").GetString());
        Assert.Equal(median / 100, record.GetProperty("ratio").GetDouble(), 1e-9);
        Assert.Equal(0, Tool.Run("bench", "compare", _folder["base.json"], _folder["new.json"], "--threshold", "50").ExitCode);
    }

    [Fact]
    public void A_result_that_is_no_longer_right_is_worse_than_slow()
    {
        var comparison = Comparison.Of([Record(100, 95, 106)], [Record(50, 45, 55) with { BitIdentical = false }], 10);
        Assert.Equal(Verdict.Wrong, Assert.Single(comparison.Records).Verdict);
    }

    [Fact]
    public void Where_a_size_is_measured_once_the_algorithm_may_have_changed()
    {
        var before = Record(100, 95, 106);
        var comparison = Comparison.Of([before], [before with { Algorithm = "two-shot" }], 10);
        Assert.Equal("one-shot → two-shot", Assert.Single(comparison.Records).Algorithm);

        comparison = Comparison.Of([before], [before, before with { Algorithm = "two-shot" }], 10);
        Assert.Equal("one-shot", Assert.Single(comparison.Records).Algorithm);
        Assert.Equal(1, comparison.OnlyInNew);
    }

    [Fact]
    public void The_mean_of_ratios_is_geometric_and_unmatched_records_are_counted()
    {
        var (small, large, other) = (Record(100, 99, 101), Record(100, 99, 101) with { Bytes = 4096 }, Record(100, 99, 101) with { Dtype = "bf16" });
        var comparison = Comparison.Of([small, large, other], [small with { MedianMicroseconds = 200 }, large with { MedianMicroseconds = 50 }], 10);
        Assert.Equal(1, comparison.GeometricMeanRatio!.Value, 1e-6);
        Assert.Equal((1, 0, true), (comparison.OnlyInBase, comparison.OnlyInNew, comparison.SameMachine));
    }

    [Theory]
    [InlineData("", "no file of results")]
    [InlineData("{}", "no file of results")]
    [InlineData("[]", "holds no results")]
    [InlineData("[null]", "holds no results")]
    [InlineData("[{\"device\": \"managed\"}]", "missing required properties")]
    [InlineData("device,machine\r\n", "no file of results")]
    public void Files_of_another_shape_are_refused(string content, string said)
    {
        File.WriteAllText(_folder["base.json"], BenchFiles.Json([Record(100, 95, 106)]));
        File.WriteAllText(_folder["new.json"], content);
        var result = Tool.Run("bench", "compare", _folder["base.json"], _folder["new.json"]).Expect(3);
        Assert.Contains(_folder["new.json"], result.Error, StringComparison.Ordinal);
        Assert.Contains(said, result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    [Fact]
    public void Impossible_times_and_doubled_records_are_refused()
    {
        File.WriteAllText(_folder["base.json"], BenchFiles.Json([Record(0, 95, 106)]));
        Assert.Contains("can't have been measured", Tool.Run("bench", "compare", _folder["base.json"], _folder["base.json"]).Expect(3).Error, StringComparison.Ordinal);
        File.WriteAllText(_folder["base.json"], BenchFiles.Json([Record(100, 95, 106), Record(100, 95, 106)]));
        Assert.Contains("two records", Tool.Run("bench", "compare", _folder["base.json"], _folder["base.json"]).Expect(3).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_without_a_common_record_are_said_to_have_none()
    {
        File.WriteAllText(_folder["base.json"], BenchFiles.Json([Record(100, 95, 106)]));
        File.WriteAllText(_folder["new.json"], BenchFiles.Json([Record(100, 95, 106) with { Bytes = 1 }]));
        Tool.Run("bench", "compare", _folder["base.json"], _folder["new.json"]).Expect(1);
    }

    private static BenchRecord Record(double median, double p10, double p90) =>
        new("managed", "a machine", "fp16", "int4", "one-shot", 2, 2048, 1024, median, p10, p90, 1, 1, 18.3, BitIdentical: true);
}
