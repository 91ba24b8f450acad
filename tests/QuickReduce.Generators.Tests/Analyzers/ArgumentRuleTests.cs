using Microsoft.CodeAnalysis;
using QuickReduce.Generators.Tests.Support;

namespace QuickReduce.Generators.Tests.Analyzers;

/// <summary>Rules about the arguments of the attributes.</summary>
public sealed class ArgumentRuleTests
{
    [Theory]
    [InlineData("[AllReduceKernels([|WorldSizes = []|])]", "WorldSizes")]
    [InlineData("[AllReduceKernels(WorldSizes = [2], [|DataTypes = null!|])]", "DataTypes")]
    [InlineData("[AllReduceKernels([|Regimes = new QuantRegime[0]|])]", "Regimes")]
    [InlineData("[AllReduceKernel(DataType.Float16, QuantRegime.FP, 2), AllReduceKernels([|Regimes = new QuantRegime[] { }|])]", "Regimes")]
    public async Task QR0004_axis_is_empty(string attribute, string axis)
    {
        var diagnostics = await AnalyzerRun.AssertReportedAtMarksAsync("QR0004", On(attribute));
        Assert.Contains("'" + axis + "'", diagnostics[0].GetMessage(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[AllReduceKernels(WorldSizes = [2, 4, [|2|]])]", "World size 2")]
    [InlineData("[AllReduceKernels(Regimes = new[] { QuantRegime.FP, [|QuantRegime.FP|] })]", "Regime FP")]
    [InlineData("[AllReduceKernels(DataTypes = new DataType[] { DataType.BFloat16, [|(DataType)1|] })]", "Data type BFloat16")]
    [InlineData("[AllReduceKernels, [|AllReduceKernel(DataType.Float16, QuantRegime.Int4, 2)|]]", "Kernel float16_int4 world size 2")]
    [InlineData("[AllReduceKernel(DataType.Float16, QuantRegime.Int4, 2)] [[|AllReduceKernels|]]", "Kernel float16_int4 world size 2 is already")]
    public async Task QR0005_kernel_is_repeated(string attribute, string message)
    {
        var diagnostics = await AnalyzerRun.AssertReportedAtMarksAsync("QR0005", On(attribute));
        Assert.Equal(DiagnosticSeverity.Warning, diagnostics[0].Severity);
        Assert.Contains(message, diagnostics[0].GetMessage(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task QR0005_counts_what_else_is_repeated()
    {
        var diagnostics = await AnalyzerRun.AssertReportedAtMarksAsync(
            "QR0005", On("[AllReduceKernels] [[|AllReduceKernels(Regimes = [QuantRegime.FP])|]]"));
        Assert.Contains("(and 5 more of this attribute)", diagnostics[0].GetMessage(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[AllReduceKernels(WorldSizes = [2, [|3|], 4])]")]
    [InlineData("[AllReduceKernels(WorldSizes = new int[] { [|0|], 2, [|-1|] })]")]
    [InlineData("[AllReduceKernel(DataType.Float16, QuantRegime.FP, [|16|])]")]
    [InlineData("[AllReduceKernel(worldSize: [|1 + 2|], dataType: DataType.Float16, regime: QuantRegime.FP)]")]
    public async Task QR0006_world_size_is_unsupported(string attribute)
    {
        var diagnostics = await AnalyzerRun.AssertReportedAtMarksAsync("QR0006", On(attribute).Replace("1 + 2", "1+2"));
        Assert.All(diagnostics, d => Assert.Contains("2, 4, 8", d.GetMessage(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("[AllReduceKernels(DataTypes = [[|(DataType)7|]])]", "7 is no defined DataType; use one of Float16, BFloat16")]
    [InlineData("[AllReduceKernels(Regimes = [QuantRegime.FP, [|(QuantRegime)(-1)|]])]", "-1 is no defined QuantRegime; use one of FP, Int8, Int6, Int4")]
    [InlineData("[AllReduceKernel([|(DataType)int.MaxValue|], QuantRegime.FP, 2)]", "2147483647")]
    public async Task QR0007_enum_value_is_unknown(string attribute, string message)
    {
        var diagnostics = await AnalyzerRun.AssertReportedAtMarksAsync("QR0007", On(attribute));
        Assert.Contains(message, diagnostics[0].GetMessage(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[AllReduceKernels(WorldSizes = [Unknown])]")]
    [InlineData("[AllReduceKernels(WorldSizes = [2, ])]")]
    [InlineData("[AllReduceKernels(WorldSizes = )]")]
    [InlineData("[AllReduceKernels(WorldSizes = 2)]")]
    [InlineData("[AllReduceKernels(WorldSizes = [\"2\"])]")]
    [InlineData("[AllReduceKernels(DataTypes = [DataType.])]")]
    [InlineData("[AllReduceKernels(Regimes = [QuantRegime.Int5])]")]
    [InlineData("[AllReduceKernels(Unknown = [])]")]
    [InlineData("[AllReduceKernels(1, 2)]")]
    [InlineData("[AllReduceKernel]")]
    [InlineData("[AllReduceKernel(DataType.Float16)]")]
    [InlineData("[AllReduceKernel(DataType.Float16, QuantRegime.FP, worldSize)]")]
    [InlineData("[AllReduceKernel(DataType.Float16, QuantRegime.FP, 2L)]")]
    [InlineData("[AllReduceKernel(null, null, null)]")]
    [InlineData("[AllReduceKernel(DataType.Float16, QuantRegime.FP, 2, 4)]")]
    [InlineData("[AllReduceKernel(DataType.Float16, ")]
    public async Task What_does_not_bind_is_left_to_the_compiler(string attribute) =>
        Assert.Empty(await AnalyzerRun.OfAsync(On(attribute)));

    [Fact]
    public void Every_rule_has_a_page()
    {
        var rules = AnalyzerRun.Analyzers.SelectMany(a => a.SupportedDiagnostics).Select(d => d.Id).Concat(["QR0011", "QR0021", "QR0022"]).Order(StringComparer.Ordinal).ToArray();
        var pages = Directory.GetFiles(Path.Combine(Golden.RepositoryRoot, "docs", "diagnostics"), "QR00*.md").Select(Path.GetFileNameWithoutExtension);
        Assert.Equal(rules, pages.Order(StringComparer.Ordinal));
    }

    private static string On(string attribute) => "using QuickReduce; " + attribute + " public partial class C;";
}
