using Microsoft.CodeAnalysis;

namespace QuickReduce.Generators.UserKernels.Rules;

/// <summary>QR0022: a template fails while it is rendered. Reported by the generator, which renders it.</summary>
internal static class TemplateMustRender
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0022",
        title: "Template could not be rendered",
        messageFormat: "{0}",
        "QuickReduce",
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "The template names something that does not exist, or does something that Scriban does not allow. See docs/diagnostics/QR0022.md.");
}
