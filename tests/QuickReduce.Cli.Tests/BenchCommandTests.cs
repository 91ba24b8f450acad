using System.Text.Json;
using System.Xml.Linq;

namespace QuickReduce.Cli.Tests;

public sealed class BenchCommandTests : IDisposable
{
    private readonly ScratchFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Records_have_the_members_of_the_contract_and_numbers_that_fit_each_other()
    {
        var result = Bench("--world-size", "2,4", "--dtype", "fp16,bf16", "--regime", "fp,int4", "--algorithm", "two-shot", "--size", "2K,64K",
            "--json", _folder["results.json"], "--csv", _folder["results.csv"], "--chart", _folder["results.svg"]).Expect(0);

        var records = JsonDocument.Parse(File.ReadAllText(_folder["results.json"])).RootElement.EnumerateArray().ToArray();
        Assert.Equal(2 * 2 * 2 * 2, records.Length);
        foreach (var record in records)
        {
            Assert.Equal(
                [
                    "device", "machine", "dtype", "regime", "algorithm", "worldSize", "bytes", "wireBytes", "medianMicroseconds", "p10Microseconds",
                    "p90Microseconds", "algorithmBandwidthGBs", "busBandwidthGBs", "snrDb", "bitIdentical",
                ],
                record.EnumerateObject().Select(static member => member.Name));
            var (ranks, bytes, median) = (record.GetProperty("worldSize").GetInt32(), record.GetProperty("bytes").GetInt64(), record.GetProperty("medianMicroseconds").GetDouble());
            Assert.Equal("managed", record.GetProperty("device").GetString());
            Assert.True(record.GetProperty("bitIdentical").GetBoolean());
            Assert.InRange(median, record.GetProperty("p10Microseconds").GetDouble(), record.GetProperty("p90Microseconds").GetDouble());
            var bandwidth = record.GetProperty("algorithmBandwidthGBs").GetDouble();
            Assert.Equal(bytes / median / 1e3, bandwidth, 2e-3 * bandwidth + 1e-4);
            Assert.Equal(bandwidth * 2 * (ranks - 1) / ranks, record.GetProperty("busBandwidthGBs").GetDouble(), 2e-4);

            // docs/numerics.md: INT4 has 18.3 dB on Gaussian data with any number of ranks; full precision rounds once.
            var isQuantised = record.GetProperty("regime").GetString() == "int4";
            var floor = isQuantised ? 17.5 : record.GetProperty("dtype").GetString() == "fp16" ? 70 : 52;
            Assert.InRange(record.GetProperty("snrDb").GetDouble(), floor, isQuantised ? 19 : 90);
            Assert.Equal(isQuantised ? bytes * 2 * (ranks - 1) / ranks * 9 / 32 : bytes * 2 * (ranks - 1) / ranks, record.GetProperty("wireBytes").GetInt64());
        }

        Assert.Equal(records.Length + 1, File.ReadAllLines(_folder["results.csv"]).Length);
        var chart = XDocument.Load(_folder["results.svg"]);
        Assert.Equal(2 * 2 * 2, chart.Descendants().Count(static element => element.Name.LocalName == "polyline"));
        Assert.Equal(["results.csv", "results.json", "results.svg"], _folder.Files);
        Assert.Contains("int4", result.Output, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', result.Output + result.Error);
    }

    [Fact]
    public void Standard_output_holds_nothing_but_the_data_that_was_asked_for()
    {
        var result = Bench("--world-size", "2", "--regime", "fp", "--size", "2K", "--json", "-").Expect(0);
        Assert.Equal(1, JsonDocument.Parse(result.Output).RootElement.GetArrayLength());
    }

    [Fact]
    public void Ranks_may_be_processes()
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var result = Bench("--processes", "--world-size", "2,3", "--regime", "fp,int8", "--size", "2K,600K", "--json", "-").Expect(0);
        var records = JsonDocument.Parse(result.Output).RootElement.EnumerateArray().ToArray();
        Assert.Equal(8, records.Length);
        Assert.All(records, static record => Assert.True(record.GetProperty("bitIdentical").GetBoolean()));
        Assert.All(records, static record => Assert.EndsWith("a process per rank", record.GetProperty("machine").GetString(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--regime int44", "The nearest is int4")]
    [InlineData("--device manged", "The nearest is managed")]
    [InlineData("--dtype fp61", "The nearest is fp16")]
    [InlineData("--algorithm one-short", "The nearest is one-shot")]
    [InlineData("--world-size 9", "there are 2, 3, 4, 5, 6, 7, 8")]
    [InlineData("--size 3Q", "is no size")]
    [InlineData("--size 4G", "at most 2 GiB")]
    [InlineData("--size 2M..1M", "is no size")]
    [InlineData("--seconds 0", "more than 0")]
    [InlineData("--chart picture.png", ".svg")]
    [InlineData("--processes --threads", "exclude each other")]
    [InlineData("--regime int4 --algorithm direct", "Nothing is left")]
    public void What_cannot_be_is_said_and_nothing_is_measured(string arguments, string said)
    {
        var result = Tool.Run(["bench", "--device", "managed", .. arguments.Split(' '), "--json", _folder["none.json"]]).Expect(2);
        Assert.Contains(said, result.Error, StringComparison.Ordinal);
        Assert.Empty(result.Output);
        Assert.Empty(_folder.Files);
    }

    [Fact]
    public void A_file_that_could_not_be_written_is_said_before_the_work()
    {
        var result = Bench("--json", _folder["nowhere/results.json"]).Expect(3);
        Assert.Contains("its folder is not there", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cuda", DeviceKind.Cuda)]
    [InlineData("hip", DeviceKind.Hip)]
    public void A_device_that_is_not_there_is_an_error_with_a_remedy(string name, DeviceKind kind)
    {
        if (GpuDevice.Discover().Any(gpu => gpu.Kind == kind))
        {
            return;
        }

        var result = Tool.Run("bench", "--device", name).Expect(1);
        Assert.Contains($"There is no {name} device here", result.Error, StringComparison.Ordinal);
        Assert.Contains("quickreduce doctor", result.Error, StringComparison.Ordinal);
    }

    [RequiresProgramsFact("clang++-22")]
    public void The_host_device_gives_the_same_bits()
    {
        var result = Tool.Run("bench", "--device", "host", "--world-size", "3", "--dtype", "fp16,fp32", "--size", "2K", "--algorithm", "one-shot,two-shot", "--seconds", "0.01", "--json", "-").Expect(0);
        Assert.All(JsonDocument.Parse(result.Output).RootElement.EnumerateArray(), static record => Assert.True(record.GetProperty("bitIdentical").GetBoolean()));
    }

    private static ToolResult Bench(params string[] arguments) => Tool.Run(["bench", "--device", "managed", "--seconds", "0.01", .. arguments]);
}
