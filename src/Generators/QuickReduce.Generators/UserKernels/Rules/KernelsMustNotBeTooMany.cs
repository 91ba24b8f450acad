using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace QuickReduce.Generators.UserKernels.Rules;

/// <summary>QR0032: the cross product of the axes is too large.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class KernelsMustNotBeTooMany() : KernelAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0032",
        title: "Kernel has too many combinations of values",
        messageFormat: "'{0}' declares {1} kernels, and {2} are the most; declare fewer values",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Each combination of the axes' values is compiled, for each architecture. See docs/diagnostics/QR0032.md.");
}
