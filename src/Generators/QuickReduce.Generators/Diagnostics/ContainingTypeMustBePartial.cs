using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Diagnostics;

/// <summary>QR0002: a type around a class that declares kernels is not partial.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class ContainingTypeMustBePartial() : KernelSetAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0002",
        title: "Type around a class that declares kernels must be partial",
        messageFormat: "'{0}' declares all-reduce kernels, but the type '{1}' around it is not partial; add 'partial' to the declaration of '{1}'",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "The generated members are another part of the class, which has to stand inside another part of each type around it. See docs/diagnostics/QR0002.md.");

    private protected override void Check(KernelSetDeclaration declaration, Action<Diagnostic> report, CancellationToken cancellationToken)
    {
        foreach (var type in declaration.ContainingTypes)
        {
            if (!KernelSetDeclaration.IsPartial(type, cancellationToken))
            {
                report(Diagnostic.Create(Rule, LocationOf(declaration, cancellationToken), type.Locations, declaration.Type.Name, type.Name));
            }
        }
    }
}
