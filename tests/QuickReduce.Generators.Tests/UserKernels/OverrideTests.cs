using System.Text.RegularExpressions;
using QuickReduce.Codegen;
using QuickReduce.Generators.Tests.Support;

namespace QuickReduce.Generators.Tests.UserKernels;

/// <summary>A template of the user's in the place of a partial of ours.</summary>
public sealed partial class OverrideTests
{
    private const string Collectives = "using QuickReduce; [AllReduceKernels(DataTypes = [DataType.Float16], Regimes = [QuantRegime.FP], WorldSizes = [2])] public partial class C;";

    [Fact]
    public void The_text_is_rendered_instead_of_ours_with_the_same_variables()
    {
        var plain = TemplateProject.Of(Collectives).Run().AssertClean();
        var run = TemplateProject.Of(Collectives)
            .With("my/fp.scriban", "// mine: {{ row_bytes }}\n{{ include 'my/rest.scriban' }}", "hip/codec_fp.scriban")
            .With("my/rest.scriban", "// and {{ unit }}")
            .Run().AssertClean();

        var source = Assert.Single(run.Sources).Value;
        Assert.Contains("// mine: 4096\n// and C.float16_fp\n", source, StringComparison.Ordinal);
        Assert.DoesNotContain("void accumulate(", source, StringComparison.Ordinal);
        Assert.Contains("void accumulate(", Assert.Single(plain.Sources).Value, StringComparison.Ordinal);
    }

    [Fact]
    public void The_source_id_follows_the_text_and_nothing_else()
    {
        string IdOf(TemplateProject project) => SourceId().Match(project.Run().Files["C.g.cs"]).Value;
        var plain = TemplateProject.Of(Collectives);
        var overridden = plain.With("fp.scriban", "// one", "hip/codec_fp.scriban");

        var ids = new[] { plain, overridden, overridden.With("fp.scriban", "// two", "hip/codec_fp.scriban"), overridden.With("fp.scriban", "// one", "hip/two_shot.scriban") }.Select(IdOf).ToArray();
        Assert.Equal(4, ids.Distinct().Count());
        Assert.Equal(ids[0], IdOf(plain.With("fp.scriban", "// one")));
        Assert.Equal(ids[1], IdOf(overridden.With("other.scriban", "{{ if")));
        Assert.Equal(ids[1], IdOf(plain.With("elsewhere/renamed.scriban", "// one", "hip\\codec_fp.scriban")));
        Assert.Equal(ids[1], IdOf(plain.With("fp.scriban", "// one", " hip/codec_fp.scriban ")));
    }

    [Fact]
    public void The_id_is_in_the_bindings_and_in_the_source()
    {
        var run = TemplateProject.Of(Collectives).With("fp.scriban", "// mine", "hip/codec_fp.scriban").Run();
        Assert.Contains(SourceId().Match(run.Files["C.g.cs"]).Value, Assert.Single(run.Sources).Value, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_only_named_like_a_partial_overrides_nothing()
    {
        var plain = TemplateProject.Of(Collectives).Run();
        var run = TemplateProject.Of(Collectives).With("hip/codec_fp.scriban", "// mine").Run().AssertClean();
        Assert.Equal(plain.Files, run.Files);
    }

    [Fact]
    public async Task QR0020_an_unknown_partial_is_reported_at_the_template()
    {
        var project = TemplateProject.Of(Collectives).With("my/fp.scriban", "// mine", "hip/codec_f.scriban");
        var diagnostic = Assert.Single(await AnalyzerRun.OfAsync(project.Run().AssertClean().Output, project.AnalyzerOptions));
        Assert.Equal("QR0020", diagnostic.Id);
        Assert.Equal(("/project/my/fp.scriban", 0, 0), PlaceOf(diagnostic));
        Assert.Contains("hip/codec_fp.scriban", diagnostic.GetMessage(), StringComparison.Ordinal);
        Assert.DoesNotContain("csharp/", diagnostic.GetMessage(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task QR0023_two_templates_for_one_partial_are_reported_and_neither_is_taken()
    {
        var project = TemplateProject.Of(Collectives).With("a.scriban", "", "hip/codec_fp.scriban").With("b.scriban", "", "hip/codec_fp.scriban");
        var run = project.Run().AssertClean();
        Assert.Empty(run.Sources);
        var diagnostics = await AnalyzerRun.OfAsync(run.Output, project.AnalyzerOptions);
        Assert.Equal(["QR0023", "QR0023"], diagnostics.Select(d => d.Id));
        Assert.Equal(["/project/a.scriban", "/project/b.scriban"], diagnostics.Select(d => PlaceOf(d).Path).Order());
    }

    [Fact]
    public void Every_partial_can_be_overridden_and_is_named_by_its_path() =>
        Assert.Superset(
            new HashSet<string> { "hip/unit.scriban", "hip/platform.scriban", "hip/codec_integer.scriban", "hip/kernel/elements.hpp" },
            TemplateOverlay.OverridablePaths.ToHashSet());

    internal static (string Path, int Line, int Column) PlaceOf(Microsoft.CodeAnalysis.Diagnostic diagnostic)
    {
        var place = diagnostic.Location.GetLineSpan();
        return (place.Path, place.StartLinePosition.Line, place.StartLinePosition.Character);
    }

    [GeneratedRegex("\"[0-9a-f]{16}\"")]
    private static partial Regex SourceId();
}
