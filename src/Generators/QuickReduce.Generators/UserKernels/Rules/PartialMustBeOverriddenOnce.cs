using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace QuickReduce.Generators.UserKernels.Rules;

/// <summary>QR0023: two templates override the same partial.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class PartialMustBeOverriddenOnce() : KernelAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0023",
        title: "Partial is overridden more than once",
        messageFormat: "This template and '{1}' both override '{0}'; remove one of them",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Only one template can stand in the place of a partial. See docs/diagnostics/QR0023.md.");

    private protected override void Register(AnalysisContext context) => context.RegisterAdditionalFileAction(static file =>
    {
        var options = file.Options.AnalyzerConfigOptionsProvider;
        if (!TemplateFiles.IsTemplate(file.AdditionalFile) || TemplateFiles.OverriddenBy(file.AdditionalFile, options) is not { } path)
        {
            return;
        }

        var rival = file.Options.AdditionalFiles.FirstOrDefault(other =>
            other.Path != file.AdditionalFile.Path && TemplateFiles.IsTemplate(other) && TemplateFiles.OverriddenBy(other, options) == path);
        if (rival is not null)
        {
            file.ReportDiagnostic(Diagnostic.Create(Rule, TemplateProblems.StartOf(file.AdditionalFile.Path), path, rival.Path));
        }
    });
}
