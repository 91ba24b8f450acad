using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Diagnostics;

/// <summary>QR0006: a world size is not supported.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class WorldSizeMustBeSupported() : KernelSetAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0006",
        title: "World size is not supported",
        messageFormat: "World size {0} is not supported; use one of {1}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "Kernels exist for 2 to 8 ranks. See docs/diagnostics/QR0006.md.");

    private protected override void Check(KernelSetDeclaration declaration, Action<Diagnostic> report, CancellationToken cancellationToken)
    {
        foreach (var attribute in declaration.Attributes)
        {
            foreach (var axis in attribute.Axes.Where(static a => a.Kind == AxisKind.WorldSize))
            {
                for (var i = 0; i < axis.Values.Length; i++)
                {
                    if (axis.Values[i] is { } value && !axis.Kind.IsSupported(value))
                    {
                        report(Diagnostic.Create(
                            Rule, attribute.LocationOf(axis, i, cancellationToken), value, string.Join(", ", axis.Kind.SupportedValues)));
                    }
                }
            }
        }
    }
}
