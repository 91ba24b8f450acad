using Microsoft.CodeAnalysis;
using QuickReduce.Generators.Tests.Support;

namespace QuickReduce.Generators.Tests;

/// <summary>What was declared can be called; what was not does not compile.</summary>
public sealed class UndeclaredCombinationTests
{
    private const string Uniform = "[AllReduceKernels(DataTypes = [DataType.Float16], Regimes = [QuantRegime.FP, QuantRegime.Int6], WorldSizes = [2, 8])] public static partial class C;";

    private const string NonUniform = """
        [AllReduceKernel(DataType.Float16, QuantRegime.Int4, 2)]
        [AllReduceKernel(DataType.Float16, QuantRegime.FP, 4)]
        [AllReduceKernel(DataType.BFloat16, QuantRegime.Int8, 4)]
        public static partial class C;
        """;

    [Theory]
    [InlineData("C.CreateGroup(C.WorldSize.Two)[0].AllReduce(new Half[8], new Half[8], C.Regime.FP);")]
    [InlineData("C.CreateGroup(C.WorldSize.Eight, new GroupOptions())[1].AllReduce(new Half[8].AsSpan(), C.Regime.Int6);")]
    [InlineData("using var group = C.CreateGroup(C.WorldSize.Two); group.AllReduce([new Half[8], new Half[8]], [new Half[8], new Half[8]], C.Regime.Int6);")]
    [InlineData("var data = new[] { new Half[8], new Half[8] }; using var group = C.CreateGroup(C.WorldSize.Two); group.RunAsync(rank => rank.AllReduce(data[rank.Index], data[rank.Index], C.Regime.Int6)).Wait();")]
    [InlineData("C.Group? group = null; int count = group?.RankCount ?? 0; DeviceKind? device = group?.Device; C.Rank rank = default; count += rank.RankCount;")]
    [InlineData("KernelSet kernels = C.Kernels;")]
    [InlineData("C.Kernels.Equals((QuantRegime)C.Regime.Int6);")]
    public void A_declared_combination_compiles(string statement) => GeneratorRun.Of(Program(Uniform, statement));

    [Theory]
    [InlineData("C.CreateGroup(C.WorldSize.Four);", "CS0117")]
    [InlineData("C.CreateGroup(4);", "CS1503")]
    [InlineData("C.CreateGroup(C.WorldSize.Two)[0].AllReduce(new Half[8], new Half[8], C.Regime.Int4);", "CS0117")]
    [InlineData("C.CreateGroup(C.WorldSize.Two)[0].AllReduce(new BFloat16[8], new BFloat16[8], C.Regime.FP);", "CS1503")]
    [InlineData("C.CreateGroup(C.WorldSize.Two)[0].AllReduce(new float[8], new float[8], C.Regime.FP);", "CS1503")]
    [InlineData("C.CreateGroup(C.WorldSize.Two)[0].AllReduce(new Half[8], new Half[8], QuantRegime.FP);", "CS1503")]
    public void An_undeclared_combination_does_not(string statement, string error) => AssertError(Program(Uniform, statement), error);

    [Theory]
    [InlineData("C.CreateGroupOf2()[0].AllReduce(new Half[8], new Half[8], C.GroupOf2.Regime.Int4);")]
    [InlineData("C.CreateGroupOf4()[0].AllReduce(new Half[8], new Half[8], C.GroupOf4.Float16Regime.FP);")]
    [InlineData("C.CreateGroupOf4(new GroupOptions()).AllReduce(new ReadOnlyMemory<BFloat16>[4], new Memory<BFloat16>[4], C.GroupOf4.BFloat16Regime.Int8);")]
    public void A_declared_combination_compiles_in_a_set_that_is_not_uniform(string statement) => GeneratorRun.Of(Program(NonUniform, statement));

    [Theory]
    [InlineData("C.CreateGroupOf8();", "CS0117")]
    [InlineData("C.CreateGroupOf2()[0].AllReduce(new Half[8], new Half[8], C.GroupOf2.Regime.FP);", "CS0117")]
    [InlineData("C.CreateGroupOf2()[0].AllReduce(new BFloat16[8], new BFloat16[8], C.GroupOf2.Regime.Int4);", "CS1503")]
    [InlineData("C.CreateGroupOf4()[0].AllReduce(new Half[8], new Half[8], C.GroupOf4.BFloat16Regime.Int8);", "CS1503")]
    [InlineData("C.CreateGroupOf4()[0].AllReduce(new Half[8], new Half[8], C.GroupOf2.Regime.Int4);", "CS1503")]
    public void An_undeclared_combination_does_not_in_a_set_that_is_not_uniform(string statement, string error) =>
        AssertError(Program(NonUniform, statement), error);

    private static string Program(string collectives, string statement) =>
        "using System; using QuickReduce;\n" + collectives + "\ninternal static class Program { public static void Run() { " + statement + " } }";

    private static void AssertError(string source, string id)
    {
        var errors = TestCompilation.ProblemsOf(GeneratorRun.OfBroken(source).Output).Where(d => d.Severity == DiagnosticSeverity.Error).ToArray();
        Assert.NotEmpty(errors);
        Assert.All(errors, e => Assert.Equal(id, e.Id));
    }
}
