using Microsoft.CodeAnalysis;
using QuickReduce.Generators.Tests.Support;

namespace QuickReduce.Generators.Tests.UserKernels;

/// <summary>Rules about methods with <c>[Kernel]</c>.</summary>
public sealed class UserKernelRuleTests
{
    private const string Ok = "[Kernel(\"k.scriban\")] static partial void Run(Span<float> data, [KernelGrid] int n);";

    [Theory]
    [InlineData("partial class C { " + Ok + " }")]
    [InlineData("partial class C { [Kernel(\"k.scriban\")] public static partial void Run([KernelLength(\"2 * n + (n / 3)\")] Span<ulong> data, [KernelGrid(5)] long n, [KernelAxis(3)] short x, KernelLaunchOptions? o = null); }")]
    [InlineData("partial class C { " + Ok + " static void Run(int other) { } private int Runs; } partial class D { " + Ok + " }")]
    [InlineData("class NoKernel { static void Run([KernelAxis] int axis, [KernelGrid] string grid) { } }")]
    public async Task Valid_declarations_are_silent(string source) => await AssertAsync(source);

    [Theory]
    [InlineData("partial class C { [Kernel(\"k.scriban\")] static void [|Run|]([KernelGrid] int n) { } }", "partial")]
    [InlineData("partial class C { [Kernel(\"k.scriban\")] partial void [|Run|]([KernelGrid] int n); }", "not static")]
    [InlineData("partial class C { [Kernel(\"k.scriban\")] public static partial int [|Run|]([KernelGrid] int n); }", "buffers")]
    [InlineData("partial class C { [Kernel(\"k.scriban\")] static partial void [|Run|]([KernelGrid] int n); static partial void Run(int n) { } }", "by hand")]
    [InlineData("partial class G<T> { [Kernel(\"k.scriban\")] static partial void [|Run|]([KernelGrid] int n); }", "'G' is generic")]
    [InlineData("partial class G<T> { partial class C { [Kernel(\"k.scriban\")] static partial void [|Run|]([KernelGrid] int n); } }", "'G' is generic")]
    [InlineData("file partial class C { [Kernel(\"k.scriban\")] static partial void [|Run|]([KernelGrid] int n); }", "local to its file")]
    [InlineData("class O { partial class C { [Kernel(\"k.scriban\")] static partial void [|Run|]([KernelGrid] int n); } }", "'O' is not partial")]
    [InlineData("partial interface I { [Kernel(\"k.scriban\")] static partial void [|Run|]([KernelGrid] int n); }", "neither a class")]
    public async Task QR0024_form(string source, string message) => await AssertAsync(source, "QR0024", message);

    [Theory]
    [InlineData("partial class C { [Kernel([|\"nope.scriban\"|])] static partial void Run([KernelGrid] int n); }", "There is no template 'nope.scriban' in this project; there is a/twice.scriban, b/twice.scriban, k.scriban")]
    [InlineData("partial class C { [Kernel([|\"twice.scriban\"|])] static partial void Run([KernelGrid] int n); }", "more than one template 'twice.scriban' in this project; there is a/twice.scriban, b/twice.scriban")]
    [InlineData("partial class C { [Kernel([|\"\"|])] static partial void Run([KernelGrid] int n); }", "no template ''")]
    public async Task QR0025_template(string source, string message) => await AssertAsync(source, "QR0025", message);

    [Theory]
    [InlineData("ref int [|x|]", "by value")]
    [InlineData("params ReadOnlySpan<int> [|x|]", "by value")]
    [InlineData("string [|x|]", "'string' is no span")]
    [InlineData("Half [|x|]", "no span")]
    [InlineData("Span<string> [|x|]", "'string' is no element type")]
    [InlineData("float[] [|x|]", "no span")]
    [InlineData("KernelLaunchOptions a, KernelLaunchOptions [|b|]", "already")]
    [InlineData("float @double, float [|Double|]", "'double' in the kernel, which is taken")]
    [InlineData("float data, Span<float> [|Data|]", "'data' in the kernel, like another")]
    [InlineData("Span<float> a, float [|aLength|]", "'a_length'")]
    [InlineData("[KernelAxis(1)] int [|blockLanes|]", "'BLOCK_LANES' in the kernel, which is taken")]
    public async Task QR0026_parameter(string parameter, string message)
    {
        // The first of two that clash is told apart by what it clashes with.
        var source = "partial class C { [Kernel(\"k.scriban\")] static partial void Run([KernelGrid] int n, " + parameter + "); }";
        await AssertAsync(source.Replace("float @double, float [|Double|]", "float [|@double|]", StringComparison.Ordinal), "QR0026", message);
    }

    [Fact]
    public async Task QR0026_too_many_buffers() => await AssertAsync(
        "partial class C { [Kernel(\"k.scriban\")] static partial void Run([KernelGrid] int n, " + string.Join(", ", Enumerable.Range(0, 12).Select(i => "Span<int> b" + i)) + ", Span<int> [|last|]); }",
        "QR0026", "at most 12");

    [Theory]
    [InlineData("[[|KernelAxis|]] int x", "no values")]
    [InlineData("[KernelAxis(1, [|\"two\"|])] int x", "two is no value of int")]
    [InlineData("[KernelAxis(1, [|2.5|])] int x", "2.5 is no value of int")]
    [InlineData("[KernelAxis(255, [|256|])] byte x", "256 is no value of byte")]
    [InlineData("[KernelAxis([|-1|])] ulong x", "-1 is no value")]
    [InlineData("[KernelAxis(4, 2, [|4|])] int x", "4 is declared more than once")]
    [InlineData("[KernelAxis(true, [|1|])] bool x", "1 is no value of bool")]
    [InlineData("[KernelAxis(\"a\", [|null|])] string x", "null is no value of string")]
    [InlineData("[KernelAxis([|1|])] DayOfWeek x", "1 is no value of DayOfWeek")]
    [InlineData("[KernelAxis([|(DayOfWeek)9|])] DayOfWeek x", "9 is no value of DayOfWeek")]
    [InlineData("[KernelAxis(1.5)] double [|x|]", "'double' is no integer")]
    public async Task QR0027_axis(string parameter, string message) => await AssertAsync(
        "partial class C { [Kernel(\"k.scriban\")] static partial void Run([KernelGrid] int n, " + parameter + "); }", "QR0027", message);

    [Theory]
    [InlineData("<[KernelAxis([|3|])] T>")]
    [InlineData("<[KernelAxis(DataType.Float16, [|(DataType)77|])] T>")]
    [InlineData("<[KernelAxis([|typeof(int)|])] T>")]
    public async Task QR0027_axis_of_element_types(string parameters) => await AssertAsync(
        "partial class C { [Kernel(\"k.scriban\")] static partial void Run" + parameters + "(Span<T> data, [KernelGrid] int n); }", "QR0027", "DataType");

    [Fact]
    public async Task QR0028_type_parameter() => await AssertAsync(
        "partial class C { [Kernel(\"k.scriban\")] static partial void Run<[KernelAxis(DataType.Float16)] T, [|U|]>(Span<T> a, Span<U> b, [KernelGrid] int n); }", "QR0028", "'U'");

    [Theory]
    [InlineData("void [|Run|](int n)", "none")]
    [InlineData("void [|Run|]([KernelGrid] int n, [KernelGrid] int m)", "it has 2")]
    [InlineData("void Run([KernelGrid] uint [|n|])", "'n' is neither")]
    [InlineData("void Run([KernelGrid(0)] int [|n|])", "one item or more")]
    public async Task QR0029_grid(string method, string message) =>
        await AssertAsync("partial class C { [Kernel(\"k.scriban\")] static partial " + method + "; }", "QR0029", message);

    [Theory]
    [InlineData("", "no expression")]
    [InlineData("n +", "no expression")]
    [InlineData("n; n", "no expression")]
    [InlineData("m * 2", "'m' is no integer parameter")]
    [InlineData("scale * 2", "'scale' is no integer parameter")]
    [InlineData("System.Environment.Exit(1)", "is no parameter, integer")]
    [InlineData("n % 2", "is no parameter, integer")]
    [InlineData("n / 0", "divides by zero")]
    [InlineData("1.5 * n", "is no parameter, integer")]
    public async Task QR0030_length(string expression, string message) => await AssertAsync(
        "partial class C { [Kernel(\"k.scriban\")] static partial void Run([KernelLength([|\"" + expression + "\"|])] Span<int> data, [KernelGrid] int n, float scale); }", "QR0030", message);

    [Theory]
    [InlineData("partial class C { [Kernel(\"k.scriban\")] static partial void [|Run|]([KernelGrid] int n); [Kernel(\"k.scriban\")] static partial void [|Run|]([KernelGrid] long n); }", "but for case or parameters")]
    [InlineData("partial class C { [Kernel(\"k.scriban\")] static partial void [|Run|]([KernelGrid] int n); } partial class c { [Kernel(\"k.scriban\")] static partial void [|RUN|]([KernelGrid] int n); }", "but for case or parameters")]
    [InlineData("partial class C { [Kernel(\"k.scriban\")] static partial void [|Run|]([KernelGrid] int n); int RunKernels; }", "'RunKernels' is a member")]
    [InlineData("class B { protected int RunKernels; } partial class C : B { [Kernel(\"k.scriban\")] static partial void [|Run|]([KernelGrid] int n); }", "'RunKernels' is a member")]
    public async Task QR0031_name(string source, string message) => await AssertAsync(source, "QR0031", message);

    [Fact]
    public async Task QR0032_too_many() => await AssertAsync(
        "partial class C { [Kernel(\"k.scriban\")] static partial void [|Run|]([KernelGrid] int n, " +
        string.Join(", ", Enumerable.Range(0, 9).Select(i => "[KernelAxis(true, false)] bool b" + i)) + "); }", "QR0032", "512");

    [Theory]
    [InlineData("partial class C { [Kernel] static partial void Run([KernelGrid] int n); }")]
    [InlineData("partial class C { [Kernel(1)] static partial void Run([KernelGrid] int n); }")]
    [InlineData("partial class C { [Kernel(\"k.scriban\")] static partial void Run([KernelGrid] int n, Unknown x, Span<Unknown> y); }")]
    [InlineData("partial class C { [Kernel(\"k.scriban\")] static partial void Run([KernelGrid] int n, [KernelAxis(Unknown)] int x); }")]
    [InlineData("partial class C { [Kernel(\"k.scriban\")] static partial void Run([KernelGrid] int n, ")]
    [InlineData("partial class C { [Kernel(\"k.scriban\")] static partial void ([KernelGrid] int n)")]
    [InlineData("[Kernel(\"k.scriban\")] static partial void Run([KernelGrid] int n);")]
    public async Task What_does_not_bind_is_left_to_the_compiler(string source) => await AssertAsync(source);

    [Fact]
    public async Task Half_typed_declarations_never_throw()
    {
        const string source = "using System; using QuickReduce; namespace N { public enum E { A, B } public static partial class C { [Kernel(\"k.scriban\")] public static partial void Run<[KernelAxis(DataType.Float16)] T>([KernelLength(\"(n + 1) * 2\")] ReadOnlySpan<T> a, Span<float> b, [KernelGrid(64)] int n, [KernelAxis(1, 2)] int x, [KernelAxis(E.A)] E e, [KernelAxis(\"s\")] string s, KernelLaunchOptions? o = null) where T : unmanaged; } }";
        var random = new Random(20261124);
        for (var i = 0; i < 300; i++)
        {
            var text = source[..random.Next(source.Length + 1)];
            if (random.Next(2) == 0)
            {
                text = text.Remove(random.Next(text.Length + 1)) + source[random.Next(source.Length + 1)..];
            }

            var project = TemplateProject.Of(text).With("k.scriban", "");
            var run = project.RunOnce();
            if (i % 5 == 0)
            {
                await AnalyzerRun.OfAsync(run.Output, project.AnalyzerOptions);
            }
        }
    }

    private static async Task AssertAsync(string marked, string? id = null, string message = "")
    {
        const string usings = "using System; using QuickReduce; ";
        var source = usings + marked.Replace("[|", string.Empty).Replace("|]", string.Empty);
        var project = TemplateProject.Of(source).With("k.scriban", "").With("a/twice.scriban", "").With("b/twice.scriban", "");
        var run = project.Run();
        var diagnostics = await AnalyzerRun.OfAsync(run.Output, project.AnalyzerOptions);
        if (id is null)
        {
            Assert.Empty(diagnostics);
            return;
        }

        Assert.Equal(AnalyzerRun.SpansOf(usings + marked), diagnostics.Select(d => (d.Location.SourceSpan.Start, d.Location.SourceSpan.End)));
        Assert.All(diagnostics, d => Assert.Equal(id, d.Id));
        Assert.All(diagnostics, d => Assert.Contains(message, d.GetMessage(), StringComparison.Ordinal));
        Assert.Equal(id == "QR0025", run.Files.Count > 0);
    }
}
