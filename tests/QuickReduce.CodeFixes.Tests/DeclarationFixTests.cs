using QuickReduce.Generators.Diagnostics;

namespace QuickReduce.CodeFixes.Tests;

/// <summary>Fixes of declarations.</summary>
public sealed class DeclarationFixTests
{
    [Theory]
    [InlineData("[[|AllReduceKernels|]] public static class C;", "[AllReduceKernels] public static partial class C;")]
    [InlineData("[[|AllReduceKernels|]]\n/* why */ public sealed /* not */ record C\n{\n}", "[AllReduceKernels]\n/* why */ public sealed /* not */ partial record C\n{\n}")]
    [InlineData("[[|AllReduceKernels|]]\nclass C;\n\n[[|AllReduceKernels|]]\nclass D;", "[AllReduceKernels]\npartial class C;\n\n[AllReduceKernels]\npartial class D;")]
    public Task QR0001_class_becomes_partial(string source, string fixedSource) =>
        Support.CodeFixRun<ClassMustBePartial, MakePartial>.AssertAsync(source, fixedSource);

    [Fact]
    public Task QR0001_every_part_in_every_file_becomes_partial() => Support.CodeFixRun<ClassMustBePartial, MakePartial>.AssertAsync(
        ["[[|AllReduceKernels|]] public class {|CS0260:C|} { }", "public partial class C { } public class {|CS0260:C|} { }"],
        ["[AllReduceKernels] public partial class C { }", "public partial class C { } public partial class C { }"]);

    [Fact]
    public Task QR0002_containing_types_become_partial() => Support.CodeFixRun<ContainingTypeMustBePartial, MakePartial>.AssertAsync(
        "public class A { public readonly record struct B { [{|QR0002:{|QR0002:AllReduceKernels|}|}] public partial class C; } }",
        "public partial class A { public readonly partial record struct B { [AllReduceKernels] public partial class C; } }",
        iterations: 2,
        fixAllIterations: 1);

    [Theory]
    [InlineData("[AllReduceKernels(WorldSizes = [2, 4, [|2|]])]", "[AllReduceKernels(WorldSizes = [2, 4])]")]
    [InlineData("[AllReduceKernels(WorldSizes = [2, [|2|], [|2|], 4])]", "[AllReduceKernels(WorldSizes = [2, 4])]")]
    [InlineData("[AllReduceKernels(Regimes = new[] { QuantRegime.FP, [|QuantRegime.FP|] })]", "[AllReduceKernels(Regimes = new[] { QuantRegime.FP })]")]
    [InlineData("[AllReduceKernels]\n[[|AllReduceKernel(DataType.Float16, QuantRegime.Int4, 2)|]]\n", "[AllReduceKernels]\n")]
    [InlineData("[AllReduceKernels, [|AllReduceKernel(DataType.Float16, QuantRegime.Int4, 2)|]]", "[AllReduceKernels]")]
    [InlineData("[AllReduceKernels] [[|AllReduceKernel(DataType.Float16, QuantRegime.Int4, 2)|]] // Why.\n", "[AllReduceKernels]  // Why.\n")]
    public Task QR0005_repetition_is_removed(string attributes, string fixedAttributes) =>
        Support.CodeFixRun<VariantShouldBeDeclaredOnce, RemoveValue>.AssertAsync(
            attributes + " public static partial class C;", fixedAttributes + (fixedAttributes.EndsWith('\n') && !fixedAttributes.Contains("//") ? "public" : " public") + " static partial class C;");

    [Theory]
    [InlineData("[AllReduceKernels(WorldSizes = [2, [|9|]])]", "[AllReduceKernels(WorldSizes = [2, 8])]")]
    [InlineData("[AllReduceKernels(WorldSizes = [[|1|], [|-3|]])]", "[AllReduceKernels(WorldSizes = [2, 2])]")]
    [InlineData("[AllReduceKernels(GroupSizes = [[|48|]], BlockSizes = [[|400|]], AtomsPerThread = new[] { [|9|] })]", "[AllReduceKernels(GroupSizes = [32], BlockSizes = [512], AtomsPerThread = new[] { 8 })]")]
    [InlineData("[AllReduceKernel(DataType.Float16, QuantRegime.FP, worldSize: [|16|])]", "[AllReduceKernel(DataType.Float16, QuantRegime.FP, worldSize: 8)]")]
    public Task QR0006_nearest_number_is_taken(string attribute, string fixedAttribute) =>
        Support.CodeFixRun<NumberMustBeSupported, UseNearestValue>.AssertAsync(attribute + " public static partial class C;", fixedAttribute + " public static partial class C;");

    [Theory]
    [InlineData("[AllReduceKernels(Regimes = [[|(QuantRegime)9|]])]", "[AllReduceKernels(Regimes = [QuantRegime.Int8])]")]
    [InlineData("[AllReduceKernel([|(global::QuickReduce.DataType)(-1)|], QuantRegime.FP, 2)]", "[AllReduceKernel(DataType.Float16, QuantRegime.FP, 2)]")]
    [InlineData("[AllReduceKernels(Algorithms = [[|(AllReduceAlgorithm)(-7)|]])]", "[AllReduceKernels(Algorithms = [AllReduceAlgorithm.TwoShot])]")]
    public Task QR0007_nearest_member_is_taken(string attribute, string fixedAttribute) =>
        Support.CodeFixRun<EnumValueMustBeDefined, UseNearestValue>.AssertAsync(attribute + " public static partial class C;", fixedAttribute + " public static partial class C;");
}
