using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace QuickReduce.Generators.UserKernels.Rules;

/// <summary>QR0030: the expression of a <c>[KernelLength]</c> cannot be used.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class KernelLengthMustBeExpression() : KernelAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0030",
        title: "Declared length must be an expression of integer parameters",
        messageFormat: "The length '{0}' of '{1}' cannot be calculated: {2}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "It may hold integer parameters of the method, integer literals, + - * / and parentheses. See docs/diagnostics/QR0030.md.");
}
