using System.Globalization;
using System.Text.RegularExpressions;
using CsCheck;
using Microsoft.CodeAnalysis;
using QuickReduce.Generators.Tests.Support;

namespace QuickReduce.Generators.Tests;

/// <summary>
/// Random declarations over all axes, valid, invalid and half typed: nothing ever throws, what is generated compiles
/// and is what was declared, and what is left out is reported.
/// </summary>
public sealed partial class FuzzTests
{
    // Many classes in one compilation: its set-up is most of the work.
    private const int ClassesPerCompilation = 100;
    private const int Compilations = 20;

    [Fact]
    public void Random_declarations_are_generated_or_reported() =>
        RandomDeclaration.Gen.Array[ClassesPerCompilation].Sample(Check, iter: Compilations, threads: 1, print: Print);

    [Fact]
    public void Half_typed_declarations_never_throw_and_what_is_generated_compiles() =>
        Gen.Select(RandomDeclaration.Gen, Gen.Double[0, 1], Gen.Double[0, 1], Gen.Bool)
            .Select((declaration, end, deleted, isDeletion) => HalfTyped(declaration.SourceOf("C"), end, deleted, isDeletion))
            .Array[ClassesPerCompilation]
            .Sample(CheckHalfTyped, iter: Compilations, threads: 1);

    private static void Check(RandomDeclaration[] declarations)
    {
        // One class, one line.
        var source = "using QuickReduce;\n" + string.Join("\n", declarations.Select((declaration, i) => declaration.SourceOf(NameOf(i))));
        var run = GeneratorRun.Run(GeneratorRun.CreateDriver(IncrementalGeneratorOutputKind.Implementation), TestCompilation.Of(source));
        var diagnostics = AnalyzerRun.WithCompiler(run.Output);
        Assert.Empty(TestCompilation.ProblemsAmong(diagnostics.Where(d => !d.Id.StartsWith("QR", StringComparison.Ordinal))));

        var linesWithErrors = diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => d.Location.GetLineSpan().StartLinePosition.Line).ToHashSet();
        for (var i = 0; i < declarations.Length; i++)
        {
            Assert.Equal(declarations[i].IsPartial ? declarations[i].Kernels : [], KernelsIn(run.Files.GetValueOrDefault(NameOf(i) + ".g.cs")));
            Assert.Equal(declarations[i].IsWrong, linesWithErrors.Contains(i + 1));
        }
    }

    private static void CheckHalfTyped(string[] sources)
    {
        // Each in a file and a namespace of its own, so that one unclosed brace does not swallow the others.
        var run = GeneratorRun.Run(
            GeneratorRun.CreateDriver(IncrementalGeneratorOutputKind.Implementation),
            TestCompilation.Of(sources.Select((source, i) => "using QuickReduce; namespace N" + i.ToString(CultureInfo.InvariantCulture) + " { partial class Outer { " + source)));
        var diagnostics = AnalyzerRun.WithCompiler(run.Output);
        Assert.Empty(diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error && TestCompilation.IsGenerated(d.Location.SourceTree)));
    }

    private static string HalfTyped(string source, double end, double deleted, bool isDeletion)
    {
        source = source[..(int)(end * source.Length)];

        // What an editor leaves after a deletion in the middle.
        var from = (int)(deleted * source.Length);
        return isDeletion ? source[..from] + source[((from + source.Length) / 2)..] : source;
    }

    private static string Print(RandomDeclaration[] declarations) => string.Join("\n", declarations.Select(declaration => declaration.SourceOf("C")));

    private static string NameOf(int index) => "C" + index.ToString(CultureInfo.InvariantCulture);

    private static SortedSet<RandomKernel> KernelsIn(string? bindings) => bindings is null ? [] :
    [
        .. NewVariant().Matches(bindings).Select(static match => new RandomKernel(
            (int)Enum.Parse<DataType>(match.Groups[1].Value),
            (int)Enum.Parse<QuantRegime>(match.Groups[2].Value),
            Number(match.Groups[3], 0),
            match.Groups[4].Success ? (int)Enum.Parse<AllReduceAlgorithm>(match.Groups[4].Value) : 0,
            Number(match.Groups[5], match.Groups[2].Value == "FP" ? 0 : 32),
            match.Groups[6].Success ? (int)Enum.Parse<ScaleFormat>(match.Groups[6].Value) : 0,
            Number(match.Groups[7], 256),
            Number(match.Groups[8], match.Groups[4].Success ? 1 : 8))),
    ];

    private static int Number(Group group, int otherwise) => group.Success ? int.Parse(group.Value, CultureInfo.InvariantCulture) : otherwise;

    [GeneratedRegex(@"new\(global::QuickReduce\.DataType\.(\w+), global::QuickReduce\.QuantRegime\.(\w+), (\d)(?:, global::QuickReduce\.AllReduceAlgorithm\.(\w+))?\)(?: \{ (?:GroupSize = (\d+))?(?:, )?(?:ScaleFormat = global::QuickReduce\.ScaleFormat\.(\w+))?(?:, )?(?:BlockSize = (\d+))?(?:, )?(?:AtomsPerThread = (\d+))? \})?,")]
    private static partial Regex NewVariant();
}
