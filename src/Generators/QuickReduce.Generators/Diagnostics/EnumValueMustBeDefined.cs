using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Diagnostics;

/// <summary>QR0007: a data type, regime or algorithm is a number that the enumeration does not define.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class EnumValueMustBeDefined() : KernelSetAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0007",
        title: "Data type, regime or algorithm is not defined",
        messageFormat: "{0} is no defined {1}; use one of {2}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "A number that was cast to the enumeration names no data type, regime or algorithm. See docs/diagnostics/QR0007.md.");

    private protected override void Check(KernelSetDeclaration declaration, Action<Diagnostic> report, CancellationToken cancellationToken) =>
        CheckUnsupported(
            declaration,
            static kind => kind.EnumerationName is not null,
            (location, nearest, kind, value) => report(Diagnostic.Create(
                Rule, location, nearest, value, kind.EnumerationName, string.Join(", ", kind.SupportedValues.Select(kind.NameOf)))),
            cancellationToken);
}
