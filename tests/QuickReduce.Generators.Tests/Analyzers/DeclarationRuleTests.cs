using QuickReduce.Generators.Tests.Support;

namespace QuickReduce.Generators.Tests.Analyzers;

/// <summary>Rules about the class that the attributes are on.</summary>
public sealed class DeclarationRuleTests
{
    [Theory]
    [InlineData("[AllReduceKernels] public partial class C;")]
    [InlineData("[AllReduceKernels] internal static partial class C { public static KernelSet Other => Kernels; }")]
    [InlineData("public partial struct S { public partial interface I { [AllReduceKernels] public partial record C; } }")]
    [InlineData("[AllReduceKernels] public partial class C { void ModeOf() { } void GroupOf2() { } }")]
    [InlineData("public class Generic<T>; file class Local; public class NotPartial { public int Kernels; }")]
    [InlineData("public class B { private int Regime; } [AllReduceKernels] public partial class C : B;")]
    [InlineData("[AllReduceKernel(DataType.Float16, QuantRegime.FP, 2)] [AllReduceKernels(Regimes = [QuantRegime.Int4])] public partial class C;")]
    public async Task Valid_declarations_are_silent(string source) => Assert.Empty(await AnalyzerRun.OfAsync(Using(source)));

    [Theory]
    [InlineData("[[|AllReduceKernels|]] public class C;")]
    [InlineData("[Obsolete, [|AllReduceKernel(DataType.Float16, QuantRegime.FP, 2)|]] [AllReduceKernels(Regimes = [QuantRegime.Int4])] public sealed class C;")]
    [InlineData("public partial class Outer { [[|AllReduceKernels|]] private record C; }")]
    public async Task QR0001_class_is_not_partial(string source)
    {
        var diagnostics = await AnalyzerRun.AssertReportedAtMarksAsync("QR0001", Using(source));
        Assert.Contains("'C'", diagnostics[0].GetMessage(), StringComparison.Ordinal);
        Assert.NotEmpty(diagnostics[0].AdditionalLocations);
    }

    [Theory]
    [InlineData("public class Outer { [[|AllReduceKernels|]] public partial class C; }", "'Outer'")]
    [InlineData("public partial class Outer { public struct Inner { [[|AllReduceKernels|]] public partial class C; } }", "'Inner'")]
    public async Task QR0002_containing_type_is_not_partial(string source, string named)
    {
        var diagnostics = await AnalyzerRun.AssertReportedAtMarksAsync("QR0002", Using(source));
        Assert.Contains(named, diagnostics[0].GetMessage(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task QR0002_is_reported_for_every_containing_type() => Assert.Equal(
        ["QR0002", "QR0002"],
        (await AnalyzerRun.OfAsync(Using("public class A { public class B { [AllReduceKernels] public partial class C; } }"))).Select(d => d.Id));

    [Theory]
    [InlineData("[[|AllReduceKernels|]] public partial class C<T>;", "'C' is generic")]
    [InlineData("public partial class Outer<T> { [[|AllReduceKernels|]] public partial class C; }", "'Outer' is generic")]
    public async Task QR0003_generic(string source, string named)
    {
        var diagnostics = await AnalyzerRun.AssertReportedAtMarksAsync("QR0003", Using(source));
        Assert.Contains(named, diagnostics[0].GetMessage(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[[|AllReduceKernels|]] file partial class C;")]
    [InlineData("file partial class Outer { [[|AllReduceKernels|]] public partial class C; }")]
    public async Task QR0008_file_local(string source) => await AnalyzerRun.AssertReportedAtMarksAsync("QR0008", Using(source));

    [Theory]
    [InlineData("[[|AllReduceKernels|]] public partial class C { private enum Regime; }", "the class already has one")]
    [InlineData("[[|AllReduceKernels|]] public partial class C { private static void CreateGroup(int size) { } }", "'CreateGroup'")]
    [InlineData("public class B { protected int Rank; } [[|AllReduceKernels|]] public partial class C : B { private enum Rank; private class Rank<T>; }", "the class already has one")]
    [InlineData("[[|AllReduceKernels(GroupSizes = [16])|]] public partial class C { void ModeOf() { } }", "'ModeOf'")]
    [InlineData("[[|AllReduceKernels|]] public partial class Group;", "the name of the class itself")]
    [InlineData("public class B { protected int Kernels; } public class M : B; [[|AllReduceKernels|]] public partial class C : M;", "inherits one from 'B'")]
    [InlineData("[[|AllReduceKernel(DataType.Float16, QuantRegime.FP, 2)|]] [AllReduceKernel(DataType.Float16, QuantRegime.Int4, 8)] public partial class GroupOf8;", "'GroupOf8'")]
    public async Task QR0009_name_is_taken(string source, string message)
    {
        var diagnostics = await AnalyzerRun.AssertReportedAtMarksAsync("QR0009", Using(source));
        Assert.Contains(message, diagnostics[0].GetMessage(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task QR0010_names_differ_only_in_case() => await AnalyzerRun.AssertReportedAtMarksAsync(
        "QR0010", Using("[[|AllReduceKernels|]] public partial class Same; [[|AllReduceKernel(DataType.Float16, QuantRegime.FP, 2)|]] public partial class SAME;"));

    [Fact]
    public async Task QR0010_is_silent_where_the_other_is_refused_anyway() => await AnalyzerRun.AssertReportedAtMarksAsync(
        "QR0001", Using("[AllReduceKernels] public partial class Same; [[|AllReduceKernel(DataType.Float16, QuantRegime.FP, 2)|]] public class SAME;"));

    private static string Using(string source) => "using System; using QuickReduce; " + source;
}
