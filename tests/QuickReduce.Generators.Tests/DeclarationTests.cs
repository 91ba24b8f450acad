using Microsoft.CodeAnalysis;
using QuickReduce.Generators.Tests.Support;
using static Microsoft.CodeAnalysis.IncrementalStepRunReason;

namespace QuickReduce.Generators.Tests;

/// <summary>The build finds its way from a kernel back to the attribute that declares it, and what that allows.</summary>
public sealed class DeclarationTests
{
    private const string Source = """
        using QuickReduce;

        namespace App;

        [AllReduceKernels(DataTypes = [DataType.Float16], Regimes = [QuantRegime.FP, QuantRegime.Int4], WorldSizes = [2, 4], MaxVgprs = 64, MinOccupancy = 5),
         AllReduceKernel(DataType.BFloat16, QuantRegime.Int8, 8, NoSpills = true)]
        public partial class Collectives;

        """;

    [Fact]
    public void Every_attribute_is_carried_with_its_place_its_kernels_and_its_budget()
    {
        var declared = Declarations(GeneratorRun.Of(Source));
        Assert.Equal(
            [
                ("File0.cs", 5, 2, 64, false, 5, "App.Collectives.float16_fp two_shot_all_reduce_float16_fp_world2 two_shot_all_reduce_float16_fp_world4\n"
                    + "App.Collectives.float16_int4 two_shot_all_reduce_float16_int4_world2 two_shot_all_reduce_float16_int4_world4"),
                ("File0.cs", 6, 2, 0, true, 0, "App.Collectives.bfloat16_int8 two_shot_all_reduce_bfloat16_int8_world8"),
            ],
            declared);
    }

    [Fact]
    public void Every_kernel_of_a_source_is_declared()
    {
        var run = GeneratorRun.Of(Source);
        foreach (var unit in Declarations(run).SelectMany(declared => declared.Kernels.Split('\n')).Select(line => line.Split(' ')))
        {
            Assert.All(unit.Skip(1), kernel => Assert.Contains($" void {kernel}(", run.Sources[unit[0]], StringComparison.Ordinal));
        }
    }

    [Fact]
    public void A_line_above_the_class_moves_the_place_and_renders_nothing_else()
    {
        var before = TestCompilation.Of(Source);
        var first = GeneratorRun.Run(GeneratorRun.CreateDriver(), before);
        var second = GeneratorRun.Run(first.Driver, before.ReplaceSyntaxTree(before.SyntaxTrees[0], TestCompilation.Parse("// a line\n" + Source, "File0.cs")));
        Assert.Equal([6, 7], Declarations(second).Select(declared => declared.Line));
        Assert.Equal([Modified], Reasons(second, TrackingNames.Declarations));
        Assert.All([TrackingNames.Plan, TrackingNames.Bindings, TrackingNames.Sources], step =>
            Assert.All(Reasons(second, step), reason => Assert.Equal(Cached, reason)));
    }

    [Fact]
    public void An_editor_does_not_ask_for_places()
    {
        var run = GeneratorRun.OfMembers(Source);
        Assert.Empty(Declarations(run));
        Assert.DoesNotContain(TrackingNames.ReadPlaces, run.Result.TrackedSteps.Keys);
    }

    private static IEnumerable<IncrementalStepRunReason> Reasons(GeneratorRun run, string step) =>
        run.Result.TrackedSteps[step].SelectMany(s => s.Outputs).Select(o => o.Reason);

    private static IReadOnlyList<(string File, int Line, int Column, int MaxVgprs, bool NoSpills, int MinOccupancy, string Kernels)> Declarations(GeneratorRun run) =>
        [.. run.Output.Assembly.GetAttributes()
            .Where(attribute => attribute.AttributeClass?.Name == nameof(KernelDeclarationAttribute))
            .Select(attribute => attribute.ConstructorArguments.Select(argument => argument.Value!).ToArray())
            .Select(values => ((string)values[0], (int)values[1], (int)values[2], (int)values[4], (bool)values[5], (int)values[6], (string)values[3]))
            .OrderBy(declared => declared.Item2)];
}
