using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Diagnostics;

/// <summary>QR0001: a class that declares kernels is not partial.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ClassMustBePartial() : KernelSetAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0001",
        title: "Class that declares kernels must be partial",
        messageFormat: "'{0}' declares all-reduce kernels but is not partial; add 'partial' to its declaration",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "The generated members are another part of the class, so every part has to say 'partial'. See docs/diagnostics/QR0001.md.");

    private protected override void Check(KernelSetDeclaration declaration, Action<Diagnostic> report, CancellationToken cancellationToken)
    {
        if (!KernelSetDeclaration.IsPartial(declaration.Type, cancellationToken))
        {
            report(Diagnostic.Create(Rule, LocationOf(declaration, cancellationToken), declaration.Type.Locations, declaration.Type.Name));
        }
    }
}
