using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Diagnostics;

/// <summary>QR0007: a data type or regime is a number that the enumeration does not define.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class EnumValueMustBeDefined() : KernelSetAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0007",
        title: "Data type or regime is not defined",
        messageFormat: "{0} is no defined {1}; use one of {2}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "A number that was cast to the enumeration names no data type or regime. See docs/diagnostics/QR0007.md.");

    private protected override void Check(KernelSetDeclaration declaration, Action<Diagnostic> report, CancellationToken cancellationToken)
    {
        foreach (var attribute in declaration.Attributes)
        {
            foreach (var axis in attribute.Axes.Where(static a => a.Kind.EnumerationName is not null))
            {
                for (var i = 0; i < axis.Values.Length; i++)
                {
                    if (axis.Values[i] is { } value && !axis.Kind.IsSupported(value))
                    {
                        report(Diagnostic.Create(
                            Rule, attribute.LocationOf(axis, i, cancellationToken), value, axis.Kind.EnumerationName, string.Join(", ", axis.Kind.SupportedValues.Select(axis.Kind.NameOf))));
                    }
                }
            }
        }
    }
}
