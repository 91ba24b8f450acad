using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using QuickReduce.Codegen;

namespace QuickReduce.Generators.UserKernels.Rules;

/// <summary>QR0025: a kernel's template is not among the project's, or several could be meant.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class KernelTemplateMustExist() : KernelAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0025",
        title: "Template of a kernel is not found",
        messageFormat: "There is {0} template '{1}' in this project; {2}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "A kernel names its template by its path in the project, or by the end of it. See docs/diagnostics/QR0025.md.");

    private protected override void Register(AnalysisContext context) => context.RegisterSymbolAction(
        static symbol =>
        {
            if (KernelDeclaration.TryRead((IMethodSymbol)symbol.Symbol, symbol.CancellationToken) is not { } declaration)
            {
                return;
            }

            var templates = symbol.Options.AdditionalFiles
                .Where(TemplateFiles.IsTemplate)
                .Select(file => TemplateFiles.Read(file, symbol.Options.AnalyzerConfigOptionsProvider, symbol.CancellationToken))
                .OfType<TemplateText>()
                .ToArray();
            var matches = TemplateOverlay.Matches(templates, declaration.TemplateName);
            if (matches.Count != 1)
            {
                var names = (matches.Count > 0 ? matches : templates.Where(static t => !t.IsOverride)).Select(static t => t.Name).OrderBy(static n => n, StringComparer.Ordinal).ToArray();
                symbol.ReportDiagnostic(Diagnostic.Create(
                    Rule,
                    declaration.TemplateLocation,
                    matches.Count > 0 ? "more than one" : "no",
                    declaration.TemplateName,
                    names.Length > 0
                        ? "there is " + string.Join(", ", names)
                        : "it has no file named *.scriban that is a QuickReduceTemplate or one of the AdditionalFiles"));
            }
        },
        SymbolKind.Method);
}
