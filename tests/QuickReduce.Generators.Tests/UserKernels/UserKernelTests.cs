using QuickReduce.Codegen;
using QuickReduce.Generators.Tests.Support;

namespace QuickReduce.Generators.Tests.UserKernels;

/// <summary>Kernels of the user's own: what is generated for them.</summary>
public sealed class UserKernelTests
{
    private const string Everything = """
        using System;
        using QuickReduce;

        namespace My.App;

        public enum Activation { None, Relu = 5, Silu }

        internal partial class Outer
        {
            public static partial class Kernels
            {
                /// <summary>Everything that a kernel can have.</summary>
                [Kernel("kernels/everything.scriban")]
                internal static partial void DoEverything<[KernelAxis(DataType.Float16, DataType.BFloat16)] TInput>(
                    [KernelLength("(rows + 1) * hiddenSize / 2 - extra")] ReadOnlySpan<TInput> input,
                    scoped Span<float> output,
                    Span<long> @base,
                    [KernelGrid(64)] long rows,
                    [KernelAxis(1024, 4096)] int hiddenSize,
                    [KernelAxis(Activation.Relu, Activation.None)] Activation activation,
                    [KernelAxis(true, false)] bool hasBias,
                    [KernelAxis("a \"quoted\" one")] string flavour,
                    byte extra,
                    bool flag,
                    double scale,
                    KernelLaunchOptions? options = null)
                    where TInput : unmanaged, IEquatable<TInput>;
            }
        }
        """;

    private const string Template = """
        // {{ kernel_name }}: {{ TInput }} {{ hidden_size / 2 }} {{ activation }} {{ has_bias ? "biased" : "plain" }} {{ flavour }}
        DEVICE void run(const Arguments& arguments, u32 block) {
          if (HAS_BIAS && ACTIVATION == Activation::Relu && arguments.flag) arguments.output[block] = HIDDEN_SIZE;
        }
        """;

    [Fact]
    public void The_launcher_reads_as_accepted()
    {
        var run = TemplateProject.Of(Everything).With("kernels/everything.scriban", Template).Run().AssertClean();
        var text = run.Files["My.App.Outer.Kernels.DoEverything.g.cs"].Replace('"' + BindingsRenderer.ToolVersion + '"', "\"VERSION\"", StringComparison.Ordinal);
        Golden.Verify("UserKernel.g.cs", System.Text.RegularExpressions.Regex.Replace(text, "\"[0-9a-f]{16}\"", "\"SOURCE_ID\""));
    }

    [Fact]
    public void The_kernels_read_as_accepted()
    {
        var run = TemplateProject.Of(Everything).With("kernels/everything.scriban", Template).Run();
        var source = run.Sources["My.App.Outer.Kernels.DoEverything.1"];

        // What comes before are the primitives, which other golden files hold.
        var text = source[source.IndexOf("// ---- do_everything", StringComparison.Ordinal)..];
        Golden.Verify("user_kernel.hip", System.Text.RegularExpressions.Regex.Replace(text, "\"[0-9a-f]{16}\"", "\"SOURCE_ID\""));
    }

    [Fact]
    public void There_is_one_kernel_for_each_combination_eight_to_a_unit()
    {
        var run = TemplateProject.Of(Everything).With("kernels/everything.scriban", Template).Run();
        Assert.Equal(["My.App.Outer.Kernels.DoEverything.1", "My.App.Outer.Kernels.DoEverything.2"], run.Sources.Keys.Order());
        var comments = run.Sources.Values.SelectMany(s => s.Split('\n')).Where(l => l.StartsWith("// do_everything_", StringComparison.Ordinal)).ToArray();
        Assert.Equal(16, comments.Length);
        Assert.Equal(16, comments.Distinct().Count());
        Assert.All(run.Sources, s => Assert.DoesNotContain("{{", s.Value, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("k.scriban", "k.scriban")]
    [InlineData("deep/er/k.scriban", "k.scriban")]
    [InlineData("deep/er/k.scriban", "er/k.scriban")]
    [InlineData("deep/er/k.scriban", "deep\\\\er\\\\k.scriban")]
    [InlineData("deep/er/K.SCRIBAN", "K.SCRIBAN")]
    public void A_template_is_found_by_its_path_or_the_end_of_it(string path, string name) =>
        Assert.Single(TemplateProject.Of(Simple(name)).With(path, "text").With("another.scriban", "").Run().AssertClean().Sources);

    [Fact]
    public void The_shortest_path_wins_where_it_is_the_whole_name()
    {
        var run = TemplateProject.Of(Simple("k.scriban")).With("k.scriban", "// whole").With("deep/k.scriban", "// end").Run().AssertClean();
        Assert.Contains("// whole", Assert.Single(run.Sources).Value, StringComparison.Ordinal);
    }

    [Fact]
    public void Variables_of_one_kernel_are_not_seen_by_the_next()
    {
        var run = TemplateProject.Of(Simple("k.scriban")).With("k.scriban", "{{ if width == 1; left_over = 'left over'; end }}[{{ object.eval 'left_over' }}]").Run();
        Assert.Equal("QR0022", Assert.Single(run.Diagnostics).Id);
    }

    [Fact]
    public void A_kernel_can_be_rendered_with_overridden_primitives()
    {
        var run = TemplateProject.Of(Simple("k.scriban")).With("k.scriban", "").With("mine.scriban", "// my block", "hip/kernel/block_host.hpp").Run().AssertClean();
        Assert.Contains("// my block", Assert.Single(run.Sources).Value, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("internal partial struct S { [Kernel(\"k.scriban\")] private static partial void Run([KernelGrid] int n); }")]
    [InlineData("public partial record R { [Kernel(\"k.scriban\")] protected internal static partial void Run([KernelGrid] long n, [KernelAxis((sbyte)-128, 127)] sbyte x); }")]
    [InlineData("partial class C { [Kernel(\"k.scriban\")] static partial void Run([KernelGrid] int @event, Span<Half> a, ReadOnlySpan<BFloat16> b, [KernelAxis(ulong.MaxValue, 0)] ulong x); }")]
    [InlineData("namespace @namespace.System { partial class Half { [global::QuickReduce.Kernel(\"k.scriban\")] public static partial void @record([KernelGrid] int n, Span<byte> data, KernelLaunchOptions options); } }")]
    [InlineData("partial class C { public enum E : byte { A, B } [Kernel(\"k.scriban\")] static partial void Run([KernelGrid] int n, [KernelAxis(E.A)] E first, [KernelAxis(E.B)] E second); static void Use() => Run(1, E.A, E.B); }")]
    [InlineData("partial class C { [Kernel(\"k.scriban\")] static partial void Run<[KernelAxis(DataType.Float16)] T, [KernelAxis(DataType.BFloat16)] U>(Span<T> a, Span<U> b, [KernelGrid] int n) where U : struct; }")]
    public void Every_form_compiles(string source)
    {
        var run = TemplateProject.Of("#pragma warning disable CS1591\nusing System; using QuickReduce; " + source).With("k.scriban", "").Run().AssertClean();
        Assert.Single(run.Sources);
    }

    [Theory]
    [InlineData("K.Run<float>(new float[4], 1);")]
    [InlineData("K.Run(new Half[4], 1); K.Run<BFloat16>([], 2); var names = K.RunKernels.KernelNames;")]
    public void Calls_compile_as_the_declaration_says(string call) =>
        TemplateProject.Of("using System; using QuickReduce; partial class K { [Kernel(\"k.scriban\")] public static partial void Run<[KernelAxis(DataType.Float16, DataType.BFloat16)] T>(Span<T> data, [KernelGrid] int n); } class User { void Use() { " + call + " } }")
            .With("k.scriban", "").Run().AssertClean();

    [Theory]
    [InlineData("hiddenSize", "hidden_size", "HIDDEN_SIZE")]
    [InlineData("T", "t", "T")]
    [InlineData("numKVHeads", "num_kv_heads", "NUM_KV_HEADS")]
    [InlineData("already_snake", "already_snake", "ALREADY_SNAKE")]
    [InlineData("@class", "class", "CLASS")]
    [InlineData("x2Scale", "x2_scale", "X2_SCALE")]
    public void Names_become_those_of_kernels(string name, string snake, string constant)
    {
        Assert.Equal(snake, CppNaming.Snake(name));
        Assert.Equal(constant, CppNaming.Constant(name));
    }

    private static string Simple(string template) =>
        "using QuickReduce; public static partial class K { [Kernel(\"" + template + "\")] public static partial void Run([KernelGrid] int n, [KernelAxis(1, 2)] int width); }";
}
