using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Diagnostics;

/// <summary>QR0008: a class that declares kernels, or a type around it, is file-local.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class TypeMustNotBeFileLocal() : KernelSetAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0008",
        title: "Class that declares kernels must not be file-local",
        messageFormat: "'{0}' declares all-reduce kernels, but '{1}' is local to its file; remove 'file' from its declaration",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "The generated members stand in a file of their own, from which a file-local type cannot be seen. See docs/diagnostics/QR0008.md.");

    private protected override void Check(KernelSetDeclaration declaration, Action<Diagnostic> report, CancellationToken cancellationToken)
    {
        foreach (var type in declaration.TypeAndContainingTypes)
        {
            if (type.IsFileLocal)
            {
                report(Diagnostic.Create(Rule, LocationOf(declaration, cancellationToken), declaration.Type.Name, type.Name));
            }
        }
    }
}
