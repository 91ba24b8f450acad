using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Text;
using QuickReduce.Codegen;
using QuickReduce.Generators.UserKernels.Rules;

namespace QuickReduce.Generators.UserKernels;

/// <summary>
/// Reports mistakes in the user's templates at their place in the template, each once however many kernels it spoils.
/// Only the generator knows which templates are used and what they are rendered with, so it reports them itself.
/// </summary>
internal static class TemplateProblems
{
    /// <summary>Reports what cannot be parsed at once, also in an editor, and what cannot be rendered with the build.</summary>
    public static void Report(
        IncrementalGeneratorInitializationContext context,
        IncrementalValuesProvider<TemplateOverlay> used,
        IncrementalValuesProvider<GeneratedFile> rendered)
    {
        context.RegisterSourceOutput(
            used.Collect().Select(static (all, _) => Distinct(all.SelectMany(static templates => templates.SyntaxProblems))),
            static (output, problems) => Report(output, problems));
        context.RegisterImplementationSourceOutput(
            rendered.Select(static (file, _) => file.Problem).Collect().Select(static (all, _) => Distinct(all.OfType<TemplateProblem>())),
            static (output, problems) => Report(output, problems));
    }

    /// <summary>The start of a template, where its problems as a whole are reported.</summary>
    public static Location StartOf(string path) => LocationOf(path, 0, 0);

    private static EquatableArray<TemplateProblem> Distinct(IEnumerable<TemplateProblem> problems) => new(problems.Distinct()
        .OrderBy(static p => p.FilePath, StringComparer.Ordinal).ThenBy(static p => p.Line).ThenBy(static p => p.Column));

    private static void Report(SourceProductionContext output, EquatableArray<TemplateProblem> problems)
    {
        foreach (var problem in problems)
        {
            output.ReportDiagnostic(Diagnostic.Create(
                problem.IsSyntax ? TemplateMustParse.Rule : TemplateMustRender.Rule,
                LocationOf(problem.FilePath, problem.Line, problem.Column),
                problem.Message));
        }
    }

    private static Location LocationOf(string path, int line, int column)
    {
        var place = new LinePosition(line, column);
        return Location.Create(path, default, new LinePositionSpan(place, place));
    }
}
