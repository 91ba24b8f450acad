using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace QuickReduce.Generators.UserKernels.Rules;

/// <summary>QR0029: none or several parameters are marked with <c>[KernelGrid]</c>, or one that cannot be.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class KernelMustHaveOneGrid() : KernelAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0029",
        title: "Kernel must have one parameter that says how much work there is",
        messageFormat: "'{0}' needs exactly one parameter of type int or long with [KernelGrid]: {1}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "The number of blocks follows from it. See docs/diagnostics/QR0029.md.");
}
