using System.Text.RegularExpressions;
using QuickReduce.Generators.Tests.Support;

namespace QuickReduce.Generators.Tests;

public sealed class SourcesTests
{
    [Theory]
    [InlineData("Float16", "Int4", "float16_int4")]
    [InlineData("BFloat16", "Int6", "bfloat16_int6")]
    [InlineData("Float16", "FP", "float16_fp")]
    public void A_unit_reads_as_accepted(string dataType, string regime, string unit)
    {
        var run = GeneratorRun.Of(
            $"using QuickReduce; [AllReduceKernels(DataTypes = [DataType.{dataType}], Regimes = [QuantRegime.{regime}], WorldSizes = [2, 8])] public partial class Collectives;");

        // The id changes with every template, also with those that this unit does not use.
        var sourceId = Regex.Match(run.Files["Collectives.g.cs"], "\"([0-9a-f]{16})\"").Groups[1].Value;
        Golden.Verify(unit + ".hip", Assert.Single(run.Sources).Value.Replace(sourceId, "SOURCE_ID", StringComparison.Ordinal));
    }

    [Fact]
    public void Every_data_type_and_regime_is_a_unit_of_its_own()
    {
        var sources = GeneratorRun.Of("[QuickReduce.AllReduceKernels] public partial class C;").Sources;
        Assert.Equal(8, sources.Count);

        // What is left when a template's comment ends early.
        Assert.All(sources, s => Assert.DoesNotContain("~}}", s.Value, StringComparison.Ordinal));
        Assert.All(sources, s => Assert.DoesNotContain("{{", s.Value, StringComparison.Ordinal));
    }
}
