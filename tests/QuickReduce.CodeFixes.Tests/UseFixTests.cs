using Microsoft.CodeAnalysis.Testing;
using QuickReduce.CodeFixes.Tests.Support;
using QuickReduce.Generators.Usage;

namespace QuickReduce.CodeFixes.Tests;

/// <summary>Fixes of code that uses kernels.</summary>
public sealed class UseFixTests
{
    private const string Two = "[AllReduceKernels(Regimes = [QuantRegime.Int4], WorldSizes = [2, 4])] public static partial class C;";

    [Theory]
    [InlineData(Two, "_ = C.Regime.{|CS0117:Int6|};", "[AllReduceKernels(Regimes = [QuantRegime.Int4, QuantRegime.Int6], WorldSizes = [2, 4])] public static partial class C;")]
    [InlineData(Two, "_ = C.Regime.{|CS0117:Int4Group16|};", "[AllReduceKernels(Regimes = [QuantRegime.Int4], WorldSizes = [2, 4], GroupSizes = [32, 16])] public static partial class C;")]
    [InlineData(Two, "_ = C.Regime.{|CS0117:Int4Shared|};", "[AllReduceKernels(Regimes = [QuantRegime.Int4], WorldSizes = [2, 4], ScaleFormats = [ScaleFormat.BFloat16, ScaleFormat.SharedExponent])] public static partial class C;")]
    [InlineData(Two, "_ = C.Regime.{|CS0117:Int3Group64|};", "[AllReduceKernels(Regimes = [QuantRegime.Int4, QuantRegime.Int3], WorldSizes = [2, 4], GroupSizes = [32, 64])] public static partial class C;")]
    [InlineData(Two, "_ = C.WorldSize.{|CS0117:Eight|};", "[AllReduceKernels(Regimes = [QuantRegime.Int4], WorldSizes = [2, 4, 8])] public static partial class C;")]
    [InlineData("[AllReduceKernels] public static partial class C;", "_ = C.WorldSize.{|CS0117:Six|};", "[AllReduceKernels(WorldSizes = [2, 4, 8, 6])] public static partial class C;")]
    [InlineData("[AllReduceKernels()] public static partial class C;", "_ = C.Regime.{|CS0117:Int5|};", "[AllReduceKernels(Regimes = [QuantRegime.FP, QuantRegime.Int8, QuantRegime.Int6, QuantRegime.Int4, QuantRegime.Int5])] public static partial class C;")]
    [InlineData("[AllReduceKernels(WorldSizes = new[] { 2 })] public static partial class C;", "_ = C.WorldSize.{|CS0117:Three|};", "[AllReduceKernels(WorldSizes = new[] { 2, 3 })] public static partial class C;")]
    [InlineData(
        "[AllReduceKernel(DataType.Float16, QuantRegime.Int4, 2)]\n[AllReduceKernel(DataType.BFloat16, QuantRegime.Int8, 4)]\npublic static partial class C;",
        "_ = C.GroupOf4.Regime.{|CS0117:Int6|};",
        "[AllReduceKernel(DataType.Float16, QuantRegime.Int4, 2)]\n[AllReduceKernel(DataType.BFloat16, QuantRegime.Int8, 4)]\n[AllReduceKernel(DataType.BFloat16, QuantRegime.Int6, 4)]\npublic static partial class C;")]
    [InlineData(
        "[AllReduceKernel(DataType.Float16, QuantRegime.Int4, 2)]\n[AllReduceKernel(DataType.Float16, QuantRegime.FP, 4)]\npublic static partial class C;",
        "C.{|CS0117:CreateGroupOf3|}();",
        "[AllReduceKernel(DataType.Float16, QuantRegime.Int4, 2)]\n[AllReduceKernel(DataType.Float16, QuantRegime.FP, 4)]\n[AllReduceKernel(DataType.Float16, QuantRegime.FP, 3)]\n[AllReduceKernel(DataType.Float16, QuantRegime.Int4, 3)]\npublic static partial class C;")]
    public Task CS0117_what_is_missing_is_declared(string set, string statement, string fixedSet) =>
        CodeFixRun<EmptyDiagnosticAnalyzer, DeclareVariant>.AssertAsync(Program(set, statement), Program(fixedSet, Unmarked(statement)));

    [Fact]
    public Task CS0117_of_other_types_is_left_alone() =>
        CodeFixRun<EmptyDiagnosticAnalyzer, DeclareVariant>.AssertNoneAsync(Program(Two, "_ = C.Regime.{|CS0117:Int9|}; _ = DayOfWeek.{|CS0117:Int6|}; C.{|CS0117:CreateGroupOf3|}();"));

    [Fact]
    public Task QR0040_world_size_is_declared() => CodeFixRun<WorldSizeMustBeDeclared, DeclareVariant>.AssertAsync(
        Program(Two, "C.CreateGroup([|(C.WorldSize)3|]).Dispose(); AllReduceGroup.Create(C.Kernels, [|3|]).Dispose();"),
        Program(Two.Replace("[2, 4]", "[2, 4, 3]"), "C.CreateGroup((C.WorldSize)3).Dispose(); AllReduceGroup.Create(C.Kernels, 3).Dispose();"));

    [Fact]
    public Task QR0041_regime_is_declared() => CodeFixRun<RegimeMustBeDeclared, DeclareVariant>.AssertAsync(
        Program(Two, "_ = [|(C.Regime)8|];"),
        Program(Two.Replace("QuantRegime.Int4]", "QuantRegime.Int4, QuantRegime.Int8]"), "_ = (C.Regime)8;"));

    [Fact]
    public Task QR0042_algorithm_is_declared() => CodeFixRun<AlgorithmMustBeDeclared, DeclareVariant>.AssertAsync(
        Program(Two, "C.CreateGroup(C.WorldSize.Two, new() { Algorithm = [|AllReduceAlgorithm.OneShot|] }).Dispose();"),
        Program(
            Two.Replace("[2, 4])", "[2, 4], Algorithms = [AllReduceAlgorithm.TwoShot, AllReduceAlgorithm.OneShot])"),
            "C.CreateGroup(C.WorldSize.Two, new() { Algorithm = AllReduceAlgorithm.OneShot }).Dispose();"));

    [Fact]
    public Task QR0044_unused_value_is_removed() => CodeFixRun<VariantShouldBeUsed, RemoveValue>.AssertAsync(
        Program("[AllReduceKernels(Regimes = [[|QuantRegime.FP|], QuantRegime.Int4], WorldSizes = [2, [|4|]])] internal static partial class C;", "Console.WriteLine((C.Regime.Int4, C.WorldSize.Two));"),
        Program("[AllReduceKernels(Regimes = [QuantRegime.Int4], WorldSizes = [2])] internal static partial class C;", "Console.WriteLine((C.Regime.Int4, C.WorldSize.Two));"));

    [Fact]
    public Task QR0044_a_class_of_which_nothing_is_used_is_left_to_its_author() => CodeFixRun<VariantShouldBeUsed, RemoveValue>.AssertNoneAsync(
        "[[|AllReduceKernels|]] internal static partial class C;");

    [Theory]
    [InlineData("void M(C.Group g) { [|g.RunAsync(rank => { })|]; }", "async System.Threading.Tasks.Task M(C.Group g) { await g.RunAsync(rank => { }); }")]
    [InlineData("void M(C.Group g) => [|g.RunAsync(rank => { })|];", "async System.Threading.Tasks.Task M(C.Group g) => await g.RunAsync(rank => { });")]
    [InlineData("void M(C.Group g) { void L() { [|g.RunAsync(rank => { })|]; } }", "void M(C.Group g) { async System.Threading.Tasks.Task L() { await g.RunAsync(rank => { }); } }")]
    public Task QR0045_run_is_awaited(string method, string fixedMethod) =>
        CodeFixRun<RunMustBeAwaited, AwaitRun>.AssertAsync(Two + " internal class P { " + method + " }", Two + " internal class P { " + fixedMethod + " }");

    [Theory]
    [InlineData("internal class P : IDisposable { private C.Group? g; public void Dispose() { g = null; [|AllReduceGroup.Create(C.Kernels, 2).RunAsync(rank => { })|]; } }")]
    [InlineData("internal class P { int M(C.Group g) { [|g.RunAsync(rank => { })|]; return 1; } }")]
    [InlineData("internal class P { Action M(C.Group g) => () => [|g.RunAsync(rank => { })|]; }")]
    public Task QR0045_has_no_fix_where_a_signature_is_not_free(string type) => CodeFixRun<RunMustBeAwaited, AwaitRun>.AssertNoneAsync("#nullable enable\n" + Two + type);

    [Theory]
    [InlineData("var [|g|] = C.CreateGroup(C.WorldSize.Two);", "using var g = C.CreateGroup(C.WorldSize.Two);")]
    [InlineData("C.Group [|g|] = C.CreateGroup(C.WorldSize.Two), [|h|] = C.CreateGroup(C.WorldSize.Four);", "using C.Group g = C.CreateGroup(C.WorldSize.Two), h = C.CreateGroup(C.WorldSize.Four);")]
    public Task QR0046_group_gets_using(string statement, string fixedStatement) =>
        CodeFixRun<GroupMustBeDisposed, DisposeGroup>.AssertAsync(Program(Two, statement), Program(Two, fixedStatement));

    [Fact]
    public Task QR0046_has_no_fix_in_a_section_of_a_switch() => CodeFixRun<GroupMustBeDisposed, DisposeGroup>.AssertNoneAsync(
        Program(Two, "switch (1) { case 1: var [|g|] = C.CreateGroup(C.WorldSize.Two); break; }"));

    private static string Program(string set, string statement) => set + "\ninternal static class Program { static void Run() { " + statement + " } }";

    private static string Unmarked(string statement) => statement.Replace("{|CS0117:", "").Replace("|}", "");
}
