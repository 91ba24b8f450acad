using Microsoft.CodeAnalysis;

namespace QuickReduce.Generators.Diagnostics;

/// <summary>QR0011: a template could not be rendered. Reported by the generator itself.</summary>
internal static class GenerationFailed
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0011",
        title: "Generated file could not be rendered",
        messageFormat: "'{0}' could not be rendered, which is a defect of QuickReduce, please report it: {1}",
        "QuickReduce",
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "A template failed to render or a library that the generator needs could not be loaded. See docs/diagnostics/QR0011.md.");
}
