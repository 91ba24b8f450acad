using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace QuickReduce.Generators.UserKernels.Rules;

/// <summary>QR0027: the values of an axis are missing, repeated, or of another type.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class KernelAxisMustHaveValidValues() : KernelAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0027",
        title: "Kernel axis must have distinct values of its parameter's type",
        messageFormat: "Axis '{0}': {1}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "A kernel is generated for each value that an axis declares. See docs/diagnostics/QR0027.md.");
}
