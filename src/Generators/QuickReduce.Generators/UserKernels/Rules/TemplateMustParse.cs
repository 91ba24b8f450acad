using Microsoft.CodeAnalysis;

namespace QuickReduce.Generators.UserKernels.Rules;

/// <summary>QR0021: a template is not Scriban. Reported by the generator, which knows which templates are used.</summary>
internal static class TemplateMustParse
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0021",
        title: "Template has a syntax error",
        messageFormat: "{0}",
        "QuickReduce",
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Scriban cannot parse the template. See docs/diagnostics/QR0021.md.");
}
