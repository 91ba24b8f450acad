using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace QuickReduce.Generators.UserKernels.Rules;

/// <summary>QR0026: a parameter's type or name is none that a kernel can have.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class KernelParameterMustBeSupported() : KernelAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0026",
        title: "Kernel parameter cannot be passed to a kernel",
        messageFormat: "Parameter '{0}' cannot be passed to a kernel: {1}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Kernels are given buffers (ReadOnlySpan, Span), numbers and bool, under names that C++ can have. See docs/diagnostics/QR0026.md.");
}
