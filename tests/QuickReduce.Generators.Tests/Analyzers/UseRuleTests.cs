using Microsoft.CodeAnalysis;
using QuickReduce.Generators.Tests.Support;

namespace QuickReduce.Generators.Tests.Analyzers;

/// <summary>Rules about code that uses kernels.</summary>
public sealed class UseRuleTests
{
    // Both are public in a library, whose kernels somebody else may use.
    private const string Sets = """
        [AllReduceKernels(DataTypes = [DataType.Float16], Regimes = [QuantRegime.Int4, QuantRegime.Int8], WorldSizes = [2, 8])]
        public static partial class C;

        [AllReduceKernel(DataType.Float16, QuantRegime.Int4, 2)]
        [AllReduceKernel(DataType.Float16, QuantRegime.Int4, 2, Algorithm = AllReduceAlgorithm.OneShot)]
        [AllReduceKernel(DataType.Float16, QuantRegime.FP, 4)]
        [AllReduceKernel(DataType.BFloat16, QuantRegime.Int4, 4, GroupSize = 16)]
        public static partial class N;
        """;

    [Theory]
    [InlineData("using var g = C.CreateGroup([|(C.WorldSize)3|]);", "'C' declares no kernel for 3 ranks, but for 2, 8")]
    [InlineData("const int size = 4; using var g = C.CreateGroup(options: null, worldSize: [|(C.WorldSize)size|]);", "4 ranks")]
    [InlineData("using var g = AllReduceGroup.Create(C.Kernels, [|3|]);", "3 ranks")]
    [InlineData("using var g = AllReduceGroup.Create(worldSize: [|16|], kernels: N.Kernels);", "'N' declares no kernel for 16 ranks, but for 2, 4")]
    public async Task QR0040_world_size_is_not_declared(string statement, string message) => await AssertReportedAsync("QR0040", statement, message);

    [Theory]
    [InlineData("var r = [|(C.Regime)6|];", "Regime Int6 is no member of 'C.Regime', so that every all-reduce with it throws; there are Int4, Int8")]
    [InlineData("var r = [|default(C.Regime)|];", "Regime FP")]
    [InlineData("C.Regime r = [|0|];", "Regime FP")]
    [InlineData("var r = [|(N.GroupOf4.BFloat16Regime)4|];", "there are Int4Group16")]
    [InlineData("var r = [|(C.Regime)99|];", "99 is no member")]
    public async Task QR0041_regime_is_not_declared(string statement, string message) => await AssertReportedAsync("QR0041", statement, message);

    [Theory]
    [InlineData("using var g = C.CreateGroup(C.WorldSize.Two, new GroupOptions { Algorithm = [|AllReduceAlgorithm.OneShot|] });", "'C' declares no OneShot kernel for 2 ranks")]
    [InlineData("using var g = N.CreateGroupOf4(new() { MaxThreads = 1, Algorithm = [|AllReduceAlgorithm.OneShot|] });", "'N' declares no OneShot kernel for 4 ranks")]
    [InlineData("using var g = AllReduceGroup.Create(C.Kernels, args.Length, new() { Algorithm = [|(AllReduceAlgorithm)1|] });", "'C' declares no OneShot kernel, so")]
    public async Task QR0042_algorithm_is_not_declared(string statement, string message) => await AssertReportedAsync("QR0042", statement, message);

    [Theory]
    [InlineData("using var g = C.CreateGroup(C.WorldSize.Two, new GroupOptions { OneShotMaxBytes = [|1024|] });", "'C' declares TwoShot kernels only")]
    [InlineData("using var g = N.CreateGroupOf2(new() { OneShotMaxBytes = [|0|] });", "lets no message be reduced in one shot")]
    [InlineData("using var g = N.CreateGroupOf2(new() { OneShotMaxBytes = [|64L|], Algorithm = AllReduceAlgorithm.TwoShot });", "no effect beside Algorithm")]
    public async Task QR0043_limit_does_not_matter(string statement, string message) => await AssertReportedAsync("QR0043", statement, message);

    [Theory]
    [InlineData("void Run() { using var g = C.CreateGroup(C.WorldSize.Two); [|g.RunAsync(rank => { })|]; } Run();")]
    [InlineData("void Run(C.Group? g) { g?[|.RunAsync(rank => { })|]; } Run(null);")]
    [InlineData("Action<AllReduceGroup> run = g => [|g.RunAsync(rank => { })|]; await System.Threading.Tasks.Task.Yield();")]
    public async Task QR0045_run_is_dropped(string statement) => await AssertReportedAsync("QR0045", statement, "dropped");

    [Theory]
    [InlineData("var [|g|] = C.CreateGroup(C.WorldSize.Two);")]
    [InlineData("N.GroupOf4 [|g|] = N.CreateGroupOf4(), [|h|] = N.CreateGroupOf4(new());")]
    [InlineData("var [|g|] = AllReduceGroup.Create(C.Kernels, 2); Console.WriteLine(g.WorldSize + g[0].Index); if (g is not null) { _ = g.RunAsync(rank => { }); }")]
    [InlineData("void Local() { var [|g|] = C.CreateGroup(C.WorldSize.Two); Action use = () => Console.WriteLine(g.RankCount); use(); } Local();")]
    public async Task QR0046_group_is_not_disposed(string statement) => await AssertReportedAsync("QR0046", statement, "'g' is neither disposed");

    [Theory]
    [InlineData("using var g = C.CreateGroup(C.WorldSize.Two); await g.RunAsync(rank => { }); g.RunAsync(rank => { }).Wait(); _ = g.RunAsync(rank => { });")]
    [InlineData("var g = C.CreateGroup((C.WorldSize)args.Length); g.Dispose();")]
    [InlineData("var g = C.CreateGroup((C.WorldSize)8); try { } finally { g?.Dispose(); }")]
    [InlineData("var g = C.CreateGroup(C.WorldSize.Two); using (g) { }")]
    [InlineData("using (var g = C.CreateGroup(C.WorldSize.Two)) { }")]
    [InlineData("C.Group Make() { var g = C.CreateGroup(C.WorldSize.Two); return g; } Make().Dispose();")]
    [InlineData("var g = C.CreateGroup(C.WorldSize.Two); var list = new System.Collections.Generic.List<C.Group> { g };")]
    [InlineData("var g = C.CreateGroup(C.WorldSize.Two); IDisposable d = g; d.Dispose();")]
    [InlineData("C.Group? g = null; Console.WriteLine(g);")]
    [InlineData("using var g = N.CreateGroupOf2(new() { OneShotMaxBytes = 4096 }); using var h = N.CreateGroupOf2(new() { Algorithm = AllReduceAlgorithm.OneShot });")]
    [InlineData("using var g = N.CreateGroupOf2(new() { Algorithm = null, OneShotMaxBytes = args.Length });")]
    [InlineData("var r = (C.Regime)4; r = (C.Regime)args.Length; r = C.Regime.Int8; var m = (N.GroupOf4.BFloat16Regime)(4 | 16 << 8);")]
    [InlineData("using var g = AllReduceGroup.Create(new KernelSet(\"K\", [], []), 3);")]
    [InlineData("async System.Threading.Tasks.Task Run(C.Group g) { await g.RunAsync(rank => { }); } _ = Run(null!);")]
    public async Task Right_uses_are_silent(string statement) => Assert.Empty(await AnalyzerRun.OfAsync(Program(statement)));

    [Theory]
    [InlineData("[[|AllReduceKernels|]] internal static partial class U;", "", "any kernel of 'U'")]
    [InlineData("[AllReduceKernels(Regimes = [QuantRegime.Int4, [|QuantRegime.Int8|]], WorldSizes = [2])] internal static partial class U;", "Use(U.CreateGroup(U.WorldSize.Two)[0], U.Regime.Int4);", "regime Int8 of 'U'")]
    [InlineData("[AllReduceKernels(Regimes = [QuantRegime.Int4], WorldSizes = [2, [|4|]])] internal static partial class U;", "Use(U.CreateGroup(U.WorldSize.Two)[0], U.Regime.Int4);", "world size 4 of 'U'")]
    [InlineData("[AllReduceKernels(Regimes = [QuantRegime.Int4], GroupSizes = [[|16|], 32], WorldSizes = [2])] internal static partial class U;", "Use(U.CreateGroup(U.WorldSize.Two)[0], U.Regime.Int4);", "group size 16 of 'U'")]
    [InlineData("[AllReduceKernels(Regimes = [QuantRegime.Int4], ScaleFormats = [ScaleFormat.BFloat16, [|ScaleFormat.SharedExponent|]], WorldSizes = [2])] internal static partial class U;", "Use(U.CreateGroup(U.WorldSize.Two)[0], U.Regime.Int4);", "scale format SharedExponent of 'U'")]
    [InlineData("[AllReduceKernel(DataType.Float16, QuantRegime.FP, 2), [|AllReduceKernel(DataType.Float16, QuantRegime.Int4, 4)|]] internal static partial class U;", "Use(U.CreateGroupOf2(), U.GroupOf2.Regime.FP);", "kernel float16_int4 two_shot_world4 of 'U'")]
    [InlineData("public partial class Outer { [AllReduceKernels(Regimes = [QuantRegime.Int4, [|QuantRegime.Int8|]], WorldSizes = [2])] private static partial class U; public static void Run() => Console.WriteLine((U.CreateGroup((U.WorldSize)2), (U.Regime)4)); }", "", "regime Int8")]
    public async Task QR0044_kernels_are_never_used(string set, string use, string message)
    {
        var diagnostics = await AnalyzerRun.AssertReportedAtMarksAsync("QR0044", Unused(set, use));
        Assert.Contains("Nothing uses " + message, diagnostics[0].GetMessage(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Use(U.CreateGroup(U.WorldSize.Two)[0], U.Regime.Int4, U.Regime.Int8, U.WorldSize.Four);")]
    [InlineData("Use(U.Kernels);")]
    [InlineData("U.CreateGroup((U.WorldSize)Environment.ProcessorCount)[0].AllReduce(new Half[1]);")]
    [InlineData("U.CreateGroup((U.WorldSize)Environment.ProcessorCount).AllReduce(new ReadOnlyMemory<Half>[1], new Memory<Half>[1]);")]
    [InlineData("Use((U.WorldSize)Environment.ProcessorCount, typeof(U.Regime));")]
    [InlineData("Use(Enum.Parse<U.Regime>(\"Int4\"), Enum.GetValues<U.WorldSize>());")]
    [InlineData("} public static U.Regime Chosen { get; set; } public static U.WorldSize? Size { get; set; } static void More() {")]
    public async Task What_may_be_used_is_not_reported(string use) => Assert.Empty(await AnalyzerRun.OfAsync(
        Unused("[AllReduceKernels(Regimes = [QuantRegime.Int4, QuantRegime.Int8], WorldSizes = [2, 4])] internal static partial class U;", use)));

    [Fact]
    public async Task Kernels_that_others_may_use_are_not_reported()
    {
        Assert.Empty(await AnalyzerRun.OfAsync(Unused("[AllReduceKernels] public static partial class U;", "")));
        Assert.Empty(await AnalyzerRun.OfAsync(
            "[assembly: System.Runtime.CompilerServices.InternalsVisibleTo(\"Tests\")]", Unused("[AllReduceKernels] internal static partial class U;", "")));
    }

    [Fact]
    public async Task An_application_has_no_others()
    {
        var source = Unused("[[|AllReduceKernels|]] public static partial class U;", "} static void Main() {");
        await AnalyzerRun.AssertReportedAtMarksAsync(
            "QR0044", source, static text => TestCompilation.Of(text) is var c ? c.WithOptions(c.Options.WithOutputKind(OutputKind.ConsoleApplication)) : throw new InvalidOperationException());
    }

    [Fact]
    public async Task Without_QuickReduce_there_is_nothing_to_do()
    {
        var compilation = TestCompilation.Of("class Group { void M() { var g = new Group(); } }");
        Assert.Empty(await AnalyzerRun.OfAsync(compilation.WithReferences(compilation.References.Where(r => !r.Display!.EndsWith("QuickReduce.dll", StringComparison.Ordinal)))));
    }

    private static async Task AssertReportedAsync(string id, string statement, string message)
    {
        var diagnostics = await AnalyzerRun.AssertReportedAtMarksAsync(id, Program(statement));
        Assert.Contains(message, diagnostics[0].GetMessage(), StringComparison.Ordinal);
    }

    private static string Program(string statement) =>
        "using System; using QuickReduce;\n" + Sets + "\ninternal static class Program { public static async System.Threading.Tasks.Task RunAll(string[] args) { " + statement + " } }";

    private static string Unused(string set, string use) =>
        "using System; using QuickReduce;\n" + set + "\ninternal static class Program { static void Use(params object[] values) { } static void Run() { " + use + " } }";
}
