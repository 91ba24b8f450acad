using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace QuickReduce.Generators.UserKernels.Rules;

/// <summary>
/// Base of the rules about methods with <c>[Kernel]</c>: one rule each, all looking at the same
/// <see cref="KernelDeclaration"/> as the generator.
/// </summary>
public abstract class KernelAnalyzer : DiagnosticAnalyzer
{
    private protected const string Category = "QuickReduce";

    private readonly DiagnosticDescriptor _rule;

    private protected KernelAnalyzer(DiagnosticDescriptor rule) => _rule = rule;

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
            if (KernelDeclaration.TryRead((IMethodSymbol)symbol.Symbol, symbol.CancellationToken) is { } declaration)
            {
                foreach (var problem in declaration.Problems.Where(p => p.Id == _rule.Id))
                {
                    symbol.ReportDiagnostic(problem);
                }
            }
        },
        SymbolKind.Method);
}
