using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Diagnostics;
using QuickReduce.Codegen;
using QuickReduce.Generators.Parsing;

namespace QuickReduce.Generators.Diagnostics;

/// <summary>QR0005: a kernel is declared more than once.</summary>
[DiagnosticAnalyzer(LanguageNames.CSharp)]
public sealed class VariantShouldBeDeclaredOnce() : KernelSetAnalyzer(Rule)
{
    /// <summary>The rule.</summary>
    public static readonly DiagnosticDescriptor Rule = new(
        id: "QR0005",
        title: "Kernel is declared more than once",
        messageFormat: "{0} is already declared for '{1}'; remove the repetition",
        Category,
        DiagnosticSeverity.Warning,
        isEnabledByDefault: true,
        description: "A kernel is generated once however often it is declared, so that a repetition is a slip or a leftover. See docs/diagnostics/QR0005.md.");

    private protected override void Check(KernelSetDeclaration declaration, Action<Diagnostic> report, CancellationToken cancellationToken)
    {
        var declared = new HashSet<KernelVariant>();
        foreach (var attribute in declaration.Attributes)
        {
            CheckRepeatedValues(declaration, attribute, report, cancellationToken);

            var repeated = attribute.Variants.Where(v => !declared.Add(v)).ToArray();
            if (repeated.Length > 0)
            {
                var what = "Kernel " + repeated[0] + (repeated.Length > 1 ? " (and " + (repeated.Length - 1) + " more of this attribute)" : string.Empty);
                report(Diagnostic.Create(Rule, attribute.LocationOf(cancellationToken), what, declaration.Type.Name));
            }
        }
    }

    private static void CheckRepeatedValues(
        KernelSetDeclaration declaration, KernelAttribute attribute, Action<Diagnostic> report, CancellationToken cancellationToken)
    {
        foreach (var axis in attribute.Axes)
        {
            var seen = new HashSet<int>();
            for (var i = 0; i < axis.Values.Length; i++)
            {
                if (axis.Values[i] is { } value && axis.Kind.IsSupported(value) && !seen.Add(value))
                {
                    report(Diagnostic.Create(Rule, attribute.LocationOf(axis, i, cancellationToken), axis.Kind.Title + " " + axis.Kind.NameOf(value), declaration.Type.Name));
                }
            }
        }
    }
}
