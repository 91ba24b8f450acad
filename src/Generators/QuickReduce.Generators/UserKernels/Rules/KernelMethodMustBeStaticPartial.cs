using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace QuickReduce.Generators.UserKernels.Rules;

/// <summary>QR0024: a method with <c>[Kernel]</c> has a form that no launcher can be generated for.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class KernelMethodMustBeStaticPartial() : KernelAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0024",
        title: "Kernel method must be a static partial method that returns nothing",
        messageFormat: "'{0}' cannot launch a kernel: {1}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "The generator writes the other half of the method, in another part of its class. See docs/diagnostics/QR0024.md.");
}
