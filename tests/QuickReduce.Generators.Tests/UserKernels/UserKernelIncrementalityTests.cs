using Microsoft.CodeAnalysis;
using static Microsoft.CodeAnalysis.IncrementalStepRunReason;

namespace QuickReduce.Generators.Tests.UserKernels;

/// <summary>What an edit of a template or of the code makes the generators do again, and what not.</summary>
public sealed class UserKernelIncrementalityTests
{
    private const string Code = """
        using System; using QuickReduce;
        [AllReduceKernel(DataType.Float16, QuantRegime.FP, 2)] public partial class C;
        public static partial class K
        {
            [Kernel("one.scriban")] public static partial void One(Span<float> data, [KernelGrid] int n);
            [Kernel("two.scriban")] public static partial void Two(Span<float> data, [KernelGrid] int n);
        }
        """;

    private static readonly TemplateProject Project = TemplateProject.Of(Code, "internal class Unrelated;")
        .With("one.scriban", "one {{ include 'shared.scriban' }}")
        .With("two.scriban", "two")
        .With("shared.scriban", "shared")
        .With("unused.scriban", "unused")
        .With("codec.scriban", "// mine", "hip/codec_fp.scriban");

    [Fact]
    public void An_unrelated_edit_renders_nothing()
    {
        AssertSources(Project.WithSource(1, "internal class Unrelated { private int value; }"), allReduce: [Cached], kernels: [Cached, Cached]);
        AssertSources(Project.WithSource(0, "// A comment.\n" + Code + " class Another;"), allReduce: [Cached], kernels: [Cached, Cached]);
        AssertSources(Project.With("unused.scriban", "{{ edited"), allReduce: [Cached], kernels: [Cached, Cached]);
        AssertSources(Project.With("new.scriban", "new"), allReduce: [Cached], kernels: [Cached, Cached]);
    }

    [Fact]
    public void An_edit_of_a_template_renders_what_uses_it()
    {
        AssertSources(Project.With("two.scriban", "edited"), allReduce: [Cached], kernels: [Cached, Modified]);
        AssertSources(Project.With("shared.scriban", "edited"), allReduce: [Cached], kernels: [Modified, Cached]);
        AssertSources(Project.With("codec.scriban", "// edited", "hip/codec_fp.scriban"), allReduce: [Modified], kernels: [Cached, Cached]);
        AssertSources(Project.With("codec.scriban", "// mine"), allReduce: [Modified], kernels: [Cached, Cached]);
        AssertSources(Project.With("platform.scriban", "// mine", "hip/platform.scriban"), allReduce: [Modified], kernels: [Modified, Modified]);
    }

    [Fact]
    public void An_edit_of_a_kernel_renders_that_kernel() =>
        AssertSources(Project.WithSource(0, Code.Replace("Two(Span<float>", "Two(ReadOnlySpan<float>", StringComparison.Ordinal)), allReduce: [Cached], kernels: [Cached, Modified]);

    [Fact]
    public void Launchers_follow_the_source_id_and_nothing_else_of_a_template()
    {
        var first = Project.RunOnce();
        var edited = Project.With("two.scriban", "edited");
        var second = edited.RunAfter(first);
        Assert.Equal([Cached, Modified], second.ReasonsOf(TrackingNames.Launcher));
        Assert.Equal(edited.RunOnce().Files, second.Files);
        Assert.NotEqual(first.Files["K.Two.g.cs"], second.Files["K.Two.g.cs"]);
        Assert.Equal(first.Files, Project.RunAfter(second).Files);
    }

    [Fact]
    public void A_template_that_breaks_and_is_mended_is_rendered_again()
    {
        var first = Project.RunOnce();
        var broken = Project.With("two.scriban", "{{ if").RunAfter(first);
        Assert.Single(broken.Diagnostics);
        var mended = Project.RunAfter(broken);
        Assert.Equal(first.Files, mended.Files);
        Assert.Empty(mended.Diagnostics);
    }

    [Fact]
    public void The_order_of_files_does_not_matter()
    {
        var a = TemplateProject.Of(Code).With("one.scriban", "1").With("two.scriban", "2").RunOnce();
        var b = TemplateProject.Of(Code).With("two.scriban", "2").With("one.scriban", "1").RunOnce();
        Assert.Equal(a.Files, b.Files);
    }

    private static void AssertSources(TemplateProject edited, IncrementalStepRunReason[] allReduce, IncrementalStepRunReason[] kernels)
    {
        var second = edited.RunAfter(Project.Run());
        Assert.Equal(allReduce, second.ReasonsOf(TrackingNames.Sources));
        Assert.Equal(kernels, second.ReasonsOf(TrackingNames.UserKernelSources));
    }
}
