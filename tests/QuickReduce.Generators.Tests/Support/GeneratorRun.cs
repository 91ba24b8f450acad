using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace QuickReduce.Generators.Tests.Support;

/// <summary>
/// One run of the generator over user code. Each is made twice: the second must find everything cached, no step may
/// hold on to compiler objects, and the generator may not throw.
/// </summary>
internal sealed class GeneratorRun
{
    public static readonly ImmutableArray<string> StepNames =
    [
        .. typeof(TrackingNames).GetFields().Select(f => (string)f.GetRawConstantValue()!),
    ];

    private GeneratorRun(GeneratorDriver driver, Compilation output, GeneratorRunResult result)
    {
        Driver = driver;
        Output = output;
        Result = result;
        Files = result.GeneratedSources.ToDictionary(s => s.HintName, s => s.SourceText.ToString());
    }

    /// <summary>The driver, for further runs over edited code.</summary>
    public GeneratorDriver Driver { get; }

    /// <summary>The user code with what was generated.</summary>
    public Compilation Output { get; }

    public GeneratorRunResult Result { get; }

    /// <summary>The generated files by name.</summary>
    public IReadOnlyDictionary<string, string> Files { get; }

    /// <summary>The HIP sources by unit name, as the build will read them from the assembly.</summary>
    public IReadOnlyDictionary<string, string> Sources => Output.Assembly.GetAttributes()
        .Where(a => a.AttributeClass?.Name == nameof(KernelSourceAttribute))
        .ToDictionary(a => (string)a.ConstructorArguments[0].Value!, a => (string)a.ConstructorArguments[1].Value!);

    /// <summary>Runs the generator over user code that must compile together with what is generated, without warnings.</summary>
    public static GeneratorRun Of(params IEnumerable<string> sources)
    {
        var run = OfBroken(sources);
        Assert.Empty(TestCompilation.ProblemsOf(run.Output));
        return run;
    }

    /// <summary>Runs the generator over user code that need not compile.</summary>
    public static GeneratorRun OfBroken(params IEnumerable<string> sources) => Twice(TestCompilation.Of(sources), IncrementalGeneratorOutputKind.None);

    /// <summary>
    /// Runs the generator without the kernels' sources, as an editor does at each keystroke, over user code that must
    /// compile together with what is generated, without warnings.
    /// </summary>
    public static GeneratorRun OfMembers(params IEnumerable<string> sources)
    {
        var run = OfMembers(TestCompilation.Of(sources));
        Assert.Empty(TestCompilation.ProblemsOf(run.Output));
        return run;
    }

    /// <summary>Runs the generator without the kernels' sources over a compilation that need not compile.</summary>
    public static GeneratorRun OfMembers(Compilation compilation) => Twice(compilation, IncrementalGeneratorOutputKind.Implementation);

    /// <summary>A driver that has not run yet.</summary>
    /// <param name="disabledOutputs">What not to generate, for tests that would take long otherwise.</param>
    public static GeneratorDriver CreateDriver(IncrementalGeneratorOutputKind disabledOutputs = IncrementalGeneratorOutputKind.None) => CSharpGeneratorDriver.Create(
        [new AllReduceKernelsGenerator().AsSourceGenerator()],
        parseOptions: TestCompilation.ParseOptions,
        driverOptions: new GeneratorDriverOptions(disabledOutputs, trackIncrementalGeneratorSteps: true));

    /// <summary>Runs a driver once.</summary>
    public static GeneratorRun Run(GeneratorDriver driver, Compilation compilation)
    {
        driver = driver.RunGeneratorsAndUpdateCompilation(compilation, out var output, out _);
        var result = driver.GetRunResult().Results.Single();
        Assert.Null(result.Exception);
        Assert.Empty(result.Diagnostics);
        return new(driver, output, result);
    }

    private static GeneratorRun Twice(Compilation compilation, IncrementalGeneratorOutputKind disabledOutputs)
    {
        var run = Run(CreateDriver(disabledOutputs), compilation);
        var again = Run(run.Driver, compilation.Clone());
        AssertEverythingCached(again.Result);
        ModelGraph.AssertHoldsNoCompilerObjects(run.Result);
        return run;
    }

    private static void AssertEverythingCached(GeneratorRunResult result)
    {
        foreach (var (name, steps) in result.TrackedSteps.Concat(result.TrackedOutputSteps))
        {
            if (StepNames.Contains(name) || result.TrackedOutputSteps.ContainsKey(name))
            {
                Assert.All(steps.SelectMany(s => s.Outputs), o =>
                    Assert.True(o.Reason is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged, $"{name} is {o.Reason}."));
            }
        }
    }
}
