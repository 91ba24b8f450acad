using System.Collections.Concurrent;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Diagnostics;

/// <summary>QR0010: the names of two classes that declare kernels differ only in case.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class NameMustBeUnique() : KernelSetAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0010",
        title: "Names of classes that declare kernels must differ in more than case",
        messageFormat: "The name of '{0}' differs from that of '{1}' only in case, and both declare all-reduce kernels; rename one of them",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "The names of the classes become names of files, some of them on file systems that ignore case. See docs/diagnostics/QR0010.md.",
        customTags: WellKnownDiagnosticTags.CompilationEnd);

    private protected override void Register(AnalysisContext context) => context.RegisterCompilationStartAction(static start =>
    {
        var declarations = new ConcurrentBag<KernelSetDeclaration>();
        start.RegisterSymbolAction(
            symbol =>
            {
                // A class that is refused for another reason leaves the name to the other.
                if (KernelSetDeclaration.TryRead((INamedTypeSymbol)symbol.Symbol) is { } declaration
                    && declaration.ToModel(symbol.CancellationToken) is not null)
                {
                    declarations.Add(declaration);
                }
            },
            SymbolKind.NamedType);
        start.RegisterCompilationEndAction(end => CheckNames(declarations, end));
    });

    private static void CheckNames(IEnumerable<KernelSetDeclaration> declarations, CompilationAnalysisContext end)
    {
        var sharers = declarations
            .GroupBy(static d => d.QualifiedName, StringComparer.OrdinalIgnoreCase)
            .Select(static g => g.OrderBy(static d => d.QualifiedName, StringComparer.Ordinal).ToArray())
            .Where(static g => g.Length > 1);
        foreach (var group in sharers)
        {
            foreach (var declaration in group)
            {
                var other = group.First(d => d != declaration);
                end.ReportDiagnostic(Diagnostic.Create(
                    Rule, LocationOf(declaration, end.CancellationToken), declaration.QualifiedName, other.QualifiedName));
            }
        }
    }
}
