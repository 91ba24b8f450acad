using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Diagnostics;

/// <summary>QR0004: an attribute has an axis without values, so it declares nothing.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class AxisMustNotBeEmpty() : KernelSetAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0004",
        title: "Kernel declaration must not have an empty axis",
        messageFormat: "'{0}' is empty, so that this attribute declares no kernel; give it at least one value, or leave it out to have the usual ones",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "An attribute declares the cross product of its axes, which is empty where one of them is. See docs/diagnostics/QR0004.md.");

    private protected override void Check(KernelSetDeclaration declaration, Action<Diagnostic> report, CancellationToken cancellationToken)
    {
        foreach (var attribute in declaration.Attributes)
        {
            foreach (var axis in attribute.Axes)
            {
                if (axis.Values.IsEmpty)
                {
                    report(Diagnostic.Create(Rule, attribute.LocationOf(axis, cancellationToken), axis.Kind.PluralName));
                }
            }
        }
    }
}
