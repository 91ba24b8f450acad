using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using QuickReduce.Codegen;

namespace QuickReduce.Generators.UserKernels.Rules;

/// <summary>QR0020: a template overrides a partial that QuickReduce does not have.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class OverriddenPartialMustExist() : KernelAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0020",
        title: "Overridden partial does not exist",
        messageFormat: "This template overrides '{0}', which QuickReduce does not have; it has {1}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "The partials of the kernels can be overridden by their path. See docs/diagnostics/QR0020.md.");

    private protected override void Register(AnalysisContext context) => context.RegisterAdditionalFileAction(static file =>
    {
        if (TemplateFiles.IsTemplate(file.AdditionalFile)
            && TemplateFiles.OverriddenBy(file.AdditionalFile, file.Options.AnalyzerConfigOptionsProvider) is { } path
            && !TemplateOverlay.OverridablePaths.Contains(path))
        {
            file.ReportDiagnostic(Diagnostic.Create(
                Rule, TemplateProblems.StartOf(file.AdditionalFile.Path), path, string.Join(", ", TemplateOverlay.OverridablePaths)));
        }
    });
}
