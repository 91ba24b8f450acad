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
    /// <summary>Key of the property of a diagnostic that holds the supported value nearest to one that is not.</summary>
    internal const string NearestValue = nameof(NearestValue);

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

    /// <summary>Finds the values that are not supported on the axes of a kind.</summary>
    private protected static void CheckUnsupported(
        KernelSetDeclaration declaration,
        Func<AxisKind, bool> isChecked,
        Action<Location, ImmutableDictionary<string, string?>, AxisKind, int> report,
        CancellationToken cancellationToken)
    {
        foreach (var attribute in declaration.Attributes)
        {
            foreach (var axis in attribute.Axes.Where(axis => isChecked(axis.Kind)))
            {
                for (var i = 0; i < axis.Values.Length; i++)
                {
                    if (axis.Values[i] is { } value && !axis.Kind.IsSupported(value))
                    {
                        var nearest = ImmutableDictionary<string, string?>.Empty.Add(NearestValue, axis.Kind.NameOf(axis.Kind.Nearest(value)));
                        report(attribute.LocationOf(axis, i, cancellationToken), nearest, axis.Kind, value);
                    }
                }
            }
        }
    }

    /// <summary>Where a problem of a class as a whole is reported: at its first attribute.</summary>
    private protected static Location LocationOf(KernelSetDeclaration declaration, CancellationToken cancellationToken) =>
        declaration.Attributes[0].LocationOf(cancellationToken);
}
