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
    [InlineData("[AllReduceKernels, [|AllReduceKernel(DataType.Float16, QuantRegime.Int4, 2)|]]", "Kernel float16_int4 two_shot_world2")]
    [InlineData("[AllReduceKernel(DataType.Float16, QuantRegime.Int4, 2)] [[|AllReduceKernels|]]", "Kernel float16_int4 two_shot_world2 is already")]
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
    [InlineData("[AllReduceKernels(WorldSizes = [2, [|9|], 4])]", "World size 9 is not supported; use one of 2, 3, 4, 5, 6, 7, 8")]
    [InlineData("[AllReduceKernels(WorldSizes = new int[] { [|0|], 2, [|-1|] })]", "World size")]
    [InlineData("[AllReduceKernel(DataType.Float16, QuantRegime.FP, [|16|])]", "World size 16")]
    [InlineData("[AllReduceKernel(worldSize: [|1+8|], dataType: DataType.Float16, regime: QuantRegime.FP)]", "World size 9")]
    [InlineData("[AllReduceKernels(GroupSizes = [32, [|48|]])]", "Group size 48 is not supported; use one of 16, 32, 64, 128")]
    [InlineData("[AllReduceKernel(DataType.Float16, QuantRegime.Int4, 2, GroupSize = [|8|])]", "Group size 8")]
    [InlineData("[AllReduceKernels(BlockSizes = [[|64|]])]", "Block size 64 is not supported; use one of 128, 256, 512, 1024")]
    [InlineData("[AllReduceKernels(AtomsPerThread = [[|7|]])]", "Number of atoms per thread 7 is not supported; use one of 0, 1, 2, 4, 8, 16, 32, 64")]
    public async Task QR0006_number_is_unsupported(string attribute, string message)
    {
        var diagnostics = await AnalyzerRun.AssertReportedAtMarksAsync("QR0006", On(attribute));
        Assert.All(diagnostics, d => Assert.StartsWith(message, d.GetMessage(), StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("[AllReduceKernels(DataTypes = [[|(DataType)7|]])]", "7 is no defined DataType; use one of Float16, BFloat16, Float32")]
    [InlineData("[AllReduceKernels(Regimes = [QuantRegime.FP, [|(QuantRegime)(-1)|]])]", "-1 is no defined QuantRegime; use one of FP, Int2, Int3, Int4, Int5, Int6, Int7, Int8")]
    [InlineData("[AllReduceKernels(Regimes = [[|(QuantRegime)1|]])]", "1 is no defined QuantRegime")]
    [InlineData("[AllReduceKernel([|(DataType)int.MaxValue|], QuantRegime.FP, 2)]", "2147483647")]
    [InlineData("[AllReduceKernels(Algorithms = [[|(AllReduceAlgorithm)3|]])]", "3 is no defined AllReduceAlgorithm; use one of TwoShot, OneShot, Direct")]
    [InlineData("[AllReduceKernels(ScaleFormats = [[|(ScaleFormat)2|]])]", "2 is no defined ScaleFormat; use one of BFloat16, SharedExponent")]
    public async Task QR0007_enum_value_is_unknown(string attribute, string message)
    {
        var diagnostics = await AnalyzerRun.AssertReportedAtMarksAsync("QR0007", On(attribute));
        Assert.Contains(message, diagnostics[0].GetMessage(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[[|AllReduceKernel(DataType.Float32, QuantRegime.Int4, 2)|]]", "Float32 travels in full precision only, not as Int4: declare it in an attribute of its own, with QuantRegime.FP.")]
    [InlineData("[[|AllReduceKernels(DataTypes = [DataType.Float16, DataType.Float32])|]]", "full precision only, not as Int4: declare it in an attribute of its own, with QuantRegime.FP. This attribute declares 8 more combinations that are refused.")]
    [InlineData("[[|AllReduceKernel(DataType.Float16, QuantRegime.FP, 4, AtomsPerThread = 2)|]]", "A two-shot kernel for 4 ranks needs at least 4 atoms per thread")]
    [InlineData("[AllReduceKernels(Regimes = [QuantRegime.FP])] [[|AllReduceKernels(DataTypes = [DataType.Float16], Regimes = [QuantRegime.Int4], AtomsPerThread = [4])|]]", "not 4.")]
    [InlineData("[[|AllReduceKernel(DataType.Float16, QuantRegime.Int4, 2, GroupSize = 64, ScaleFormat = ScaleFormat.SharedExponent)|]]", "Groups of 64 cannot share exponents, only those of 16 and 32")]
    public async Task QR0012_combination_is_refused(string attribute, string message)
    {
        var diagnostics = await AnalyzerRun.AssertReportedAtMarksAsync("QR0012", On(attribute));
        Assert.Contains(message, diagnostics[0].GetMessage(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[[|AllReduceKernels(BlockSizes = [256, 512])|]]", "such as two_shot_all_reduce_float16_fp_world2, and never the others, such as two_shot_all_reduce_float16_fp_block512_world2")]
    [InlineData("[AllReduceKernel(DataType.Float16, QuantRegime.Int4, 2)] [[|AllReduceKernel(DataType.Float16, QuantRegime.Int4, 2, AtomsPerThread = 16)|]]", "float16_int4_world2_atoms16")]
    public async Task QR0013_tuning_is_not_single(string attribute, string message)
    {
        var diagnostics = await AnalyzerRun.AssertReportedAtMarksAsync("QR0013", On(attribute));
        Assert.Equal(DiagnosticSeverity.Info, diagnostics[0].Severity);
        Assert.Contains(message, diagnostics[0].GetMessage(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[AllReduceKernels(WorldSizes = [Unknown])]")]
    [InlineData("[AllReduceKernels(WorldSizes = [2, ])]")]
    [InlineData("[AllReduceKernels(WorldSizes = )]")]
    [InlineData("[AllReduceKernels(WorldSizes = 2)]")]
    [InlineData("[AllReduceKernels(WorldSizes = [\"2\"])]")]
    [InlineData("[AllReduceKernels(DataTypes = [DataType.])]")]
    [InlineData("[AllReduceKernels(Regimes = [QuantRegime.Int9])]")]
    [InlineData("[AllReduceKernels(Unknown = [])]")]
    [InlineData("[AllReduceKernels(GroupSizes = [\"2\"])]")]
    [InlineData("[AllReduceKernels(GroupSize = 16)]")]
    [InlineData("[AllReduceKernel(DataType.Float16, QuantRegime.FP, 2, AtomsPerThread = )]")]
    [InlineData("[AllReduceKernel(DataType.Float16, QuantRegime.FP, 2, GroupSizes = [16])]")]
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

    [Theory]
    [InlineData("[AllReduceKernels([|MaxVgprs = 0|])]", "MaxVgprs 0 is out of range; use 1 to 512")]
    [InlineData("[AllReduceKernels(NoSpills = true, [|MaxVgprs = 513|], MinOccupancy = 8)]", "MaxVgprs 513")]
    [InlineData("[AllReduceKernel(DataType.Float16, QuantRegime.FP, 2, [|MinOccupancy = 10|])]", "MinOccupancy 10 is out of range; use 1 to 8")]
    public async Task QR0014_budget_is_out_of_range(string attribute, string message)
    {
        var diagnostics = await AnalyzerRun.AssertReportedAtMarksAsync("QR0014", On(attribute));
        Assert.Contains(message, diagnostics[0].GetMessage(), StringComparison.Ordinal);
    }

    [Fact]
    public void Every_rule_has_a_page()
    {
        var rules = AnalyzerRun.Analyzers.SelectMany(a => a.SupportedDiagnostics).Select(d => d.Id).Concat(["QR0011", "QR0021", "QR0022"]).Order(StringComparer.Ordinal).ToArray();
        var pages = Directory.GetFiles(Path.Combine(Golden.RepositoryRoot, "docs", "diagnostics"), "QR00*.md").Select(Path.GetFileNameWithoutExtension);
        Assert.Equal(rules, pages.Order(StringComparer.Ordinal));
    }

    private static string On(string attribute) => "using QuickReduce; " + attribute + " public partial class C;";
}
