using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Diagnostics;

/// <summary>QR0009: the name of a generated member is already taken.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class GeneratedNameMustBeFree() : KernelSetAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0009",
        title: "Name of a generated member is already taken",
        messageFormat: "A member named '{0}' is generated for '{1}', but {2}; rename it, or declare the kernels in another class",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Generated members must not clash with the class's name, with its own members or with those that it inherits. See docs/diagnostics/QR0009.md.");

    private protected override void Check(KernelSetDeclaration declaration, Action<Diagnostic> report, CancellationToken cancellationToken)
    {
        foreach (var (name, takenBy) in declaration.TakenNames)
        {
            report(Diagnostic.Create(
                Rule, LocationOf(declaration, cancellationToken), takenBy.Locations, name, declaration.Type.Name, Describe(takenBy, declaration.Type)));
        }
    }

    private static string Describe(ISymbol takenBy, INamedTypeSymbol type)
    {
        if (SymbolEqualityComparer.Default.Equals(takenBy, type))
        {
            return "that is the name of the class itself";
        }

        return SymbolEqualityComparer.Default.Equals(takenBy.ContainingType, type)
            ? "the class already has one"
            : "it inherits one from '" + takenBy.ContainingType.Name + "'";
    }
}
