using QuickReduce.Generators.Tests.Support;
using static QuickReduce.Generators.Tests.UserKernels.OverrideTests;

namespace QuickReduce.Generators.Tests.UserKernels;

/// <summary>Mistakes in templates are reported where they are, and never end the generator.</summary>
public sealed class TemplateErrorTests
{
    private const int Seed = 20261124;
    private const int Mutations = 400;

    private const string Kernel = """
        using System; using QuickReduce;
        public static partial class K
        {
            [Kernel("k.scriban")]
            public static partial void Run(Span<float> data, [KernelGrid(256)] int count, [KernelAxis(1, 2)] int width);
        }
        """;

    [Theory]
    [InlineData("ok\n  {{ width + }}", "QR0021", 1)]
    [InlineData("{{ if width == 1 }}\nno end", "QR0021", 0)]
    [InlineData("\n\n{{ end }}", "QR0021", 2)]
    [InlineData("a {{ 'open", "QR0021", 0)]
    [InlineData("\n\n   {{ unknown }}", "QR0022", 2, 6)]
    [InlineData("\n{{ width.name }}", "QR0022", 1)]
    [InlineData("line\n{{ include 'missing.scriban' }}", "QR0022", 1)]
    [InlineData("{{ width | string.nothing }}", "QR0022", 0)]
    [InlineData("{{ func f; f; end }}{{ f }}", "QR0022", 0)]
    [InlineData("\n{{ include 'k.scriban' }}", "QR0022", 1)]
    [InlineData("{{ while true; end }}", "QR0022", 0)]
    [InlineData("\n{{ date.now }}", "QR0022", 1)]
    [InlineData("{{ math.random 1 2 }}", "QR0022", 0)]
    [InlineData("{{ 1 // 0 }}", "QR0022", 0)]
    public void A_mistake_is_reported_once_at_its_line(string template, string id, int line, int column = -1)
    {
        var run = TemplateProject.Of(Kernel).With("k.scriban", template).Run();
        var diagnostic = Assert.Single(run.Diagnostics);
        Assert.Equal(id, diagnostic.Id);
        var place = PlaceOf(diagnostic);
        Assert.Equal(("/project/k.scriban", line), (place.Path, place.Line));
        Assert.True(column < 0 || column == place.Column, $"column {place.Column}");
        Assert.DoesNotContain("/project", diagnostic.GetMessage(), StringComparison.Ordinal);

        // The launcher is there all the same: no second error in the user's code.
        Assert.Empty(run.Sources);
        Assert.Empty(TestCompilation.ProblemsOf(run.Output));
    }

    [Fact]
    public void A_mistake_in_an_included_template_is_reported_there_once_for_all_that_use_it()
    {
        var run = TemplateProject.Of(Kernel, Kernel.Replace("class K", "class L", StringComparison.Ordinal))
            .With("k.scriban", "{{ include 'shared.scriban' }}")
            .With("shared.scriban", "fine\n{{ wrong }}")
            .Run();
        Assert.Equal(("/project/shared.scriban", 1, 3), PlaceOf(Assert.Single(run.Diagnostics)));
    }

    [Fact]
    public void A_mistake_in_an_override_is_reported_in_the_override()
    {
        var run = TemplateProject.Of("[QuickReduce.AllReduceKernels] public partial class C;")
            .With("mine.scriban", "// {{ row_bytes }}\n// {{ rowbytes }}", "hip/codec_fp.scriban").Run();
        var diagnostic = Assert.Single(run.Diagnostics);
        Assert.Equal("QR0022", diagnostic.Id);
        Assert.Equal(("/project/mine.scriban", 1, 6), PlaceOf(diagnostic));
        Assert.Empty(TestCompilation.ProblemsOf(run.Output));
    }

    [Fact]
    public void A_template_that_nobody_uses_is_nobodys_business() =>
        TemplateProject.Of(Kernel).With("k.scriban", "fine").With("other.scriban", "{{ if").Run().AssertClean();

    [Fact]
    public void An_include_that_could_mean_two_files_is_reported()
    {
        var run = TemplateProject.Of(Kernel).With("k.scriban", "{{ include 's.scriban' }}").With("a/s.scriban", "").With("b/s.scriban", "").Run();
        Assert.Contains("a/s.scriban, b/s.scriban", Assert.Single(run.Diagnostics).GetMessage(), StringComparison.Ordinal);
    }

    [Fact]
    public void Half_typed_templates_give_sources_or_a_report()
    {
        const string template = """
            {{ func twice(x); ret x * 2; end }}
            // {{ for i in 0..width }}{{ i }}{{ if !for.last }}, {{ end }}{{ end }}
            {{~ case width; when 1 ~}} one {{~ else ~}} {{ twice width | math.plus 3 }} {{~ end ~}}
            {{ capture text }}{{ include 'shared.scriban' }}{{ end }}{{ text | string.upcase }}
            """;
        var random = new Random(Seed);
        for (var i = 0; i < Mutations; i++)
        {
            var text = template[..random.Next(template.Length + 1)];
            if (random.Next(2) == 0)
            {
                text = text.Remove(random.Next(text.Length + 1)) + template[random.Next(template.Length + 1)..];
            }

            if (text.Length > 0 && random.Next(3) == 0)
            {
                text = text.Insert(random.Next(text.Length), random.Next(4) switch { 0 => "{{", 1 => "}}", 2 => "end", _ => "\"" });
            }

            var project = TemplateProject.Of(Kernel).With("k.scriban", text).With("shared.scriban", "shared");
            var run = i % 20 == 0 ? project.Run() : project.RunOnce();
            Assert.All(run.Diagnostics, d => Assert.Contains(d.Id, new[] { "QR0021", "QR0022" }));
            Assert.True(run.Diagnostics.Length > 0 != run.Sources.Count > 0, text);
        }
    }
}
