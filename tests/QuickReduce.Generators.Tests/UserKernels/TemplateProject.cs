using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Text;
using QuickReduce.Generators.Tests.Support;
using QuickReduce.Generators.UserKernels;

namespace QuickReduce.Generators.Tests.UserKernels;

/// <summary>A project with templates, in memory; edits make a new one.</summary>
internal sealed class TemplateProject
{
    private const string Folder = "/project/";

    private readonly ImmutableDictionary<string, (string Text, string? Overrides)> _templates;
    private readonly ImmutableArray<AdditionalText> _files;

    private TemplateProject(
        CSharpCompilation compilation, ImmutableDictionary<string, (string Text, string? Overrides)> templates, ImmutableArray<AdditionalText> files)
    {
        Compilation = compilation;
        _templates = templates;
        _files = files;
    }

    public CSharpCompilation Compilation { get; }

    public AnalyzerOptions AnalyzerOptions => new(_files, new OptionsProvider(_templates));

    public static TemplateProject Of(params IEnumerable<string> sources) =>
        new(TestCompilation.Of(sources), ImmutableDictionary<string, (string, string?)>.Empty, []);

    /// <summary>Adds or edits a template.</summary>
    public TemplateProject With(string path, string text, string? overrides = null)
    {
        var file = new Template(Folder + path, text);
        var old = _files.FirstOrDefault(f => f.Path == file.Path);
        return new(Compilation, _templates.SetItem(file.Path, (text, overrides)), old is null ? _files.Add(file) : _files.Replace(old, file));
    }

    /// <summary>Edits a C# file.</summary>
    public TemplateProject WithSource(int file, string text)
    {
        var tree = Compilation.SyntaxTrees[file];
        return new(Compilation.ReplaceSyntaxTree(tree, TestCompilation.Parse(text, tree.FilePath)), _templates, _files);
    }

    /// <summary>Runs both generators twice; the second time everything must be cached, and nobody may throw.</summary>
    public TemplateRun Run()
    {
        var run = RunOnce();
        var again = new TemplateRun(run.Driver, (CSharpCompilation)Compilation.Clone());
        foreach (var result in again.Results)
        {
            foreach (var (name, steps) in result.TrackedSteps.Concat(result.TrackedOutputSteps))
            {
                if (GeneratorRun.StepNames.Contains(name) || result.TrackedOutputSteps.ContainsKey(name))
                {
                    Assert.All(steps.SelectMany(s => s.Outputs), o =>
                        Assert.True(o.Reason is IncrementalStepRunReason.Cached or IncrementalStepRunReason.Unchanged, $"{name} is {o.Reason}."));
                }
            }

            ModelGraph.AssertHoldsNoCompilerObjects(result);
        }

        return run;
    }

    /// <summary>Runs both generators once.</summary>
    public TemplateRun RunOnce() => new(
        CSharpGeneratorDriver.Create(
            [new AllReduceKernelsGenerator().AsSourceGenerator(), new UserKernelsGenerator().AsSourceGenerator()],
            _files,
            TestCompilation.ParseOptions,
            new OptionsProvider(_templates),
            new GeneratorDriverOptions(IncrementalGeneratorOutputKind.None, trackIncrementalGeneratorSteps: true)),
        Compilation);

    /// <summary>Runs a driver that ran over an earlier state of this project.</summary>
    public TemplateRun RunAfter(TemplateRun earlier) => new(
        earlier.Driver.ReplaceAdditionalTexts(_files).WithUpdatedAnalyzerConfigOptions(new OptionsProvider(_templates)), Compilation);

    private sealed class Template(string path, string text) : AdditionalText
    {
        public override string Path => path;

        public override SourceText GetText(CancellationToken cancellationToken = default) => SourceText.From(text, Encoding.UTF8);
    }

    private sealed class OptionsProvider(ImmutableDictionary<string, (string Text, string? Overrides)> templates) : AnalyzerConfigOptionsProvider
    {
        public override AnalyzerConfigOptions GlobalOptions { get; } = new Options("build_property.projectdir", Folder);

        public override AnalyzerConfigOptions GetOptions(SyntaxTree tree) => new Options(string.Empty, null);

        public override AnalyzerConfigOptions GetOptions(AdditionalText textFile) =>
            new Options("build_metadata.AdditionalFiles.QuickReduceOverrides", templates[textFile.Path].Overrides);
    }

    private sealed class Options(string key, string? value) : AnalyzerConfigOptions
    {
        public override bool TryGetValue(string name, [NotNullWhen(true)] out string? found)
        {
            found = name == key ? value : null;
            return found is not null;
        }
    }
}

/// <summary>What both generators made of a project.</summary>
internal sealed class TemplateRun
{
    public TemplateRun(GeneratorDriver driver, CSharpCompilation compilation)
    {
        Driver = driver.RunGeneratorsAndUpdateCompilation(compilation, out var output, out var diagnostics);
        Output = output;
        Diagnostics = diagnostics;
        Results = Driver.GetRunResult().Results;
        Assert.All(Results, r => Assert.Null(r.Exception));
        Files = Results.SelectMany(r => r.GeneratedSources).ToDictionary(s => s.HintName, s => s.SourceText.ToString());
    }

    public GeneratorDriver Driver { get; }

    public Compilation Output { get; }

    public ImmutableArray<Diagnostic> Diagnostics { get; }

    public ImmutableArray<GeneratorRunResult> Results { get; }

    public IReadOnlyDictionary<string, string> Files { get; }

    /// <summary>The HIP sources by unit name, as the build will read them from the assembly.</summary>
    public IReadOnlyDictionary<string, string> Sources => Output.Assembly.GetAttributes()
        .Where(a => a.AttributeClass?.Name == nameof(KernelSourceAttribute))
        .ToDictionary(a => (string)a.ConstructorArguments[0].Value!, a => (string)a.ConstructorArguments[1].Value!);

    /// <summary>Why each output of a step was made, in either generator.</summary>
    public IEnumerable<IncrementalStepRunReason> ReasonsOf(string step) => Results
        .Where(r => r.TrackedSteps.ContainsKey(step))
        .SelectMany(r => r.TrackedSteps[step])
        .SelectMany(s => s.Outputs)
        .Select(o => o.Reason);

    /// <summary>Asserts that all is well, also for the compiler.</summary>
    public TemplateRun AssertClean()
    {
        Assert.Empty(Diagnostics);
        Assert.Empty(TestCompilation.ProblemsOf(Output));
        return this;
    }
}
