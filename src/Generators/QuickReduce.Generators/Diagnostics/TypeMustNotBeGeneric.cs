using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Diagnostics;

/// <summary>QR0003: a class that declares kernels, or a type around it, is generic.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class TypeMustNotBeGeneric() : KernelSetAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0003",
        title: "Class that declares kernels must not be generic",
        messageFormat: "'{0}' declares all-reduce kernels, but '{1}' is generic; declare them in a class without type parameters, its own or inherited from the types around it",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Kernels are compiled once for each class, before any type argument is known. See docs/diagnostics/QR0003.md.");

    private protected override void Check(KernelSetDeclaration declaration, Action<Diagnostic> report, CancellationToken cancellationToken)
    {
        foreach (var type in declaration.TypeAndContainingTypes)
        {
            if (type.Arity > 0)
            {
                report(Diagnostic.Create(Rule, LocationOf(declaration, cancellationToken), declaration.Type.Name, type.Name));
            }
        }
    }
}
