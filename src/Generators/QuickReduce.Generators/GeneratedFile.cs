using Microsoft.CodeAnalysis;
using QuickReduce.Codegen;
using QuickReduce.Generators.Diagnostics;

namespace QuickReduce.Generators;

/// <summary>A file to add to the compilation, or why it could not be rendered.</summary>
/// <param name="HintName">Name of the file, unique in the compilation.</param>
/// <param name="Text">Content of the file; empty after a failure.</param>
/// <param name="Failure">Why there is no content: a defect of QuickReduce, not of the user's code.</param>
/// <param name="Problem">Why there is no content: a mistake in a template of the user's own.</param>
internal sealed record GeneratedFile(string HintName, string Text, string? Failure, TemplateProblem? Problem = null)
{
    /// <summary>The typed members of a kernel set.</summary>
    public static GeneratedFile Bindings(KernelPlan plan) =>
        Render(plan.Model.QualifiedName + ".g.cs", () => BindingsRenderer.Render(plan.Model, plan.Units));

    /// <summary>The HIP sources of a kernel set.</summary>
    public static GeneratedFile Sources(KernelPlan plan, CancellationToken cancellationToken) =>
        Render(plan.Model.QualifiedName + "-kernels.g.cs", () => CarrierRenderer.Render(plan.Units.Select(unit =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new KeyValuePair<TranslationUnit, string>(unit, HipRenderer.Render(unit, plan.Templates, cancellationToken));
        })));

    /// <summary>Adds the file to the compilation. Mistakes in templates are not reported here, where each file would repeat them.</summary>
    public void AddTo(SourceProductionContext output)
    {
        if (Failure is { } failure)
        {
            output.ReportDiagnostic(Diagnostic.Create(GenerationFailed.Rule, Location.None, HintName, failure));
        }
        else if (Problem is null)
        {
            output.AddSource(HintName, Text);
        }
    }

    /// <summary>Renders a file; what goes wrong becomes part of the result.</summary>
    internal static GeneratedFile Render(string hintName, Func<string> render)
    {
        try
        {
            return new(hintName, render(), null);
        }
        catch (TemplateException exception)
        {
            return new(hintName, string.Empty, null, exception.Problem);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Thrown on, it would take down the generator for every class, with a message that names no cause.
            return new(hintName, string.Empty, exception.Message);
        }
    }
}
