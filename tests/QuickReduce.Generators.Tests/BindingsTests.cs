using System.Globalization;
using System.Reflection;
using Microsoft.CodeAnalysis;
using QuickReduce.Codegen;
using QuickReduce.Generators.Tests.Support;

namespace QuickReduce.Generators.Tests;

public sealed class BindingsTests
{
    private const string Uniform = """
        using QuickReduce;

        namespace My.App;

        [AllReduceKernels(
            DataTypes = [DataType.Float16, DataType.BFloat16],
            Regimes = [QuantRegime.FP, QuantRegime.Int4],
            WorldSizes = [2, 8])]
        public static partial class LlamaCollectives;
        """;

    private const string NonUniform = """
        using QuickReduce;

        namespace My.App;

        public partial interface IModel
        {
            [AllReduceKernel(DataType.Float16, QuantRegime.FP, 2)]
            [AllReduceKernels(Regimes = [QuantRegime.Int8], WorldSizes = [4])]
            [AllReduceKernel(DataType.BFloat16, QuantRegime.Int6, 4)]
            internal sealed partial record Collectives;
        }
        """;

    private const string AllAttributes = """
        [AllReduceKernels(Regimes = [QuantRegime.FP, QuantRegime.Int4], GroupSizes = [16, 32], ScaleFormats = [ScaleFormat.BFloat16, ScaleFormat.SharedExponent], WorldSizes = [2, 3])]
        [AllReduceKernel(DataType.Float32, QuantRegime.FP, 3, Algorithm = AllReduceAlgorithm.OneShot, BlockSize = 512)]
        [AllReduceKernel(DataType.BFloat16, QuantRegime.Int5, 3, AtomsPerThread = 16)]
        """;

    private const string AllAxes = "using QuickReduce;\n" + AllAttributes + "\npublic static partial class Collectives;";

    [Fact]
    public void A_cross_product_gets_one_group_type() =>
        VerifyBindings("Uniform.g.cs", Uniform, "My.App.LlamaCollectives.g.cs");

    [Fact]
    public void Anything_else_gets_a_group_type_for_each_world_size() =>
        VerifyBindings("NonUniform.g.cs", NonUniform, "My.App.IModel.Collectives.g.cs");

    [Fact]
    public void Group_sizes_are_members_of_the_regimes_and_tuning_is_none() =>
        VerifyBindings("AllAxes.g.cs", AllAxes, "Collectives.g.cs", GeneratorRun.OfMembers(AllAxes));

    [Fact]
    public void Members_longer_than_a_mebibyte_are_whole() => GeneratorRun.OfMembers(
        """
        using QuickReduce;

        [AllReduceKernels(WorldSizes = [2, 3, 4, 5, 6, 7, 8])]
        [AllReduceKernels(DataTypes = [DataType.Float32], Regimes = [QuantRegime.FP], WorldSizes = [2, 3, 4, 5, 6, 7, 8])]
        public static partial class Collectives;
        """);

    [Theory]
    [InlineData("[AllReduceKernels(Regimes = [QuantRegime.FP, QuantRegime.Int2, QuantRegime.Int7], GroupSizes = [16, 32, 64, 128], WorldSizes = [2, 3, 4, 5, 6, 7, 8])]")]
    [InlineData("[AllReduceKernels(Regimes = [QuantRegime.Int3], GroupSizes = [128], Algorithms = [AllReduceAlgorithm.OneShot])]")]
    [InlineData(AllAttributes)]
    public void Every_member_of_an_enumeration_has_its_mode(string attributes)
    {
        var modes = 0;
        foreach (var type in Load(GeneratorRun.OfMembers("using QuickReduce; " + attributes + " public static partial class Collectives;")).GetTypes())
        {
            foreach (var modeOf in type.GetMethods(BindingFlags.NonPublic | BindingFlags.Static).Where(method => method.Name == "ModeOf"))
            {
                foreach (var member in Enum.GetValues(modeOf.GetParameters()[0].ParameterType))
                {
                    var name = member.ToString()!;
                    var parts = name.Replace("Shared", string.Empty, StringComparison.Ordinal).Split("Group");
                    var usual = new AllReduceMode(Enum.Parse<QuantRegime>(parts[0]));
                    var expected = usual with
                    {
                        GroupSize = parts.Length == 1 ? usual.GroupSize : int.Parse(parts[1], CultureInfo.InvariantCulture),
                        ScaleFormat = name.EndsWith("Shared", StringComparison.Ordinal) ? ScaleFormat.SharedExponent : ScaleFormat.BFloat16,
                    };
                    Assert.Equal(expected, modeOf.Invoke(null, [member]));
                    modes++;
                }

                // Anything else is passed on, for the call to refuse.
                Assert.Equal(new AllReduceMode((QuantRegime)99), modeOf.Invoke(null, [Enum.ToObject(modeOf.GetParameters()[0].ParameterType, 99)]));
            }
        }

        Assert.NotEqual(0, modes);
    }

    [Theory]
    [InlineData("[AllReduceKernels]")]
    [InlineData(AllAttributes)]
    public void The_kernel_set_of_every_declaration_is_one_that_the_run_time_takes(string attributes)
    {
        var type = Load(GeneratorRun.OfMembers("using QuickReduce; " + attributes + " public static partial class Collectives;")).GetType("Collectives")!;
        var kernels = (KernelSet)type.GetProperty("Kernels")!.GetValue(null)!;
        Assert.All(kernels.Variants, variant => Assert.Contains(kernels.Units, unit => unit.Name == "Collectives." + variant.UnitName));
    }

    [Theory]
    [InlineData("[AllReduceKernels]")]
    [InlineData(AllAttributes)]
    public void Strict_projects_get_no_warning_about_what_is_generated(string attributes)
    {
        var run = GeneratorRun.OfMembers(TestCompilation.Of(
            "using QuickReduce;\n[assembly: System.CLSCompliant(true)]\n" + attributes + "\n[System.Obsolete] public static partial class Collectives;"));
        Assert.DoesNotContain(run.Output.GetDiagnostics(), d => d.Severity != DiagnosticSeverity.Hidden && TestCompilation.IsGenerated(d.Location.SourceTree));
    }

    [Theory]
    [InlineData("public partial class C;")]
    [InlineData("partial class C;")]
    [InlineData("internal static partial class C;")]
    [InlineData("public abstract partial class C { public int Count { get; } }")]
    [InlineData("public sealed partial record C(int Size);")]
    [InlineData("public partial class @class;")]
    [InlineData("public partial class @record;")]
    [InlineData("public partial class Größe;")]
    [InlineData("public partial class CKernelSet;")]
    [InlineData("public partial class lowercase;")]
    public void Every_kind_of_class_compiles(string declaration)
    {
        GeneratorRun.Of("#pragma warning disable CS8981\n[QuickReduce.AllReduceKernels] " + declaration);
        GeneratorRun.Of("#pragma warning disable CS8981\nnamespace @namespace.Inner.System; [global::QuickReduce.AllReduceKernels] " + declaration);
        GeneratorRun.Of("#pragma warning disable CS8981\npartial class Outer { readonly partial struct Middle { [QuickReduce.AllReduceKernels] " + declaration + " } }");
        GeneratorRun.Of("#pragma warning disable CS8981\npartial record struct Outer { partial interface Middle { [QuickReduce.AllReduceKernel(QuickReduce.DataType.BFloat16, 0, 2)] " + declaration + " } }");
    }

    [Theory]
    [InlineData("System")]
    [InlineData("QuickReduce")]
    [InlineData("Half")]
    [InlineData("CKernelSet")]
    public void Names_that_generated_code_uses_may_be_the_users_too(string name) =>
        GeneratorRun.Of($"namespace App; [global::QuickReduce.AllReduceKernels] public partial class {name}; [global::QuickReduce.AllReduceKernels] public partial class C;");

    [Fact]
    public void All_attributes_of_all_parts_are_one_set()
    {
        var run = GeneratorRun.Of(
            "using QuickReduce; [AllReduceKernel(DataType.Float16, QuantRegime.Int4, 4)] public partial class C;",
            "using QuickReduce; [AllReduceKernels(DataTypes = [DataType.Float16], Regimes = [QuantRegime.Int8], WorldSizes = [2, 4])] partial class C;",
            "using QuickReduce; [AllReduceKernel(DataType.Float16, QuantRegime.Int4, 2)] partial class C;");

        Assert.Equal(["C-kernels.g.cs", "C.g.cs", "declarations-all-reduce.g.cs"], run.Files.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(["C.float16_int4", "C.float16_int8"], run.Sources.Keys.Order(StringComparer.Ordinal));
        Assert.Contains("Group CreateGroup(WorldSize worldSize", run.Files["C.g.cs"], StringComparison.Ordinal);
    }

    [Fact]
    public void Classes_of_the_same_name_are_told_apart()
    {
        var run = GeneratorRun.Of(
            "namespace A { [QuickReduce.AllReduceKernels] public partial class C; }",
            "#pragma warning disable CS8981\nnamespace B { [QuickReduce.AllReduceKernels] public partial class C { [QuickReduce.AllReduceKernels] public partial class C2 { [QuickReduce.AllReduceKernels] internal partial class kernels; } } }");
        Assert.Equal(9, run.Files.Count);
    }

    [Fact]
    public void The_order_of_attributes_and_values_does_not_matter()
    {
        var one = GeneratorRun.Of("using QuickReduce; [AllReduceKernels(WorldSizes = [8, 2], Regimes = [QuantRegime.Int4, QuantRegime.FP])] public partial class C;");
        var other = GeneratorRun.Of("using QuickReduce; [AllReduceKernels(Regimes = [QuantRegime.FP, QuantRegime.Int4], WorldSizes = new[] { 2, 8 })] public partial class C;");
        Assert.Equal(one.Files, other.Files);
    }

    [Fact]
    public void What_is_valid_is_generated_although_the_rest_is_wrong()
    {
        var run = GeneratorRun.Of("using QuickReduce; [AllReduceKernels(DataTypes = [DataType.Float16, (DataType)9], WorldSizes = [2, 9, 4], Regimes = [QuantRegime.FP])] public partial class C;");
        Assert.Contains("Two = 2", run.Files["C.g.cs"], StringComparison.Ordinal);
        Assert.Contains("Four = 4", run.Files["C.g.cs"], StringComparison.Ordinal);
        Assert.DoesNotContain("BFloat16", run.Files["C.g.cs"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[AllReduceKernels] public class C;")]
    [InlineData("[AllReduceKernels] public partial class C<T>;")]
    [InlineData("[AllReduceKernels] file partial class C;")]
    [InlineData("public class Outer { [AllReduceKernels] public partial class C; }")]
    [InlineData("public partial class Outer<T> { [AllReduceKernels] public partial class C; }")]
    [InlineData("[AllReduceKernels(WorldSizes = [])] public partial class C;")]
    [InlineData("[AllReduceKernels(WorldSizes = null!)] public partial class C;")]
    [InlineData("[AllReduceKernels(WorldSizes = [9])] public partial class C;")]
    [InlineData("[AllReduceKernel((DataType)5, QuantRegime.FP, 2)] public partial class C;")]
    [InlineData("[AllReduceKernels] public partial class C { public int Kernels => 0; }")]
    [InlineData("[AllReduceKernels(Regimes = [QuantRegime.FP, QuantRegime.])] public partial class C;")]
    [InlineData("[AllReduceKernel(DataType.Float16, )] public partial class C;")]
    [InlineData("public partial class C;")]
    [InlineData("public class B { protected int Regime; } [AllReduceKernels] public partial class C : B;")]
    [InlineData("[AllReduceKernels] public partial class Same; [AllReduceKernels] public partial class same;")]
    public void Nothing_is_generated_for_what_is_refused(string source) =>
        Assert.Empty(GeneratorRun.OfBroken("using QuickReduce; " + source).Files);

    [Fact]
    public void A_private_member_of_a_base_class_is_in_nobodys_way() =>
        Assert.NotEmpty(GeneratorRun.Of("public class B { private int Regime() => 0; public int Use() => Regime(); } [QuickReduce.AllReduceKernels] public partial class C : B;").Files);

    [Fact]
    public void Static_initialisers_of_the_class_can_use_the_kernels()
    {
        var run = GeneratorRun.Of("[QuickReduce.AllReduceKernels] public partial class C { public static readonly QuickReduce.KernelSet Set = Kernels; }");
        Assert.NotNull(Load(run).GetType("C")!.GetField("Set")!.GetValue(null));
    }

    private static Assembly Load(GeneratorRun run)
    {
        using var assembly = new MemoryStream();
        Assert.True(run.Output.Emit(assembly).Success);
        return Assembly.Load(assembly.ToArray());
    }

    private static void VerifyBindings(string golden, string source, string hintName, GeneratorRun? run = null)
    {
        var text = (run ?? GeneratorRun.Of(source)).Files[hintName];

        // Neither a new version nor a new kernel template is a change of the bindings.
        text = text.Replace('"' + BindingsRenderer.ToolVersion + '"', "\"VERSION\"", StringComparison.Ordinal);
        text = System.Text.RegularExpressions.Regex.Replace(text, "\"[0-9a-f]{16}\"", "\"SOURCE_ID\"");
        Golden.Verify(golden, text);
    }
}
