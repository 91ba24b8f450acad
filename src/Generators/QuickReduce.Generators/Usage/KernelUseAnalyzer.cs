using System.Collections.Immutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;

namespace QuickReduce.Generators.Usage;

/// <summary>
/// Base of the rules about code that uses kernels: one rule each, all recognising generated members through the same
/// <see cref="KernelSets"/>. Costs nothing in compilations that do not know QuickReduce.
/// </summary>
public abstract class KernelUseAnalyzer : DiagnosticAnalyzer
{
    private protected const string Category = "QuickReduce";

    private readonly DiagnosticDescriptor _rule;

    private protected KernelUseAnalyzer(DiagnosticDescriptor rule) => _rule = rule;

    /// <inheritdoc/>
    public sealed override ImmutableArray<DiagnosticDescriptor> SupportedDiagnostics => [_rule];

    /// <inheritdoc/>
    public sealed override void Initialize(AnalysisContext context)
    {
        context.EnableConcurrentExecution();
        context.ConfigureGeneratedCodeAnalysis(GeneratedCodeAnalysisFlags.None);
        context.RegisterCompilationStartAction(start =>
        {
            if (KernelSets.TryCreate(start.Compilation) is { } sets)
            {
                Register(start, sets);
            }
        });
    }

    private protected abstract void Register(CompilationStartAnalysisContext start, KernelSets sets);
}
