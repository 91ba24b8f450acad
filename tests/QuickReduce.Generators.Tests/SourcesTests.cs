using System.Text.RegularExpressions;
using QuickReduce.Generators.Tests.Support;

namespace QuickReduce.Generators.Tests;

public sealed class SourcesTests
{
    [Theory]
    [InlineData("Float16", "Int4", "float16_int4")]
    [InlineData("BFloat16", "Int6", "bfloat16_int6")]
    [InlineData("Float16", "FP", "float16_fp")]
    public void A_unit_reads_as_accepted(string dataType, string regime, string unit) => Verify(
        $"[AllReduceKernels(DataTypes = [DataType.{dataType}], Regimes = [QuantRegime.{regime}], WorldSizes = [2, 8])]", unit);

    [Theory]
    [InlineData("DataType.BFloat16, QuantRegime.Int5, 8, GroupSize = 128", "bfloat16_int5_group128")]
    [InlineData("DataType.Float16, QuantRegime.Int4, 2, GroupSize = 16, ScaleFormat = ScaleFormat.SharedExponent", "float16_int4_group16_shared")]
    [InlineData("DataType.Float16, QuantRegime.Int7, 3, Algorithm = AllReduceAlgorithm.OneShot", "float16_int7_one_shot")]
    [InlineData("DataType.Float32, QuantRegime.FP, 8, AtomsPerThread = 64, BlockSize = 1024", "float32_fp_block1024")]
    public void A_unit_of_one_kernel_reads_as_accepted(string kernel, string golden) => Verify($"[AllReduceKernel({kernel})]", golden);

    [Fact]
    public void Every_data_type_and_regime_is_a_unit_of_its_own()
    {
        var sources = GeneratorRun.Of("[QuickReduce.AllReduceKernels] public partial class C;").Sources;
        Assert.Equal(8, sources.Count);

        // What is left when a template's comment ends early.
        Assert.All(sources, s => Assert.DoesNotContain("~}}", s.Value, StringComparison.Ordinal));
        Assert.All(sources, s => Assert.DoesNotContain("{{", s.Value, StringComparison.Ordinal));
    }

    /// <summary>Texts are kept by their variants: what else is in them must not be kept with them.</summary>
    [Fact]
    public void Classes_of_the_same_cut_have_texts_of_their_own()
    {
        var run = GeneratorRun.Of("""
            using QuickReduce;
            [AllReduceKernel(DataType.Float16, QuantRegime.Int4, 2)] public partial class First;
            [AllReduceKernel(DataType.Float16, QuantRegime.Int4, 2)] public partial class Second;
            """);
        foreach (var (name, other) in new[] { ("First", "Second"), ("Second", "First") })
        {
            var source = run.Sources.Single(source => source.Key == name + ".float16_int4").Value;
            Assert.Contains("// " + name + ".float16_int4\n", source, StringComparison.Ordinal);
            Assert.Contains(Regex.Match(run.Files[name + ".g.cs"], "\"([0-9a-f]{16})\"").Groups[1].Value, source, StringComparison.Ordinal);
            Assert.DoesNotContain(other, source, StringComparison.Ordinal);
            Assert.DoesNotContain('\u0001', source);
        }
    }

    private static void Verify(string attribute, string golden)
    {
        var run = GeneratorRun.Of($"using QuickReduce; {attribute} public partial class Collectives;");

        // The id changes with every template, also with those that this unit does not use.
        var sourceId = Regex.Match(run.Files["Collectives.g.cs"], "\"([0-9a-f]{16})\"").Groups[1].Value;
        Golden.Verify(golden + ".hip", Assert.Single(run.Sources).Value.Replace(sourceId, "SOURCE_ID", StringComparison.Ordinal));
    }
}
