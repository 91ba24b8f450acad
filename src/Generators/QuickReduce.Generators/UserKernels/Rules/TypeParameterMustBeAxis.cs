using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace QuickReduce.Generators.UserKernels.Rules;

/// <summary>QR0028: a type parameter has no <c>[KernelAxis]</c>.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class TypeParameterMustBeAxis() : KernelAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0028",
        title: "Type parameter of a kernel must be an axis of element types",
        messageFormat: "Type parameter '{0}' must be marked with [KernelAxis] and element types, such as [KernelAxis(DataType.Float16, DataType.BFloat16)]",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "A kernel is compiled for known element types. See docs/diagnostics/QR0028.md.");
}
