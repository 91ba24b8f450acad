using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using QuickReduce.Generators.Diagnostics;

namespace QuickReduce.Generators.Tests.Support;

/// <summary>What the analyzers say of user code, seen as a compiler sees it: together with what was generated.</summary>
internal static class AnalyzerRun
{
    public static readonly ImmutableArray<DiagnosticAnalyzer> Analyzers =
    [
        .. typeof(KernelSetAnalyzer).Assembly.GetTypes()
            .Where(t => t.IsSubclassOf(typeof(DiagnosticAnalyzer)) && !t.IsAbstract)
            .Select(t => (DiagnosticAnalyzer)Activator.CreateInstance(t)!),
    ];

    public static Task<ImmutableArray<Diagnostic>> OfAsync(params IEnumerable<string> sources) =>
        OfAsync(GeneratorRun.OfMembers(TestCompilation.Of(sources)).Output);

    public static Task<ImmutableArray<Diagnostic>> OfAsync(Compilation compilation) =>
        OfAsync(compilation, static analysis => analysis.GetAnalyzerDiagnosticsAsync());

    /// <summary>What the compiler and the analyzers say, in one pass: half the time of asking each of them.</summary>
    public static ImmutableArray<Diagnostic> WithCompiler(Compilation compilation) =>
        OfAsync(compilation, static analysis => analysis.GetAllDiagnosticsAsync()).GetAwaiter().GetResult();

    /// <summary>What the analyzers say of a project with templates.</summary>
    public static Task<ImmutableArray<Diagnostic>> OfAsync(Compilation compilation, AnalyzerOptions options) =>
        OfAsync(compilation, static analysis => analysis.GetAnalyzerDiagnosticsAsync(), options);

    private static async Task<ImmutableArray<Diagnostic>> OfAsync(
        Compilation compilation, Func<CompilationWithAnalyzers, Task<ImmutableArray<Diagnostic>>> ask, AnalyzerOptions? options = null)
    {
        Exception? thrown = null;
        var analysis = compilation.WithAnalyzers(
            Analyzers,
            new CompilationWithAnalyzersOptions(
                options ?? new AnalyzerOptions([]), (exception, _, _) => thrown = exception, concurrentAnalysis: true, logAnalyzerExecutionTime: false));
        var diagnostics = await ask(analysis);
        Assert.Null(thrown);
        return [.. diagnostics.OrderBy(d => d.Location.SourceTree?.FilePath, StringComparer.Ordinal).ThenBy(d => d.Location.SourceSpan).ThenBy(d => d.Id, StringComparer.Ordinal)];
    }

    /// <summary>
    /// Asserts that code in which a place is marked as <c>[|…|]</c> gets exactly one diagnostic, there; with several
    /// marks, one at each.
    /// </summary>
    public static Task<IReadOnlyList<Diagnostic>> AssertReportedAtMarksAsync(string id, string markedSource) =>
        AssertReportedAtMarksAsync(id, markedSource, static source => TestCompilation.Of(source));

    /// <summary>The same for code in a compilation of one's own.</summary>
    public static async Task<IReadOnlyList<Diagnostic>> AssertReportedAtMarksAsync(string id, string markedSource, Func<string, Compilation> compile)
    {
        var source = markedSource.Replace("[|", string.Empty).Replace("|]", string.Empty);
        var diagnostics = await OfAsync(GeneratorRun.OfMembers(compile(source)).Output);
        Assert.Equal(SpansOf(markedSource), diagnostics.Select(d => (d.Location.SourceSpan.Start, d.Location.SourceSpan.End)));
        Assert.All(diagnostics, d => Assert.Equal(id, d.Id));
        return diagnostics;
    }

    public static List<(int Start, int End)> SpansOf(string markedSource)
    {
        var spans = new List<(int, int)>();
        var removed = 0;
        for (var open = markedSource.IndexOf("[|", StringComparison.Ordinal); open >= 0; open = markedSource.IndexOf("[|", open + 1, StringComparison.Ordinal))
        {
            var close = markedSource.IndexOf("|]", open, StringComparison.Ordinal);
            spans.Add((open - removed, close - removed - 2));
            removed += 4;
        }

        return spans;
    }
}
