using System.Globalization;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using QuickReduce.Codegen;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Diagnostics;

/// <summary>QR0012: values that an attribute declares are each possible, but not together.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class CombinationMustBePossible() : KernelSetAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0012",
        title: "Combination of values is not possible",
        messageFormat: "{0}{1}",
        Category,
        DiagnosticSeverity.Error,
        isEnabledByDefault: true,
        description: "An attribute declares the cross product of its axes, and there is no kernel for a part of it. See docs/diagnostics/QR0012.md and docs/specialization.md.");

    private protected override void Check(KernelSetDeclaration declaration, Action<Diagnostic> report, CancellationToken cancellationToken)
    {
        foreach (var attribute in declaration.Attributes)
        {
            var refusals = attribute.Combinations.Select(SpecializationRules.RefusalOfCombination).OfType<string>().ToArray();
            if (refusals.Length > 0)
            {
                report(Diagnostic.Create(Rule, attribute.LocationOf(cancellationToken), refusals[0], Others(refusals.Length - 1)));
            }
        }
    }

    private static string Others(int count) => count switch
    {
        0 => string.Empty,
        1 => " This attribute declares another combination that is refused.",
        _ => " This attribute declares " + count.ToString(CultureInfo.InvariantCulture) + " more combinations that are refused.",
    };
}
