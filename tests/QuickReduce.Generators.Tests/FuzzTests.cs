using System.Globalization;
using System.Text;
using Microsoft.CodeAnalysis;
using QuickReduce.Generators.Tests.Support;

namespace QuickReduce.Generators.Tests;

/// <summary>
/// Random declarations, valid and not: nothing ever throws, what is generated compiles and is what was declared, and
/// what is left out is reported.
/// </summary>
public sealed class FuzzTests
{
    private const int Seed = 20260711;
    private const int ClassesPerCompilation = 100;
    private const int Compilations = 25;
    private const int Truncations = 400;

    private static readonly int[] WorldSizes = [2, 4, 8, 0, 1, 3, 16, -2, int.MaxValue];
    private static readonly string[] DataTypes = ["DataType.Float16", "DataType.BFloat16", "(DataType)0", "(DataType)2", "(DataType)(-1)"];
    private static readonly string[] Regimes = ["QuantRegime.FP", "QuantRegime.Int8", "QuantRegime.Int6", "QuantRegime.Int4", "(QuantRegime)4", "(QuantRegime)int.MinValue"];

    [Fact]
    public async Task Random_declarations_are_generated_or_reported()
    {
        var random = new Random(Seed);
        for (var i = 0; i < Compilations; i++)
        {
            var classes = Enumerable.Range(0, ClassesPerCompilation)
                .Select(n => RandomClass.Create(random, "C" + n.ToString(CultureInfo.InvariantCulture)))
                .ToArray();

            // The HIP sources are most of the work and differ little from class to class.
            await CheckAsync(classes, i == 0 ? IncrementalGeneratorOutputKind.None : IncrementalGeneratorOutputKind.Implementation);
        }
    }

    [Fact]
    public async Task Truncated_sources_never_throw()
    {
        var random = new Random(Seed);
        for (var i = 0; i < Truncations; i++)
        {
            var source = "using QuickReduce; namespace N { partial class Outer { " + RandomClass.Create(random, "C").Source + " } }";
            source = source[..random.Next(source.Length + 1)];
            if (random.Next(2) == 0)
            {
                // What an editor leaves after a deletion in the middle.
                source = source.Remove(random.Next(source.Length + 1)) + source[random.Next(source.Length + 1)..];
            }

            var run = GeneratorRun.Run(GeneratorRun.CreateDriver(), TestCompilation.Of(source));
            if (i % 10 == 0)
            {
                await AnalyzerRun.OfAsync(run.Output);
            }
        }
    }

    private static async Task CheckAsync(IReadOnlyList<RandomClass> classes, IncrementalGeneratorOutputKind disabledOutputs)
    {
        var run = GeneratorRun.Run(
            GeneratorRun.CreateDriver(disabledOutputs),
            TestCompilation.Of("using QuickReduce;\n" + string.Join("\n", classes.Select(c => c.Source))));
        Assert.Empty(TestCompilation.ProblemsOf(run.Output));

        var diagnostics = await AnalyzerRun.OfAsync(run.Output);
        var files = run.Files;
        foreach (var declared in classes)
        {
            var generated = files.GetValueOrDefault(declared.Name + ".g.cs");
            var expected = declared.IsRefused ? [] : declared.Variants;
            Assert.Equal(
                expected,
                generated is null ? [] : [.. generated.Split('\n').Where(l => l.Contains("new(global::QuickReduce.DataType", StringComparison.Ordinal)).Select(ParseVariant)]);

            // One class, one line.
            var line = classes.ToList().IndexOf(declared) + 1;
            var errors = diagnostics.Where(d => d.Severity == DiagnosticSeverity.Error && d.Location.GetLineSpan().StartLinePosition.Line == line);
            Assert.Equal(declared.IsWrong, errors.Any());
        }
    }

    private static (int DataType, int Regime, int WorldSize) ParseVariant(string line)
    {
        var parts = line.Trim()["new(".Length..^"),".Length].Split(", ");
        return (
            (int)Enum.Parse<DataType>(parts[0].Split('.')[^1]),
            (int)Enum.Parse<QuantRegime>(parts[1].Split('.')[^1]),
            int.Parse(parts[2], CultureInfo.InvariantCulture));
    }

    /// <summary>A random class, with what should come of it by a second, simpler reckoning.</summary>
    private sealed record RandomClass(string Name, string Source, IReadOnlyList<(int DataType, int Regime, int WorldSize)> Variants, bool IsRefused, bool IsWrong)
    {
        public static RandomClass Create(Random random, string name)
        {
            var source = new StringBuilder();
            var variants = new SortedSet<(int, int, int)>();
            var isWrong = false;
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                var isSingle = random.Next(2) == 0;
                var dataTypes = Pick(random, DataTypes, isSingle);
                var regimes = Pick(random, Regimes, isSingle);
                var worldSizes = Pick(random, WorldSizes.Select(w => w.ToString(CultureInfo.InvariantCulture)).ToArray(), isSingle);
                source.Append(isSingle
                    ? $"[AllReduceKernel({dataTypes![0]}, {regimes![0]}, {worldSizes![0]})] "
                    : $"[AllReduceKernels({string.Join(", ", new[] { Axis(random, "DataTypes", "DataType", dataTypes), Axis(random, "Regimes", "QuantRegime", regimes), Axis(random, "WorldSizes", "int", worldSizes) }.Where(a => a.Length > 0))})] ");

                var values = (
                    DataTypes: (dataTypes ?? DataTypes[..2]).Select(v => Array.IndexOf(DataTypes, v) switch { 0 or 2 => 0, 1 => 1, _ => -1 }).ToArray(),
                    Regimes: (regimes ?? Regimes[..4]).Select(v => Array.IndexOf(Regimes, v) is var r and < 4 ? r : -1).ToArray(),
                    WorldSizes: (worldSizes ?? ["2", "4", "8"]).Select(v => v is "2" or "4" or "8" ? int.Parse(v, CultureInfo.InvariantCulture) : -1).ToArray());
                isWrong |= new[] { values.DataTypes, values.Regimes, values.WorldSizes }.Any(v => v.Length == 0 || v.Contains(-1));
                variants.UnionWith(
                    from dataType in values.DataTypes where dataType >= 0
                    from regime in values.Regimes where regime >= 0
                    from worldSize in values.WorldSizes where worldSize >= 0
                    select (dataType, regime, worldSize));
            }

            var isRefused = random.Next(5) == 0;
            source.Append(isRefused ? $"public class {name};" : $"public partial class {name};");
            return new(name, source.ToString(), [.. variants], isRefused, isRefused || isWrong);
        }

        private static string[]? Pick(Random random, string[] values, bool isSingle)
        {
            // Mostly values that are valid, so that there is something to generate.
            string One() => values[random.Next(random.Next(4) == 0 ? values.Length : 2)];
            return isSingle ? [One()] : random.Next(3) == 0 ? null : [.. Enumerable.Range(0, random.Next(4)).Select(_ => One())];
        }

        private static string Axis(Random random, string name, string type, string[]? values) => values is null
            ? string.Empty
            : name + " = " + (random.Next(3), values.Length) switch
            {
                (0, _) => "[" + string.Join(", ", values) + "]",
                (1, > 0) => "new[] { " + string.Join(", ", values) + " }",
                _ => "new " + type + "[] { " + string.Join(", ", values) + " }",
            };
    }
}
