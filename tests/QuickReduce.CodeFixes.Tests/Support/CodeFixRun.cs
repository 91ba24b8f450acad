using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CodeFixes;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Testing;
using Microsoft.CodeAnalysis.Diagnostics;
using Microsoft.CodeAnalysis.Testing;

namespace QuickReduce.CodeFixes.Tests.Support;

/// <summary>
/// Applies a code fix to user code, one diagnostic at a time and all at once, with what the generator generates before
/// and after: the fixed code must compile with it.
/// </summary>
internal sealed class CodeFixRun<TAnalyzer, TCodeFix> : CSharpCodeFixTest<TAnalyzer, TCodeFix, DefaultVerifier>
    where TAnalyzer : DiagnosticAnalyzer, new()
    where TCodeFix : CodeFixProvider, new()
{
    private static readonly MetadataReference[] References =
    [
        .. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!)
            .Split(Path.PathSeparator)
            .Where(path => Path.GetFileName(path).StartsWith("System.", StringComparison.Ordinal))
            .Append(typeof(KernelSourceAttribute).Assembly.Location)
            .Select(path => MetadataReference.CreateFromFile(path)),
    ];

    private CodeFixRun()
    {
        ReferenceAssemblies = new ReferenceAssemblies(string.Empty);
        TestState.AdditionalReferences.AddRange(References);
        TestBehaviors = TestBehaviors.SkipGeneratedSourcesCheck;

        // A rule that looks at a whole compilation cannot tell before its end.
        CodeFixTestBehaviors = CodeFixTestBehaviors.SkipLocalDiagnosticCheck;

        // As a project has it, so that a fix sees the generated members, as it does in an editor.
        SolutionTransforms.Add(static (solution, project) => solution.AddAnalyzerReference(project, GeneratorReference.Instance));
    }

    /// <summary>Asserts what the fix makes of code in which the diagnostics are marked as <c>[|…|]</c> or <c>{|id:…|}</c>.</summary>
    public static Task AssertAsync(string source, string fixedSource, int? iterations = null, int? fixAllIterations = null) =>
        AssertAsync([source], [fixedSource], iterations, fixAllIterations);

    /// <summary>The same for code in several files.</summary>
    public static Task AssertAsync(IEnumerable<string> sources, IEnumerable<string> fixedSources, int? iterations = null, int? fixAllIterations = null)
    {
        var run = new CodeFixRun<TAnalyzer, TCodeFix>
        {
            NumberOfIncrementalIterations = iterations,
            NumberOfFixAllIterations = fixAllIterations,
            NumberOfFixAllInDocumentIterations = fixAllIterations,
        };
        foreach (var (state, texts) in new[] { (run.TestState as SolutionState, sources), (run.FixedState, fixedSources) })
        {
            foreach (var text in texts)
            {
                state.Sources.Add("using System; using QuickReduce;\n" + text);
            }
        }

        return run.RunAsync();
    }

    /// <summary>Asserts that diagnostics are reported but that there is no fix for them.</summary>
    public static Task AssertNoneAsync(string source) => AssertAsync(source, source);

    protected override ParseOptions CreateParseOptions() => new CSharpParseOptions(LanguageVersion.CSharp14, DocumentationMode.Diagnose);
}
