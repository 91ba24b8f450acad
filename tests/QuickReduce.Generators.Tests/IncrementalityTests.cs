using System.Runtime.CompilerServices;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using QuickReduce.Generators.Tests.Support;
using static Microsoft.CodeAnalysis.IncrementalStepRunReason;

namespace QuickReduce.Generators.Tests;

/// <summary>What the generator does again after an edit, and what it does not.</summary>
public sealed class IncrementalityTests
{
    private const string Collectives = "using QuickReduce; [AllReduceKernels(Regimes = [QuantRegime.FP, QuantRegime.Int8], WorldSizes = [2, 4])] public partial class C;";
    private const string Unrelated = "internal class Unrelated;";

    private static readonly Expected Nothing = new(Unchanged, Cached, Cached, Cached, Cached);
    private static readonly Expected Everything = new(Modified, Modified, Modified, Modified, Modified);

    /// <summary>Edits of the file without the class.</summary>
    public static TheoryData<string, string, Expected> EditsElsewhere => new()
    {
        { "edit", "internal class Unrelated { private int value; }", Nothing },
        { "class added", Unrelated + " internal class Another;", Nothing },
        { "half typed", "internal class Unrelated { private int", Nothing },
        { "everything removed", string.Empty, Nothing },
    };

    /// <summary>Edits of the file with the class.</summary>
    public static TheoryData<string, string, Expected> EditsOfTheClass => new()
    {
        { "comment", "// A comment.\n" + Collectives, Nothing },
        { "member of the class", Collectives.Replace("class C;", "class C { public static int Count => 2; }"), Nothing },
        { "base class", Collectives.Replace("class C;", "class C : System.EventArgs;"), Nothing },
        { "other attribute", Collectives.Replace("[All", "[System.Obsolete] [All"), Nothing },
        { "other class in the file", Collectives + " internal class Another { private int value; }", Nothing },
        { "values in another order", Collectives.Replace("[2, 4]", "[4, 2]"), Nothing },
        { "values spelled differently", Collectives.Replace("[2, 4]", "new[] { 1 + 1, 4 }"), Nothing },
        { "arguments in another order", "using QuickReduce; [AllReduceKernels(WorldSizes = [2, 4], Regimes = [QuantRegime.FP, QuantRegime.Int8])] public partial class C;", Nothing },
        { "default written out", Collectives.Replace("(Regimes", "(GroupSizes = [32], Regimes"), Nothing },
        { "unsupported value", Collectives.Replace("[2, 4]", "[2, 4, 9]"), Nothing },
        { "the same by two attributes", "using QuickReduce; [AllReduceKernels(Regimes = [QuantRegime.FP], WorldSizes = [2, 4])] [AllReduceKernels(Regimes = [QuantRegime.Int8], WorldSizes = [2, 4])] public partial class C;", new(Modified, Cached, Cached, Cached, Cached) },
        { "regime added", Collectives.Replace("Int8]", "Int8, QuantRegime.Int4]"), Everything },
        { "world size removed", Collectives.Replace("[2, 4]", "[2]"), Everything },
        { "block size changed", Collectives.Replace("(Regimes", "(BlockSizes = [512], Regimes"), Everything },
    };

    [Theory]
    [MemberData(nameof(EditsElsewhere))]
    public void Edits_elsewhere_render_nothing(string edit, string source, Expected expected) => AssertEdit(edit, 1, source, expected);

    [Theory]
    [MemberData(nameof(EditsOfTheClass))]
    public void Edits_of_the_class_render_only_what_they_change(string edit, string source, Expected expected) => AssertEdit(edit, 0, source, expected);

    [Fact]
    public void Another_class_leaves_the_first_alone()
    {
        var before = TestCompilation.Of(Collectives, Unrelated);
        var first = GeneratorRun.Run(GeneratorRun.CreateDriver(), before);
        var with = Replace(before, 1, "[QuickReduce.AllReduceKernels] internal partial class Another;");

        var added = GeneratorRun.Run(first.Driver, with);
        Assert.Equal(5, added.Files.Count);
        Assert.Equal([New, Cached], ReasonsOf(added.Result, TrackingNames.Sources).Order());

        var removed = GeneratorRun.Run(added.Driver, before);
        Assert.Equal(first.Files, removed.Files);
        Assert.Contains(Cached, ReasonsOf(removed.Result, TrackingNames.Sources));
        Assert.DoesNotContain(Modified, ReasonsOf(removed.Result, TrackingNames.Sources));
    }

    [Fact]
    public void Files_in_another_order_generate_the_same()
    {
        const string other = "[QuickReduce.AllReduceKernel(QuickReduce.DataType.Float16, QuickReduce.QuantRegime.FP, 2)] partial class C;";
        Assert.Equal(Files(Collectives, Unrelated, other), Files(other, Unrelated, Collectives));

        // All but the file that says in which file a class is declared.
        static IEnumerable<KeyValuePair<string, string>> Files(params string[] sources) =>
            GeneratorRun.Of(sources).Files.Where(file => !file.Key.StartsWith("declarations", StringComparison.Ordinal)).OrderBy(file => file.Key);
    }

    [Fact]
    public void A_class_that_becomes_invalid_and_valid_again_is_generated_again()
    {
        var valid = TestCompilation.Of(Collectives);
        var run = GeneratorRun.Run(GeneratorRun.CreateDriver(), valid);
        var files = run.Files;
        run = GeneratorRun.Run(run.Driver, Replace(valid, 0, Collectives.Replace("partial ", string.Empty)));
        Assert.Empty(run.Files);
        run = GeneratorRun.Run(run.Driver, valid);
        Assert.Equal(files, run.Files);
    }

    [Fact]
    public void An_old_compilation_is_not_kept_alive()
    {
        var (driver, old) = RunTwice();
        for (var i = 0; i < 10 && old.IsAlive; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(old.IsAlive);
        GC.KeepAlive(driver);

        [MethodImpl(MethodImplOptions.NoInlining)]
        static (GeneratorDriver Driver, WeakReference Old) RunTwice()
        {
            var compilation = TestCompilation.Of(Collectives, Unrelated);
            var driver = GeneratorRun.Run(GeneratorRun.CreateDriver(), compilation).Driver;
            var edited = Replace(compilation, 1, "internal class Unrelated { private int value; }");
            return (GeneratorRun.Run(driver, edited).Driver, new WeakReference(compilation));
        }
    }

    private static void AssertEdit(string edit, int file, string source, Expected expected)
    {
        var before = TestCompilation.Of(Collectives, Unrelated);
        var first = GeneratorRun.Run(GeneratorRun.CreateDriver(), before);
        var second = GeneratorRun.Run(first.Driver, Replace(before, file, source)).Result;

        var actual = new Expected(
            ReasonsOf(second, TrackingNames.ReadKernels).Distinct().Single(),
            ReasonsOf(second, TrackingNames.ValidKernels).Single(),
            ReasonsOf(second, TrackingNames.Plan).Single(),
            ReasonsOf(second, TrackingNames.Bindings).Single(),
            ReasonsOf(second, TrackingNames.Sources).Single());
        Assert.True(expected == actual, $"{edit}: expected {expected} but was {actual}");
    }

    private static Compilation Replace(CSharpCompilation compilation, int file, string source)
    {
        var tree = compilation.SyntaxTrees[file];
        return compilation.ReplaceSyntaxTree(tree, TestCompilation.Parse(source, tree.FilePath));
    }

    private static IEnumerable<IncrementalStepRunReason> ReasonsOf(GeneratorRunResult result, string step) =>
        result.TrackedSteps[step].SelectMany(s => s.Outputs).Select(o => o.Reason);

    /// <summary>What is expected of each step after an edit.</summary>
    public sealed record Expected(
        IncrementalStepRunReason Read,
        IncrementalStepRunReason Valid,
        IncrementalStepRunReason Plan,
        IncrementalStepRunReason Bindings,
        IncrementalStepRunReason Sources);
}
