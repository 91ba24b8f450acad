using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Diagnostics;

/// <summary>
/// Base of the rules about classes that declare kernels: one rule each, all looking at the same
/// <see cref="KernelSetDeclaration"/> as the generator.
/// </summary>
public abstract class KernelSetAnalyzer : DiagnosticAnalyzer
{
    private protected const string Category = "QuickReduce";

    private readonly DiagnosticDescriptor _rule;

    private protected KernelSetAnalyzer(DiagnosticDescriptor rule) => _rule = rule;

    /// <inheritdoc/>
    public sealed override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => [_rule];

    /// <inheritdoc/>
    public sealed override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();

        // Declarations that another tool generated are read by our generator too, so they are checked as well.
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.Analyze | GeneratedCodeAnalysisFlags.ReportDiagnostics);
        Register(context);
    }

    private protected virtual void Register(AnalysisContext context) => context.RegisterSymbolAction(
        symbol =>
        {
            if (KernelSetDeclaration.TryRead((INamedTypeSymbol)symbol.Symbol) is { } declaration)
            {
                Check(declaration, symbol.ReportDiagnostic, symbol.CancellationToken);
            }
        },
        SymbolKind.NamedType);

    private protected virtual void Check(KernelSetDeclaration declaration, Action<Diagnostic> report, CancellationToken cancellationToken)
    {
    }

    /// <summary>Where a problem of a class as a whole is reported: at its first attribute.</summary>
    private protected static Location LocationOf(KernelSetDeclaration declaration, CancellationToken cancellationToken) =>
        declaration.Attributes[0].LocationOf(cancellationToken);
}
